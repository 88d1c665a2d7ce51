//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// endWithChildren makes the end of the context of cmd end its whole process group.
func endWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
