package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func TestRemoteFirstUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Second}
		s.publish("ab")
		r := s.newSource(t, RemoteConfig{})
		s.wantFetches(t, 0)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { wantOutcome(t, r, []string{"a", "b"}[i%2], "known", time.Second) })
		}
		wg.Wait()
		s.mu.Lock()
		req := s.requests[0]
		s.mu.Unlock()
		if req.Method != "GET" || req.URL.String() != issuerURL || req.Header.Get("Accept") != "application/jwk-set+json, application/json" || req.Header.Get("Accept-Encoding") != "identity" || len(req.Header) != 2 {
			t.Errorf("%s %s %v", req.Method, req.URL, req.Header)
		}
		s.wantFetches(t, 1)
		synctest.Wait()
		if len(s.reports) != 1 || s.reports[0].Source != issuerURL || s.reports[0].Keys != 2 || s.reports[0].Err != nil {
			t.Errorf("OnRefresh got %+v", s.reports)
		}
	})
}

func TestRemoteRefresh(t *testing.T) {
	for name, tc := range map[string]struct {
		header string
		fresh  time.Duration
	}{
		"default": {"", 15 * time.Minute}, "max-age": {"public, max-age=1200", 20 * time.Minute}, "a year": {"max-age=31536000", time.Hour},
		"no-store": {"no-store", time.Minute}, "one second": {"max-age=1", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &issuerStub{header: http.Header{"Cache-Control": {tc.header}}}
				s.publish("ab")
				r := s.newSource(t, RemoteConfig{})
				wantOutcome(t, r, "a", "known", 0)
				time.Sleep(tc.fresh*8/10 - time.Second)
				wantOutcome(t, r, "a", "known", 0)
				synctest.Wait()
				s.wantFetches(t, 1)
				// The refresh runs in the background, even if the issuer is slow.
				s.publish("bc")
				s.update(func() { s.delay = 4 * time.Second })
				time.Sleep(tc.fresh*2/10 + time.Second)
				for range 10 {
					wantOutcome(t, r, "a", "known", 0)
				}
				time.Sleep(4 * time.Second)
				synctest.Wait()
				s.wantFetches(t, 1)
				s.update(func() { s.delay = 0 })
				wantOutcome(t, r, "a", "unknown", 0) // withdrawn
				wantOutcome(t, r, "b", "known", 0)
				wantOutcome(t, r, "c", "known", 0)
			})
		})
	}
}

// The processes of a fleet do not all send their requests at once.
func TestRemoteJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 100 {
			s := &issuerStub{}
			s.publish("a")
			r := s.newSource(t, RemoteConfig{})
			wantOutcome(t, r, "a", "known", 0)
			in := time.Until(r.set.Load().due)
			if in < 12*time.Minute || in > 15*time.Minute {
				t.Errorf("due in %v", in)
			}
			seen[in.Round(time.Second)] = true
		}
		if len(seen) < 30 {
			t.Errorf("%d different times", len(seen))
		}
	})
}

// A key that was replaced under the same ID is the new key after the refresh.
func TestRemoteSameKid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{text: setOf(jwkObject("a", publicOf("P-256")))}
		r := s.newSource(t, RemoteConfig{})
		before, _ := r.Key(context.Background(), "", "a", "EdDSA")
		s.update(func() { s.text = setOf(jwkObject("a", publicOf("RSA"))) })
		time.Sleep(15 * time.Minute)
		wantOutcome(t, r, "a", "known", 0)
		synctest.Wait()
		after, err := r.Key(context.Background(), "", "a", "EdDSA")
		if err != nil || before.Algorithm != ES256 || after.Algorithm != RS256 {
			t.Errorf("%v, then %v, %v", before, after, err)
		}
	})
}

func TestRemoteOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{MaxStale: 2 * time.Hour})
		wantOutcome(t, r, "a", "known", 0)
		s.fail()
		began := time.Now()
		for time.Since(began) < 2*time.Hour-time.Second {
			wantOutcome(t, r, "a", "known", 0)
			synctest.Wait()
			time.Sleep(time.Second)
		}
		// One request per Cooldown from the time the refresh was due.
		if n := s.fetches(); n < 600 || n > 652 {
			t.Errorf("%d fetches", n)
		}
		wantOutcome(t, r, "x", "unavailable", 0) // the issuer cannot tell
		time.Sleep(time.Second)
		wantOutcome(t, r, "a", "unavailable", 0)
		wantOutcome(t, r, "x", "unavailable", 0)
		if _, err := r.Key(context.Background(), "", "a", "EdDSA"); !errors.Is(err, errStale) || !strings.Contains(err.Error(), "connection refused") {
			t.Error(err)
		}
		if err := r.Ready(context.Background()); !errors.Is(err, errStale) {
			t.Error(err)
		}
		synctest.Wait()
		last := s.reports[len(s.reports)-1]
		if last.Err == nil {
			t.Errorf("OnRefresh got %+v", last)
		}
		s.publish("b")
		time.Sleep(10 * time.Second)
		wantOutcome(t, r, "b", "known", 0)
		wantOutcome(t, r, "a", "unknown", 0)
	})
}

// An issuer that never answers does not delay requests with a known key.
func TestRemoteHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", 0)
		s.update(func() { s.delay = time.Hour })
		time.Sleep(15 * time.Minute)
		for range 100 {
			wantOutcome(t, r, "a", "known", 0)
			time.Sleep(100 * time.Millisecond)
		}
		s.wantFetches(t, 2)
		time.Sleep(10 * time.Second)
		began := time.Now()
		wantOutcome(t, r, "x", "unavailable", 2*time.Second)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("waited %v", took)
		}
		wantOutcome(t, r, "a", "known", 0)
	})
}

// Without requests for hours the set is old, and a key that was stolen in the meantime
// may have been withdrawn.
func TestRemoteIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Second}
		s.publish("ab")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", time.Second)
		time.Sleep(8 * time.Hour)
		s.publish("b")
		wantOutcome(t, r, "a", "unknown", time.Second)
		s.wantFetches(t, 2)
		// If the issuer does not answer, the old set is used.
		time.Sleep(8 * time.Hour)
		s.update(func() { s.delay = time.Hour })
		wantOutcome(t, r, "b", "known", 2*time.Second)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		wantOutcome(t, r, "b", "known", 0)
		s.wantFetches(t, 1)
		time.Sleep(10 * time.Second)
		wantOutcome(t, r, "b", "known", 0)
		synctest.Wait()
		s.wantFetches(t, 1)
	})
}

func TestRemoteNeverLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.fail()
		r := s.newSource(t, RemoteConfig{})
		began := time.Now()
		var at []time.Duration
		for range 600 {
			n := s.fetches()
			wantOutcome(t, r, "a", "unavailable", 0)
			if s.fetches() > n {
				at = append(at, time.Since(began))
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got := fmt.Sprint(at); got != "[0s 1s 3s 7s 15s 25s 35s 45s 55s]" {
			t.Errorf("fetched at %s", got)
		}
		s.publish("a")
		time.Sleep(10 * time.Second)
		wantOutcome(t, r, "a", "known", 0)
	})
}

func TestRemoteWaitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Hour}
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "unavailable", 2*time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 700*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := r.Key(ctx, "", "a", "EdDSA"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 700*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		cancelled, cancelNow := context.WithCancel(context.Background())
		cancelNow()
		if _, err := r.Key(cancelled, "", "a", "EdDSA"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		s.wantFetches(t, 1)
	})
}

// A client that leaves does not cancel the refresh for the others.
func TestRemoteWaitersAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Second}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := r.Key(ctx, "", "a", "EdDSA"); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		wg.Go(func() { wantOutcome(t, r, "a", "known", time.Second) })
		time.Sleep(500 * time.Millisecond)
		cancel()
		wg.Wait()
		s.wantFetches(t, 1)
	})
}

// advanceMonotonic returns t with its monotonic clock reading, the field ext of
// time.Time, moved by a duration. Its wall clock reading stays.
func advanceMonotonic(t time.Time, by time.Duration) time.Time {
	ext := (*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t))
	ext.ext += int64(by)
	return t
}

func TestHasPassedComparesBothClocks(t *testing.T) {
	now := time.Now()
	if a, b := advanceMonotonic(now, time.Hour), now; a.Sub(b) != time.Hour || a.Round(0).Sub(b) != 0 {
		t.Fatal("the fields of time.Time differ from those that this test expects")
	}
	for name, tc := range map[string]struct {
		t    time.Time
		want bool
	}{
		"future":                      {now.Add(time.Second), false},
		"now":                         {now, true},
		"past":                        {now.Add(-time.Second), true},
		"wall clock only, future":     {now.Add(time.Second).Round(0), false},
		"wall clock only, past":       {now.Add(-time.Second).Round(0), true},
		"past by the wall clock":      {advanceMonotonic(now.Add(-time.Second), time.Hour), true}, // the machine was suspended
		"past by the monotonic clock": {advanceMonotonic(now.Add(time.Hour), -2*time.Hour), true}, // the wall clock was set back
	} {
		if got := hasPassed(tc.t, now); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Keys that were fetched before a suspension of days are not used after it.
func TestRemoteSuspended(t *testing.T) {
	s := &issuerStub{}
	s.publish("a")
	r := s.newSource(t, RemoteConfig{})
	wantOutcome(t, r, "a", "known", time.Second)
	s.fail()
	old := *r.set.Load()
	for _, at := range []*time.Time{&old.due, &old.overdue, &old.stale} {
		*at = advanceMonotonic(at.Add(-48*time.Hour), 48*time.Hour)
	}
	r.set.Store(&old)
	if _, err := r.Key(t.Context(), "", "a", "EdDSA"); err == nil || errors.Is(err, ErrUnknownKey) {
		t.Errorf("a key that is two days old: %v", err)
	}
	r.mu.Lock()
	r.nextRefresh = time.Now()
	r.mu.Unlock()
	s.publish("a")
	wantOutcome(t, r, "a", "known", time.Second)
}
