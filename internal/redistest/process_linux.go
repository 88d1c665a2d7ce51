package redistest

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// killWithParent makes the kernel kill the process when the test process ends, because
// a test that is killed, or exceeds its time, runs no cleanup.
func killWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// processState returns the state of a process as in ps(1), or 0 if there is no such
// process.
func processState(pid int) byte {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name before the state is in parentheses and may contain any byte.
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return 0
	}
	return stat[i+2]
}

// isStopped reports whether SIGSTOP has taken effect. Until then the process may answer
// one more command.
func isStopped(pid int) bool { return processState(pid) == 'T' }
