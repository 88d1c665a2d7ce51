package mwtest

import "testing"

// MaxAllocs fails t if f allocates more than want times on average. The race detector
// allocates too, so under it f runs once, unmeasured.
func MaxAllocs(t *testing.T, name string, want float64, f func()) {
	t.Helper()
	f() // fills pools and lazily built tables
	if raceEnabled {
		return
	}
	if got := testing.AllocsPerRun(500, f); got > want {
		t.Errorf("%s: %v allocations, want at most %v", name, got, want)
	}
}
