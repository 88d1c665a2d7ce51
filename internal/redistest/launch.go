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

// patience is how long a single server may take to answer its first command.
const patience = 10 * time.Second

// errEnded means that there is nothing more to wait for.
var errEnded = errors.New("the process ended")

// launch is one way to run redis-server, the same each time it is run.
type launch struct {
	path, addr, bus, dir string
	args, env            []string
	setup                []any // a command to begin with, or nothing
}

func plan(path string, want spec) (launch, error) {
	ports, err := freePorts(2)
	if err != nil {
		return launch{}, err
	}
	// What is particular comes first, because a sentinel wants its file there.
	args := slices.Clone(want.args)
	args = append(args, "--bind", loopback, "--port", ports[0], "--dir", want.dir, "--save", "", "--appendonly", "no",
		// Replicas are there for failover; five seconds of waiting for company
		// before the first of them is served would be most of a test.
		"--repl-diskless-sync-delay", "0")
	if want.cluster {
		// The default bus port, 10000 above the other, may be taken, or not exist.
		args = append(args, "--cluster-enabled", "yes", "--cluster-port", ports[1],
			"--cluster-node-timeout", fmt.Sprint(nodeTimeout.Milliseconds()))
	}
	return launch{path: path, addr: net.JoinHostPort(loopback, ports[0]), bus: ports[1], dir: want.dir,
		args: args, env: want.env, setup: want.setup}, nil
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
	err = await(patience, func() error { return l.answers(p) })
	if err == nil && l.setup != nil {
		_, err = do(l.addr, commandLimit, l.setup...)
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("redis-server on %s: %w\n%s", l.addr, err, l.output())
	}
	return p, nil
}

// answers returns nil if the process itself, and not another one that has got
// hold of the port, answers.
func (l launch) answers(p *process) error {
	if p.hasEnded() {
		return errEnded
	}
	info, err := do(l.addr, time.Second, "INFO", "server")
	if err != nil {
		return err
	}
	text, _ := info.(string)
	if id := field(text, "process_id"); id != fmt.Sprint(p.pid()) {
		return fmt.Errorf("process %s answers instead of %d", id, p.pid())
	}
	return nil
}

// output returns the last of what the server printed.
func (l launch) output() string {
	text, err := os.ReadFile(filepath.Join(l.dir, "output"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// field returns a value of the reply to INFO or CLUSTER INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// await calls check until it returns nil, and returns what it said last if
// that does not happen within limit, or at once if it is errEnded.
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
