package redistest

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// endWithParent has the kernel kill the process when this one is gone, because
// a test that is killed, or exceeds its time, runs no cleanup.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// state returns the state of a process as in ps(1), or 0 if there is none.
func state(pid int) byte {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name before it is in parentheses and may contain anything.
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return 0
	}
	return stat[i+2]
}

// stopped reports whether SIGSTOP has taken effect; until then the process may
// answer one more command.
func stopped(pid int) bool { return state(pid) == 'T' }
