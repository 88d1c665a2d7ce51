package jwks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

// In every interval of n Cooldowns there are at most n+3 refreshes and at most 3n answers of
// 503, and the wait for a refresh is exact.
func TestBucketBounds(t *testing.T) {
	const cooldown = 10 * time.Second
	for range 200 {
		var b bucket
		var answers recent
		var taken, answered []time.Time
		now, source := time.Now(), rand.New(rand.NewPCG(rand.Uint64(), 1))
		for range 300 {
			now = now.Add(time.Duration(source.Int64N(int64(cooldown) / int64(1+source.IntN(30)))))
			before := b
			wait, ok := b.take(now, cooldown)
			switch {
			case ok:
				taken = append(taken, now)
			case b != before || wait <= 0 || wait > cooldown:
				t.Fatalf("a wait of %v", wait)
			default:
				early, late := b, b
				_, tooEarly := early.take(now.Add(wait-1), cooldown)
				if _, inTime := late.take(now.Add(wait), cooldown); tooEarly || !inTime {
					t.Fatalf("a wait of %v is too long or too short", wait)
				}
			}
			if answers.take(now, cooldown) {
				answered = append(answered, now)
			}
		}
		for n := range 5 {
			atMost(t, taken, time.Duration(n)*cooldown, bucketSize+n)
			atMost(t, answered, time.Duration(n+1)*cooldown-1, 3*(n+1))
		}
	}
}

// atMost fails t if more than most of the times are within an interval of length d.
func atMost(t *testing.T, times []time.Time, d time.Duration, most int) {
	t.Helper()
	for i := range times {
		if last := i + most; last < len(times) && times[last].Sub(times[i]) <= d {
			t.Fatalf("%d within %v", most+1, d)
		}
	}
}

// Unknown kids spend a bucket of three refreshes, which gets one per Cooldown. Without a
// token, three answers per Cooldown are 503 with Retry-After, and all others are 401. The
// kid of a token never becomes part of a request to the issuer.
func TestRemoteUnknownKid(t *testing.T) {
	for _, cooldown := range []time.Duration{0, time.Second, 30 * time.Second, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := &issuerStub{delay: 100 * time.Millisecond}
			s.publish("a")
			r := s.newSource(t, RemoteConfig{Cooldown: cooldown})
			if cooldown == 0 {
				cooldown = 10 * time.Second
			}
			wantOutcome(t, r, "a", "known", time.Second)
			s.wantFetches(t, 1)
			rounds := []int{3, 1, 2, 1}
			if cooldown >= time.Minute {
				rounds = rounds[:2] // the set is due after that
			}
			for i, refreshes := range rounds {
				if i > 0 {
					time.Sleep(time.Duration(refreshes) * cooldown)
				}
				var wg sync.WaitGroup
				for i := range 50 {
					wg.Go(func() { wantOutcome(t, r, fmt.Sprintf("../bogus-%d", i), "unknown", 100*time.Millisecond) })
				}
				wg.Wait()
				for range refreshes - 1 {
					wantOutcome(t, r, "bogus", "unknown", 100*time.Millisecond)
				}
				for range 3 {
					_, err := r.Key(t.Context(), "", "bogus", "EdDSA")
					retry, ok := errors.AsType[*jwa.RetryError](err)
					if !ok || errors.Is(err, ErrUnknownKey) || retry.After <= 0 || retry.After > cooldown || !errors.Is(err, errNotAsked) {
						t.Errorf("%v, want another request within %v", err, cooldown)
					}
				}
				for i := range 50 {
					wantOutcome(t, r, fmt.Sprintf("bogus-%d", i), "unknown", 0)
				}
				s.mu.Lock()
				for _, req := range s.requests {
					if text := fmt.Sprint(req.URL, req.Header); strings.Contains(text, "bogus") {
						t.Errorf("the request to the issuer has %s", text)
					}
				}
				s.mu.Unlock()
				s.wantFetches(t, refreshes)
			}
			synctest.Wait()
			if text := fmt.Sprint(s.reports); strings.Contains(text, "bogus") {
				t.Errorf("OnRefresh got %s", text)
			}
		})
	}
}

// Bogus kids of a stranger do not make the tokens of the next new key invalid.
func TestRemoteNewKeyAfterBogusKids(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", 0)
		wantOutcome(t, r, "bogus", "unknown", 0)
		s.publish("ab")
		wantOutcome(t, r, "b", "known", 0)
		wantOutcome(t, r, "bogus", "unknown", 0) // the bucket is empty
		s.publish("abc")
		_, err := r.Key(t.Context(), "", "c", "EdDSA")
		retry, ok := errors.AsType[*jwa.RetryError](err)
		if !ok || errors.Is(err, ErrUnknownKey) {
			t.Fatal(err)
		}
		time.Sleep(retry.After)
		wantOutcome(t, r, "c", "known", 0)
		s.wantFetches(t, 5)
	})
}

// A token without kid is handled like one with an unknown kid. A kid with another algorithm,
// or several keys for one algorithm, start no refresh.
func TestRemoteWithoutKid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{text: setOf(jwkObject("a", publicOf("Ed25519")), jwkObject("", publicOf("P-256")).without("kid"))}
		r := s.newSource(t, RemoteConfig{})
		for alg, want := range map[string]Algorithm{"EdDSA": EdDSA, "ES256": ES256} {
			if k, err := r.Key(t.Context(), "", "", alg); err != nil || k.Algorithm != want {
				t.Errorf("%s: %v, %v", alg, k, err)
			}
		}
		if k, err := r.Key(t.Context(), "", "a", "ES256"); err != nil || k.Algorithm != EdDSA {
			t.Errorf("the kid with another algorithm: %v, %v", k, err)
		}
		s.wantFetches(t, 1)
		s.update(func() {
			s.text = setOf(jwkObject("a", publicOf("RSA")), jwkObject("b", publicOf("Ed25519")), jwkObject("c", publicOf("Ed25519, another")))
		})
		if k, err := r.Key(t.Context(), "", "", "RS256"); err != nil || k.ID != "a" {
			t.Errorf("a key that was published just now: %v, %v", k, err)
		}
		s.wantFetches(t, 1)
		if _, err := r.Key(t.Context(), "", "", "EdDSA"); err != ErrSeveralKeys {
			t.Error(err)
		}
		s.wantFetches(t, 0)
		if _, err := r.Key(t.Context(), "", "", "ES512"); err != ErrUnknownKey {
			t.Error(err)
		}
		s.wantFetches(t, 1)
	})
}

// While the issuer does not answer, unknown kids cause one request per Cooldown, and no
// token is called invalid.
func TestRemoteUnknownKidInOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Second}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", time.Second)
		for range 3 { // the bucket is empty then
			wantOutcome(t, r, "bogus", "unknown", time.Second)
		}
		time.Sleep(10 * time.Second)
		s.wantFetches(t, 4)
		s.fail()
		for range 120 {
			wantOutcome(t, r, "bogus", "unavailable", time.Second)
			time.Sleep(500 * time.Millisecond)
		}
		if n := s.fetches(); n < 5 || n > 7 {
			t.Errorf("%d requests in a minute", n)
		}
	})
}

// A flood of bogus kids does not delay a new key: the request to the issuer that the
// flood causes also fetches the new key.
func TestRemoteRotationUnderFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: 50 * time.Millisecond}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", time.Second)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						_, _ = r.Key(context.Background(), "", fmt.Sprint("bogus", i, n), "EdDSA")
					}
				}
			})
		}
		time.Sleep(33 * time.Second)
		s.publish("ab")
		rotated := time.Now()
		for {
			if got, _ := outcome(r, "b"); got == "known" {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(rotated); took > 10*time.Second+100*time.Millisecond {
			t.Errorf("the new key was known after %v", took)
		}
		wantOutcome(t, r, "a", "known", 0)
		close(stop)
		wg.Wait()
		if n := s.fetches(); n > 1+3+4 { // the first one, the full bucket, and one for each Cooldown
			t.Errorf("%d fetches in 43 s", n)
		}
	})
}
