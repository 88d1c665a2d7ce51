//go:build !linux

package redistest

import "syscall"

// killWithParent does nothing on this system: a test that is killed, or exceeds its
// time, leaves its servers behind.
func killWithParent() *syscall.SysProcAttr { return nil }

// isStopped is always true, because there is no portable way to read the state of a
// process.
func isStopped(int) bool { return true }
