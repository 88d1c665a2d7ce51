//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd || solaris || illumos)

package redisconn

// peek finds nothing, because this system cannot look into a socket without reading it.
func (c *conn) peek(uintptr) bool { return true }
