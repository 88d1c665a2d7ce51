package redistest

import (
	"os"
	"os/exec"
	"runtime"
)

// A process is a child process whose end is always waited for.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func startProcess(path string, args, env []string, dir string, output *os.File) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.Env = append(append(os.Environ(), "LC_ALL=C"), env...)
	p.cmd.SysProcAttr = killWithParent()
	started := make(chan error)
	go func() {
		// Linux takes the end of the thread that started a child for the end of the
		// parent, so keep that thread until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // its output says how it ended
			close(p.ended)
		}
	}()
	return p, <-started
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended on its own
	<-p.ended
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
