//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || solaris || illumos

package redisconn

import (
	"io"
	"syscall"
)

// peek sets seen to what keeps the socket from being used, nil if nothing does.
func (c *conn) peek(fd uintptr) bool {
	n, _, err := syscall.Recvfrom(int(fd), c.buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK:
		c.seen = nil
	case err != nil:
		c.seen = err
	case n == 0:
		c.seen = io.EOF
	default:
		c.seen = errUninvited
	}
	return true
}
