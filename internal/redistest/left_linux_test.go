package redistest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const endVariable = "REDISTEST_END"

// TestNoServerOutlivesItsTest runs TestEndWithServers in a process of its own, which
// ends in one of these ways.
func TestEndWithServers(t *testing.T) {
	end := os.Getenv(endVariable)
	if end == "" {
		return
	}
	a, b := Start(t), Start(t)
	c, _ := StartWithClock(t)
	b.Freeze()
	fmt.Println("pids", a.PID(), b.PID(), c.PID())
	switch end {
	case "panic":
		panic("on purpose")
	case "fatal":
		t.Fatal("on purpose")
	case "exit":
		os.Exit(3)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "other":
		go panic("on purpose")
		select {}
	}
}

func TestNoServerOutlivesItsTest(t *testing.T) {
	for _, end := range []string{"pass", "panic", "fatal", "exit", "kill", "other"} {
		t.Run(end, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestEndWithServers$")
			cmd.Env = append(os.Environ(), endVariable+"="+end)
			output, err := cmd.CombinedOutput()
			if (err == nil) != (end == "pass") {
				t.Errorf("it ended with %v", err)
			}
			pids := pidsIn(string(output))
			if len(pids) != 3 {
				t.Fatalf("it printed\n%s", output)
			}
			for _, pid := range pids {
				wantGone(t, pid)
			}
		})
	}
}

func pidsIn(output string) []int {
	var pids []int
	for lines := bufio.NewScanner(strings.NewReader(output)); lines.Scan(); {
		list, found := strings.CutPrefix(lines.Text(), "pids ")
		if !found {
			continue
		}
		for _, f := range strings.Fields(list) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// wantGone waits until the kernel has ended the process. A zombie has ended too: it may
// wait for a process 1 that does not reap children, as in a container.
func wantGone(t *testing.T, pid int) {
	t.Helper()
	err := await(answerLimit, func() error {
		if st := processState(pid); st != 0 && st != 'Z' {
			return fmt.Errorf("process %d is in state %c", pid, st)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNoServerOfATopologyOutlivesItsTest(t *testing.T) {
	var pids []int
	t.Run("start", func(t *testing.T) {
		s := StartSentinel(t)
		for _, one := range slices.Concat(s.Nodes, s.Sentinels) {
			pids = append(pids, one.PID())
		}
		s.Nodes[2].Freeze()
	})
	for _, pid := range pids {
		if st := processState(pid); st != 0 {
			t.Errorf("process %d is in state %c", pid, st)
		}
	}
	if len(pids) != 6 || processState(os.Getpid()) == 0 || processState(-1) != 0 {
		t.Errorf("looked at %v", pids)
	}
}
