//go:build unix

package procgroup

import (
	"os/exec"
	"syscall"
)

// EndWithChildren makes the end of the context of cmd end its whole process group.
func EndWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
