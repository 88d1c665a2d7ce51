package jwks

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// measures compares sources of keys, with an issuer that has a key "a" and takes 50 ms to
// answer.
type measures struct {
	flood    int           // requests to the issuer for 50 bogus kids at once
	rotation time.Duration // the time until a new key is known, while bogus kids arrive
	outage   string        // the outcome for a known key after an outage of an hour
	withdraw string        // the outcome for a key an hour after it was withdrawn
}

func measure(t *testing.T, open func(*testing.T, *issuerStub) Source) (m measures) {
	t.Helper()
	inBubble := func(f func(*testing.T, *issuerStub, Source)) {
		synctest.Test(t, func(t *testing.T) {
			stub := &issuerStub{delay: 50 * time.Millisecond}
			stub.publish("a")
			s := open(t, stub)
			_, _ = s.Key(context.Background(), "", "a", "EdDSA")
			time.Sleep(time.Minute)
			f(t, stub, s)
			synctest.Wait()
		})
	}
	inBubble(func(t *testing.T, stub *issuerStub, s Source) {
		before := stub.fetches()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { _, _ = s.Key(context.Background(), "", fmt.Sprint("bogus", i), "EdDSA") })
		}
		wg.Wait()
		m.flood = stub.fetches() - before
	})
	inBubble(func(t *testing.T, stub *issuerStub, s Source) {
		_, _ = s.Key(context.Background(), "", "bogus", "EdDSA")
		stub.publish("ab")
		for began := time.Now(); m.rotation < time.Hour; m.rotation = time.Since(began) {
			_, _ = s.Key(context.Background(), "", "bogus", "EdDSA")
			if got, _ := outcome(s, "b"); got == "known" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	afterAnHour := func(result *string, change func(*issuerStub)) {
		inBubble(func(t *testing.T, stub *issuerStub, s Source) {
			change(stub)
			for range 60 {
				time.Sleep(time.Minute)
				*result, _ = outcome(s, "a")
			}
		})
	}
	afterAnHour(&m.outage, func(stub *issuerStub) { stub.fail() })
	afterAnHour(&m.withdraw, func(stub *issuerStub) { stub.publish("b") })
	return m
}

// faults names the measures that are out of bounds.
func (m measures) faults() (all []string) {
	if m.flood > 1 {
		all = append(all, "flood")
	}
	if m.rotation > 10*time.Second+100*time.Millisecond {
		all = append(all, "rotation")
	}
	if m.outage != "known" {
		all = append(all, "outage")
	}
	if m.withdraw != "unknown" {
		all = append(all, "withdrawn")
	}
	return all
}

// A naiveSource is a simple source, like the ones in other libraries.
type naiveSource struct {
	stub  *issuerStub
	eager bool          // fetch again for each unknown kid
	every time.Duration // else fetch at most once per this time, for any unknown kid
	ttl   time.Duration // drop all keys after this time; 0 is never
	merge bool          // keep the keys that are gone from the set

	lock chan struct{} // a mutex that lets the fake time of synctest advance
	keys *keySet
	at   time.Time
}

func (s *naiveSource) Key(ctx context.Context, issuer, kid, alg string) (Key, error) {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if s.ttl > 0 && time.Since(s.at) > s.ttl {
		s.keys = nil
	}
	k, ok := s.find(issuer, kid, alg)
	if !ok && (s.keys == nil || s.eager || s.every > 0 && time.Since(s.at) >= s.every) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuerURL, nil)
		if err != nil {
			return Key{}, err
		}
		res, err := s.stub.RoundTrip(req)
		if err != nil {
			return Key{}, err
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			return Key{}, err
		}
		keys, _, err := parseJWKS(text, RS256)
		if err != nil {
			return Key{}, err
		}
		if s.merge {
			for _, k := range s.keys.orEmpty().all {
				keys.add(k)
			}
		}
		s.keys, s.at = keys, time.Now()
		k, ok = s.find(issuer, kid, alg)
	}
	if !ok {
		return Key{}, ErrUnknownKey
	}
	return k, nil
}

func (s *naiveSource) find(issuer, kid, alg string) (Key, bool) {
	k, err := s.keys.orEmpty().find(issuer, kid, alg)
	if err != nil {
		return Key{}, false
	}
	return *k, true
}

func (s *keySet) orEmpty() *keySet {
	if s == nil {
		return newKeySet()
	}
	return s
}

func TestRemoteAgainstNaive(t *testing.T) {
	m := measure(t, func(t *testing.T, stub *issuerStub) Source { return stub.newSource(t, RemoteConfig{}) })
	if f := m.faults(); f != nil {
		t.Errorf("%v: %+v", f, m)
	}
	// The measures can fail: each naive source fails by the expected measures.
	for _, tc := range []struct {
		naive naiveSource
		want  []string
	}{
		{naiveSource{eager: true, ttl: 15 * time.Minute}, []string{"flood", "outage"}},
		{naiveSource{every: 5 * time.Minute}, []string{"rotation", "withdrawn"}},
		{naiveSource{ttl: 15 * time.Minute}, []string{"rotation", "outage"}},
		{naiveSource{every: 10 * time.Second, merge: true}, []string{"withdrawn"}},
	} {
		m := measure(t, func(_ *testing.T, stub *issuerStub) Source {
			naive := tc.naive
			naive.stub, naive.lock = stub, make(chan struct{}, 1)
			return &naive
		})
		if got := m.faults(); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%+v fails by %v, want %v", m, got, tc.want)
		}
	}
}
