package faults

import (
	"context"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// takingTrial is the trial of callers that only take.
var takingTrial = trial{
	plans: []plan{{150, 8, 22}, {12, 8, 8}, {200, 8, 25}, {80, 8, 20}},
	model: func(quota int) porcupine.Model { return countingModel(quota, false) },
	caller: func(c caller) func() (porcupine.Operation, error) {
		return func() (porcupine.Operation, error) {
			n := 1 + c.rnd.IntN(3)
			return c.attempt(move{take, n}, func(ctx context.Context) (int, error) { return c.Take(ctx, c.key, n) })
		}
	},
}

var everyPulse = []string{resetDown, resetUp, blackHoleDown, blackHoleUp, cutDown, cutUp, slowBytes}

// Under each network fault the known outcomes are those of one counter, and each
// attempt counts at most once, although the user's client retries.
func TestLinearizable(t *testing.T) {
	for _, s := range soundSubjects() {
		t.Run(s.name, func(t *testing.T) {
			n := 100
			if s.calibration {
				n = 20
			}
			linearizable(t, takingTrial, s, scaleBy(t, n))
		})
	}
}

// linearizable checks n histories of s.
func linearizable(t *testing.T, what trial, s subject, n int) {
	t.Helper()
	got := checkHistories(t, what, s, n, 1, 10*time.Second, everyPulse)
	t.Log(got)
	mwtest.Publish(t, "linearizable.histories", got.histories)
	mwtest.Publish(t, "linearizable.operations", got.ops)
	mwtest.Publish(t, "linearizable.faults", got.pulses)
	mwtest.Publish(t, "linearizable.known", 100*got.known/max(got.ops, 1))
	mwtest.Publish(t, "linearizable.illegal", got.illegal+got.undecided)
	if got.illegal > 0 || got.undecided > 0 {
		t.Errorf("%d illegal and %d undecided histories", got.illegal, got.undecided)
	}
	if got.known*10 < got.ops*7 {
		t.Errorf("only %d of %d outcomes are known: the check proves nothing", got.known, got.ops)
	}
	if missed := got.ops - got.known; missed*100 < got.ops {
		t.Errorf("only %d of %d attempts met a fault: the test proves nothing", missed, got.ops)
	}
	if n := got.errors[unclassified]; n > 0 {
		t.Errorf("%d unclassified errors", n)
	}
}

// A check that accepts everything proves nothing. This check must detect the mistakes,
// and must accept correct subjects.
func TestLinearizableDetectsMistakes(t *testing.T) {
	checkMistakes(t, takingTrial, []mistake{
		{clientRetries, nil, false}, // its script is right
		{clientRetries, resets, true},
		{clusterRetries, nil, false},
		{clusterRetries, resets, true},
		{checkThenAct, nil, true},
	})
}

// A mistake is a subject, and whether it is illegal under these pulses.
type mistake struct {
	subject subject
	pulses  []string
	illegal bool
}

var resets = []string{resetDown, cutDown}

func checkMistakes(t *testing.T, what trial, mistakes []mistake) {
	t.Helper()
	for _, tt := range mistakes {
		name := tt.subject.name + "/no faults"
		if tt.pulses != nil {
			name = tt.subject.name + "/resets"
		}
		t.Run(name, func(t *testing.T) {
			got := checkHistories(t, what, tt.subject, max(40, scaleBy(t, 40)), 3, 300*time.Millisecond, tt.pulses)
			t.Log(got)
			if tt.illegal {
				mwtest.Publish(t, "linearizable.mistakes", got.illegal)
			}
			if (got.illegal > 0) != tt.illegal {
				t.Errorf("%d illegal of %d histories", got.illegal, got.histories)
			}
		})
	}
}
