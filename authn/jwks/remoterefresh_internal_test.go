package jwks

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestRemoteReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: 3 * time.Second}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		began := time.Now()
		if err := r.Ready(context.Background()); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		for range 5 {
			if err := r.Ready(context.Background()); err != nil {
				t.Error(err)
			}
		}
		s.wantFetches(t, 1)
		wantOutcome(t, r, "a", "known", 0)
		time.Sleep(15 * time.Minute)
		if err := r.Ready(context.Background()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		s.wantFetches(t, 1)
	})
}

func TestRemoteNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{status: 500}
		r := s.newSource(t, RemoteConfig{})
		for range 2 { // the second call sends no request
			if err := r.Ready(context.Background()); err == nil || !strings.Contains(err.Error(), "jwks: JWKS of https://issuer.example/keys: the status is 500") {
				t.Error(err)
			}
		}
		s.wantFetches(t, 1)
		s.update(func() { s.delay = time.Hour })
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		began := time.Now()
		if err := r.Ready(context.Background()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 4*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestRemoteClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{delay: time.Hour}
		r := s.newSource(t, RemoteConfig{})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { wantOutcome(t, r, "a", "unavailable", 0) })
		}
		synctest.Wait()
		for range 3 {
			wg.Go(func() {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s.wantFetches(t, 1)
		for range 3 {
			wantOutcome(t, r, "a", "unavailable", 0)
			if _, err := r.Key(context.Background(), "", "a", "EdDSA"); !errors.Is(err, errClosed) {
				t.Error(err)
			}
			if err := r.Ready(context.Background()); !errors.Is(err, errClosed) {
				t.Error(err)
			}
			time.Sleep(time.Hour)
		}
		s.wantFetches(t, 0)
	})
	synctest.Test(t, func(t *testing.T) { // with keys, and without a running request
		s := &issuerStub{}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", 0)
		_ = r.Close()
		wantOutcome(t, r, "a", "unavailable", 0)
		s.wantFetches(t, 1)
	})
}

// A slow OnRefresh does not delay requests.
func TestRemoteSlowHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.publish("a")
		var calls atomic.Int32
		r := mwtest.Must[*RemoteKeys](t)(NewRemote(RemoteConfig{URL: issuerURL, Transport: s, OnRefresh: func(Refresh) { calls.Add(1); time.Sleep(time.Minute) }}))
		wantOutcome(t, r, "a", "known", 0)
		wantOutcome(t, r, "x", "unknown", 0)
		time.Sleep(10 * time.Second)
		s.publish("ab")
		wantOutcome(t, r, "b", "known", 0)
		began := time.Now()
		_ = r.Close()
		if calls.Load() != 3 || time.Since(began) != time.Minute {
			t.Errorf("%d calls, closed after %v", calls.Load(), time.Since(began))
		}
	})
}

func TestRemoteReportsAllFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := jwkObject("a", publicOf("P-256"))
		s := &issuerStub{text: setOf(one, jwkObject("b", publicOf("RSA")).with("use", `"enc"`), jwkObject("c", publicOf("RSA-1024")))}
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", 0)
		time.Sleep(10 * time.Second)
		s.update(func() { s.text = setOf(one.with("d", "1"), one) }) // no key is left
		wantOutcome(t, r, "b", "unavailable", 0)
		synctest.Wait()
		if len(s.reports) != 2 || s.reports[0].Err != nil || s.reports[0].Keys != 1 || s.reports[1].Keys != 0 {
			t.Fatalf("%+v", s.reports)
		}
		wantOutcome(t, r, "a", "unavailable", 0) // its private key was in the set
		mwtest.Faults(t, errors.Join(s.reports[0].Skipped...), "jwks: keys[1].use: ", "jwks: keys[2].Public: ")
		mwtest.Faults(t, s.reports[1].Err, "jwks: keys: has no key that is fit", "jwks: keys[0].d: ", "jwks: keys[1]: has the public part")
	})
}

// waitForGoroutines waits until there are at most n goroutines, and returns their number.
func waitForGoroutines(n int) int {
	for range 200 {
		if runtime.NumGoroutine() <= n {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}

// With the default transport and a real server, a source starts no goroutine before its
// first use. It leaves no goroutine after Close. A source that is made for each request
// and never closed leaves no goroutine after its request to the issuer.
func TestRemoteLeavesNoGoroutine(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(setOfKeys("a"))) }))
	defer server.Close()
	before := runtime.NumGoroutine()
	var all []*RemoteKeys
	for range 200 {
		all = append(all, Remote(server.URL))
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before the first use, %d before that", n, before)
	}
	for i, r := range all {
		if err := r.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_ = r.Close()
		}
	}
	if n := waitForGoroutines(before); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	// A server that never answers.
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hang.Close()
	before = runtime.NumGoroutine()
	for range 20 {
		r := Remote(hang.URL)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		if _, err := r.Key(ctx, "", "a", "EdDSA"); err == nil {
			t.Error("Key returned a key that the server did not send")
		}
		cancel()
		_ = r.Close()
	}
	if n := waitForGoroutines(before); n > before {
		t.Errorf("%d goroutines after Close, %d before", n, before)
	}
}

func TestRemoteRace(t *testing.T) {
	s := &issuerStub{}
	s.publish("ab")
	cfg := RemoteConfig{Cooldown: time.Second}
	r := s.newSource(t, cfg)
	var closed atomic.Bool
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 300 {
				if result, _ := outcome(r, "a"); result != "known" && (result != "unavailable" || !closed.Load()) {
					t.Errorf("a is %s", result)
				}
				_, _ = r.Key(context.Background(), "", "bogus", "EdDSA")
				if n%10 == 0 { // simulate that time has passed
					r.mu.Lock()
					if set := r.set.Load(); set != nil {
						r.storeWithTimes(set, time.Now(), set.overdue)
					}
					r.nextRefresh = time.Now()
					r.mu.Unlock()
				}
				if i == 0 && n == 280 {
					closed.Store(true)
					_ = r.Close()
				}
				if i == 0 && n%3 == 0 {
					s.publish([]string{"ab", "ac"}[n%2])
				}
			}
		})
	}
	wg.Wait()
}

func TestRemoteAllocs(t *testing.T) {
	s := &issuerStub{}
	s.publish("ab")
	r := s.newSource(t, RemoteConfig{})
	if err := r.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	mwtest.MaxAllocs(t, "Key", 0, func() {
		if k, err := r.Key(context.Background(), "https://issuer.example", "b", "EdDSA"); err != nil || k.checked == nil {
			t.Fatal(err)
		}
	})
	for range bucketSize + 3 { // use up the refreshes and the answers of 503
		_, _ = r.Key(context.Background(), "https://issuer.example", "x", "EdDSA")
	}
	mwtest.MaxAllocs(t, "unknown Key", 0, func() {
		if _, err := r.Key(context.Background(), "https://issuer.example", "x", "EdDSA"); !errors.Is(err, ErrUnknownKey) {
			t.Fatal(err)
		}
	})
}

func BenchmarkRemoteKey(b *testing.B) {
	s := &issuerStub{}
	s.publish("ab")
	r := mwtest.Must[*RemoteKeys](b)(NewRemote(RemoteConfig{URL: issuerURL, Transport: s}))
	if err := r.Ready(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if k, err := r.Key(context.Background(), "", "b", "EdDSA"); err != nil || k.checked == nil {
				b.Error(err)
			}
		}
	})
}

// uncancellableTransport ignores the cancellation by Close and returns keys later.
type uncancellableTransport struct{ issuerStub }

func (d *uncancellableTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return d.issuerStub.RoundTrip(r.WithContext(context.Background()))
}

func TestRemoteCloseIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &uncancellableTransport{issuerStub{delay: time.Second}}
		d.publish("a")
		var reports []Refresh
		r := mwtest.Must[*RemoteKeys](t)(NewRemote(RemoteConfig{URL: issuerURL, Transport: d, OnRefresh: func(r Refresh) { reports = append(reports, r) }}))
		var wg sync.WaitGroup
		wg.Go(func() { wantOutcome(t, r, "a", "unavailable", time.Second) })
		synctest.Wait()
		_ = r.Close()
		wg.Wait()
		wantOutcome(t, r, "a", "unavailable", 0)
		if len(reports) != 1 || !errors.Is(reports[0].Err, errClosed) || reports[0].Keys != 0 {
			t.Errorf("OnRefresh got %+v", reports)
		}
	})
}

// If MaxStale is short, there is time for a second attempt before the set is too old,
// even if the issuer allows a long caching time.
func TestRemoteShortMaxStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{header: http.Header{"Cache-Control": {"max-age=3600"}}}
		s.publish("a")
		r := s.newSource(t, RemoteConfig{MaxStale: time.Minute})
		wantOutcome(t, r, "a", "known", 0)
		s.fail()
		time.Sleep(30 * time.Second)
		wantOutcome(t, r, "a", "known", 0)
		synctest.Wait()
		s.wantFetches(t, 2)
		s.publish("a")
		time.Sleep(10 * time.Second)
		wantOutcome(t, r, "a", "known", 0)
		time.Sleep(23 * time.Second) // after MaxStale of the first set
		wantOutcome(t, r, "a", "known", 0)
		synctest.Wait()
		s.wantFetches(t, 1)
	})
}
