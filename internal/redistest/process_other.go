//go:build !linux

package redistest

import "syscall"

// endWithParent has nothing to offer here: a test that is killed, or exceeds
// its time, leaves its servers behind.
func endWithParent() *syscall.SysProcAttr { return nil }

// stopped is always true, because there is no portable way to look.
func stopped(int) bool { return true }
