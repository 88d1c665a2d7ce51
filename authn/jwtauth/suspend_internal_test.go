package jwtauth

import (
	"errors"
	"testing"
	"time"
	"unsafe"
)

// later returns t as a machine would have it whose clock on the wall is that much
// ahead of the other: ext is the reading of the second.
func later(t time.Time, by time.Duration) time.Time {
	ext := (*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t))
	ext.ext += int64(by)
	return t
}

func TestTwoClocks(t *testing.T) {
	now := time.Now()
	if a, b := later(now, time.Hour), now; a.Sub(b) != time.Hour || a.Round(0).Sub(b) != 0 {
		t.Fatal("package time has other clocks than this test thinks")
	}
	for name, tc := range map[string]struct {
		t    time.Time
		want bool
	}{
		"to come":                      {now.Add(time.Second), false},
		"now":                          {now, true},
		"gone":                         {now.Add(-time.Second), true},
		"only of the wall, to come":    {now.Add(time.Second).Round(0), false},
		"only of the wall, gone":       {now.Add(-time.Second).Round(0), true},
		"gone by the wall":             {later(now.Add(-time.Second), time.Hour), true}, // suspended
		"gone by the one that is kept": {later(now.Add(time.Hour), -2*time.Hour), true}, // set back
	} {
		if got := isOver(tc.t, now); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Keys that were fetched before a suspension of days are not used after it.
func TestRemoteSuspended(t *testing.T) {
	s := &issuerStub{}
	s.publish("a")
	r := s.open(t, JWKSConfig{})
	want(t, r, "a", "known", time.Second)
	s.fail()
	old := *r.set.Load()
	for _, at := range []*time.Time{&old.due, &old.overdue, &old.stale} {
		*at = later(at.Add(-48*time.Hour), 48*time.Hour)
	}
	r.set.Store(&old)
	if _, err := r.Key(t.Context(), "", "a"); err == nil || errors.Is(err, ErrUnknownKey) {
		t.Errorf("a key of two days ago: %v", err)
	}
	r.mu.Lock()
	r.next = time.Now()
	r.mu.Unlock()
	s.publish("a")
	want(t, r, "a", "known", time.Second)
}
