package faults

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A burst is the case for which a shared limiter exists: all processes use the same key
// at the same time, with many times more attempts than units.
const (
	burstProcesses = 8
	burstCallers   = 16
	burstAttempts  = 1920 / burstProcesses / burstCallers
	burstQuota     = 100
)

const childEnv = "SALLYPORT_FAULTS_CHILD"

// A job tells a child process its subject and its server.
type job struct{ Subject, Addr string }

// A tally holds the results of a child in one burst.
type tally struct {
	Granted, Refused int
	Errors           map[string]int
}

// burstChild runs a job: one burst and one tally for each key in in.
func burstChild(in io.Reader, out io.Writer) int {
	var j job
	err := json.Unmarshal([]byte(os.Getenv(childEnv)), &j)
	if err == nil {
		err = burstJob(j, in, json.NewEncoder(out))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func burstJob(j job, in io.Reader, out *json.Encoder) error {
	s, known := subjectByName(j.Subject)
	if !known {
		return fmt.Errorf("no subject %q", j.Subject)
	}
	user := s.user(j.Addr)
	t, closeTaker, err := s.open(user, limit{burstQuota, forever})
	if err != nil {
		return err
	}
	burst(t, newKey()) // opens the connections before the measured bursts
	if err := out.Encode(tally{}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		key, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		if err := out.Encode(burst(t, [16]byte(key))); err != nil {
			return err
		}
	}
	if err := closeTaker(); err != nil {
		return err
	}
	return user.Close()
}

func burst(t taker, key [16]byte) tally {
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		sum = tally{Errors: map[string]int{}}
	)
	for range burstCallers {
		wg.Go(func() {
			for range burstAttempts {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				granted, err := t.Take(ctx, key, 1)
				cancel()
				mu.Lock()
				switch {
				case err != nil:
					sum.Errors[classify(err)]++
				case granted == 1:
					sum.Granted++
				default:
					sum.Refused++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sum
}

// A child is another process.
type child struct {
	in  io.WriteCloser
	out *json.Decoder
}

func startChild(t *testing.T, j job) child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+string(env))
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // ends the child
		if err := cmd.Wait(); err != nil {
			t.Errorf("child: %v", err)
		}
	})
	return child{in, json.NewDecoder(out)}
}

// bursts makes the processes burst at n keys, one after the other, and returns the sum
// of their results for each key.
func bursts(t *testing.T, s subject, n int) []tally {
	t.Helper()
	server := redistest.Start(t)
	var children []child
	for range burstProcesses {
		children = append(children, startChild(t, job{s.name, server.Addr}))
	}
	collect := func() tally {
		sum := tally{Errors: map[string]int{}}
		for _, c := range children {
			var one tally
			if err := c.out.Decode(&one); err != nil {
				t.Fatalf("child: %v", err)
			}
			sum.Granted += one.Granted
			sum.Refused += one.Refused
			for kind, n := range one.Errors {
				sum.Errors[kind] += n
			}
		}
		return sum
	}
	collect() // wait until all children are ready
	var tallies []tally
	for range n {
		key := newKey()
		for _, c := range children {
			if _, err := fmt.Fprintln(c.in, hex.EncodeToString(key[:])); err != nil {
				t.Fatalf("child: %v", err)
			}
		}
		tallies = append(tallies, collect())
	}
	return tallies
}

// Eight processes with 1,920 attempts at once are granted exactly the limit, every
// time.
func TestBurst(t *testing.T) {
	for _, s := range soundSubjects() {
		t.Run(s.name, func(t *testing.T) {
			start, n := time.Now(), scaleBy(t, 50)
			for i, got := range bursts(t, s, n) {
				mwtest.Publish(t, "bursts.over", got.Granted-burstQuota)
				mwtest.Publish(t, "bursts.attempts", got.Granted+got.Refused)
				if got.Granted != burstQuota || got.Refused != 1920-burstQuota {
					t.Errorf("burst %d: granted %d, refused %d, errors %v", i, got.Granted, got.Refused, got.Errors)
				}
			}
			t.Logf("%-30s %d bursts of 1920 attempts in %d processes at a limit of %d, in %v",
				s.name, n, burstProcesses, burstQuota, time.Since(start).Round(time.Millisecond))
		})
	}
}

// The same bursts detect a limiter that looks before it takes.
func TestBurstDetectsMistakes(t *testing.T) {
	over, worst := 0, 0
	const n = 10
	for _, got := range bursts(t, checkThenAct, n) {
		if got.Granted > burstQuota {
			over++
		}
		worst = max(worst, got.Granted)
	}
	t.Logf("%-30s %d of %d bursts over the limit of %d, the worst with %d", checkThenAct.name, over, n, burstQuota, worst)
	mwtest.Publish(t, "bursts.mistake", worst-burstQuota)
	if over == 0 {
		t.Error("no burst was over the limit")
	}
}
