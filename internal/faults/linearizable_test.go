package faults

import (
	"context"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// taking is a trial of those who only take.
var taking = trial{
	plans: []plan{{150, 8, 22}, {12, 8, 8}, {200, 8, 25}, {80, 8, 20}},
	model: func(quota int) porcupine.Model { return counting(quota, false) },
	caller: func(c caller) func() (porcupine.Operation, error) {
		return func() (porcupine.Operation, error) {
			n := 1 + c.rnd.IntN(3)
			return c.attempt(move{take, n}, func(ctx context.Context) (int, error) { return c.Take(ctx, c.key, n) })
		}
	},
}

var everyPulse = []string{resetDown, resetUp, blackHoleDown, blackHoleUp, cutDown, cutUp, slowBytes}

// Whatever the network does, the outcomes that callers know of are those of one
// counter, each attempt counted at most once, although the user's client has
// its retries on.
func TestLinearizable(t *testing.T) {
	for _, s := range sound() {
		t.Run(s.name, func(t *testing.T) {
			n := 100
			if s.calibration {
				n = 20
			}
			linearizable(t, taking, s, scaled(t, n))
		})
	}
}

// linearizable checks n histories of s.
func linearizable(t *testing.T, what trial, s subject, n int) {
	t.Helper()
	got := histories(t, what, s, n, 1, 10*time.Second, everyPulse)
	t.Log(got)
	if got.illegal > 0 || got.undecided > 0 {
		t.Errorf("%d illegal and %d undecided histories", got.illegal, got.undecided)
	}
	if got.known*10 < got.ops*7 {
		t.Errorf("only %d of %d outcomes are known: the check is blind", got.known, got.ops)
	}
	if missed := got.ops - got.known; missed*100 < got.ops {
		t.Errorf("only %d of %d attempts met a fault: nothing was tested", missed, got.ops)
	}
	if n := got.errors[unclassified]; n > 0 {
		t.Errorf("%d unclassified errors", n)
	}
}

// A check that passes everything proves nothing. This one must find the
// mistakes, and only where there are any.
func TestLinearizableFindsMistakes(t *testing.T) {
	findsMistakes(t, taking, []mistake{
		{clientRetries, nil, false}, // its script is right
		{clientRetries, resets, true},
		{clusterRetries, nil, false},
		{clusterRetries, resets, true},
		{checkThenAct, nil, true},
	})
}

// mistake is a subject, and whether it is illegal under these pulses.
type mistake struct {
	subject subject
	pulses  []string
	illegal bool
}

var resets = []string{resetDown, cutDown}

func findsMistakes(t *testing.T, what trial, mistakes []mistake) {
	t.Helper()
	for _, tt := range mistakes {
		name := tt.subject.name + "/no faults"
		if tt.pulses != nil {
			name = tt.subject.name + "/resets"
		}
		t.Run(name, func(t *testing.T) {
			got := histories(t, what, tt.subject, scaled(t, 40), 3, 300*time.Millisecond, tt.pulses)
			t.Log(got)
			if (got.illegal > 0) != tt.illegal {
				t.Errorf("%d illegal of %d histories", got.illegal, got.histories)
			}
		})
	}
}
