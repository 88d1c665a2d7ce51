//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || solaris || illumos

package redisconn

import (
	"io"
	"syscall"
)

// peek sets peekErr to the reason why the socket is unusable, or to nil.
func (c *conn) peek(fd uintptr) bool {
	n, _, err := syscall.Recvfrom(int(fd), c.peekBuf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK:
		c.peekErr = nil
	case err != nil:
		c.peekErr = err
	case n == 0:
		c.peekErr = io.EOF
	default:
		c.peekErr = errUnexpectedData
	}
	return true
}
