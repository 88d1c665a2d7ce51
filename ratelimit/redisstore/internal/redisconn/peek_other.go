//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd || solaris || illumos)

package redisconn

// peek sees nothing: there is no way to look into a socket without reading it.
func (c *conn) peek(uintptr) bool { return true }
