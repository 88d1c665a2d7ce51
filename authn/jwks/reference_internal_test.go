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

// The three measures by which sources of keys differ, with an issuer that has a
// key "a" and takes 50 ms.
type measures struct {
	flood    int           // requests to the issuer for 50 bogus kids at once
	rotation time.Duration // until a new key is known, while bogus kids come
	outage   string        // what becomes of a known key an hour into an outage
	withdraw string        // what becomes of a key an hour after it was withdrawn
}

func measure(t *testing.T, open func(*testing.T, *issuerStub) Source) (m measures) {
	t.Helper()
	in := func(f func(*testing.T, *issuerStub, Source)) {
		synctest.Test(t, func(t *testing.T) {
			stub := &issuerStub{delay: 50 * time.Millisecond}
			stub.publish("a")
			s := open(t, stub)
			_, _ = s.Key(context.Background(), "", "a")
			time.Sleep(time.Minute)
			f(t, stub, s)
			synctest.Wait()
		})
	}
	in(func(t *testing.T, stub *issuerStub, s Source) {
		before := stub.fetches()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { _, _ = s.Key(context.Background(), "", fmt.Sprint("bogus", i)) })
		}
		wg.Wait()
		m.flood = stub.fetches() - before
	})
	in(func(t *testing.T, stub *issuerStub, s Source) {
		_, _ = s.Key(context.Background(), "", "bogus")
		stub.publish("ab")
		for began := time.Now(); m.rotation < time.Hour; m.rotation = time.Since(began) {
			_, _ = s.Key(context.Background(), "", "bogus")
			if got, _ := outcome(s, "b"); got == "known" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	hourly := func(result *string, change func(*issuerStub)) {
		in(func(t *testing.T, stub *issuerStub, s Source) {
			change(stub)
			for range 60 {
				time.Sleep(time.Minute)
				*result, _ = outcome(s, "a")
			}
		})
	}
	hourly(&m.outage, func(stub *issuerStub) { stub.fail() })
	hourly(&m.withdraw, func(stub *issuerStub) { stub.publish("b") })
	return m
}

// faults says what is wrong with measures.
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

// A naiveSource is one of those that are in use elsewhere.
type naiveSource struct {
	stub  *issuerStub
	eager bool          // ask again for each unknown kid
	every time.Duration // or else with a limit that any kid uses up, and only then
	ttl   time.Duration // forget all keys after this time; 0 is never
	merge bool          // keep what is gone from the set

	lock chan struct{} // a mutex that lets the time of a bubble pass
	keys map[string]Key
	at   time.Time
}

func (s *naiveSource) Key(ctx context.Context, _, kid string) (Key, error) {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if s.ttl > 0 && time.Since(s.at) > s.ttl {
		s.keys = nil
	}
	k, ok := s.keys[kid]
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
			for kid, k := range s.keys {
				keys[kid] = k
			}
		}
		s.keys, s.at = keys, time.Now()
		k, ok = keys[kid]
	}
	if !ok {
		return Key{}, ErrUnknownKey
	}
	return k, nil
}

func TestRemoteAgainstNaive(t *testing.T) {
	m := measure(t, func(t *testing.T, stub *issuerStub) Source { return stub.open(t, RemoteConfig{}) })
	if f := m.faults(); f != nil {
		t.Errorf("%v: %+v", f, m)
	}
	// The measures tell: each of these fails by those that it should.
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
