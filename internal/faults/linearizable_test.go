package faults

import "testing"

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
			got := histories(t, s, scaled(t, n), 1, everyPulse)
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
		})
	}
}

// A check that passes everything proves nothing. This one must find the
// mistakes, and only where there are any.
func TestLinearizableFindsMistakes(t *testing.T) {
	resets := []string{resetDown, cutDown}
	for _, tt := range []struct {
		subject subject
		pulses  []string
		illegal bool
	}{
		{clientRetries, nil, false}, // its script is right
		{clientRetries, resets, true},
		{clusterRetries, nil, false},
		{clusterRetries, resets, true},
		{checkThenAct, nil, true},
	} {
		name := tt.subject.name + "/no faults"
		if tt.pulses != nil {
			name = tt.subject.name + "/resets"
		}
		t.Run(name, func(t *testing.T) {
			got := histories(t, tt.subject, scaled(t, 40), 3, tt.pulses)
			t.Log(got)
			if (got.illegal > 0) != tt.illegal {
				t.Errorf("%d illegal of %d histories", got.illegal, got.histories)
			}
		})
	}
}
