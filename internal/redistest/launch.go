package redistest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// answerLimit is how long a single server may take to answer its first command.
const answerLimit = 10 * time.Second

// errEnded tells await to stop waiting.
var errEnded = errors.New("the process ended")

// A launch is one command line of redis-server. Every run of it is the same.
type launch struct {
	path, addr, tlsAddr, bus, dir string
	args, env                     []string
	setup                         []any // the first command, or nil
}

func newLaunch(path string, want spec) (launch, error) {
	ports, err := freePorts(3)
	if err != nil {
		return launch{}, err
	}
	// The arguments of the test come first, because a sentinel wants its file there.
	args := slices.Clone(want.args)
	args = append(args, "--bind", loopback, "--port", ports[0], "--dir", want.dir, "--save", "",
		// The tests need replicas for failover. By default a primary waits five seconds
		// for more replicas before it serves the first, and that would be most of a
		// test.
		"--repl-diskless-sync-delay", "0")
	if want.appendOnly {
		args = append(args, "--appendonly", "yes", "--appendfsync", "always")
	} else {
		args = append(args, "--appendonly", "no")
	}
	if want.cluster {
		// The default bus port, 10000 above the other port, may be taken or not exist.
		args = append(args, "--cluster-enabled", "yes", "--cluster-port", ports[1],
			"--cluster-node-timeout", fmt.Sprint(nodeTimeout.Milliseconds()))
	}
	l := launch{path: path, addr: net.JoinHostPort(loopback, ports[0]), bus: ports[1], dir: want.dir, env: want.env, setup: want.setup}
	if want.tls {
		l.tlsAddr = net.JoinHostPort(loopback, ports[2])
		args = append(args, tlsArgs(want.dir, ports[2])...)
	}
	l.args = args
	return l, nil
}

// run starts the process and returns once it answers.
func (l launch) run() (*process, error) {
	output, err := os.OpenFile(filepath.Join(l.dir, "output"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close() //nolint:errcheck // the process has its own copy
	p, err := startProcess(l.path, l.args, l.env, l.dir, output)
	if err != nil {
		return nil, err
	}
	err = await(answerLimit, func() error { return l.checkAnswers(p) })
	if err == nil && l.setup != nil {
		_, err = do(l.addr, commandLimit, l.setup...)
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("redis-server on %s: %w\n%s", l.addr, err, l.output())
	}
	return p, nil
}

// checkAnswers returns nil if the process itself answers, and not another process that
// has taken the port, and has read its files: Redis answers INFO earlier than other commands.
func (l launch) checkAnswers(p *process) error {
	if p.hasEnded() {
		return errEnded
	}
	info, err := do(l.addr, time.Second, "INFO")
	if err != nil {
		return err
	}
	text, _ := info.(string)
	if id := infoField(text, "process_id"); id != fmt.Sprint(p.pid()) {
		return fmt.Errorf("process %s answers instead of %d", id, p.pid())
	}
	if infoField(text, "loading") == "1" {
		return fmt.Errorf("process %d still reads its files", p.pid())
	}
	return nil
}

// output returns the last lines that the server printed.
func (l launch) output() string {
	text, err := os.ReadFile(filepath.Join(l.dir, "output"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// field returns a value of the reply to INFO or CLUSTER INFO.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// await calls check until it returns nil. It returns the last error of check if that
// does not happen within limit, or at once if the error is errEnded.
func await(limit time.Duration, check func() error) error {
	start := time.Now()
	for {
		err := check()
		if err == nil || errors.Is(err, errEnded) {
			return err
		}
		if time.Since(start) > limit {
			return fmt.Errorf("not within %v: %w", limit, err)
		}
		<-time.After(5 * time.Millisecond)
	}
}
