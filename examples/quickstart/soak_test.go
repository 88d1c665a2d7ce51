package main

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	soakClients = 6
	soakPause   = 20 * time.Millisecond // of a client between two requests
	soakCalm    = time.Second           // after a fault, until answers count as untouched again
	soakStall   = 5 * time.Millisecond  // of the machine, which counts as a fault
	soakPeriod  = 2 * time.Second       // from one fault to the next
)

// A soakFault is a fault of Redis, and is over when make returns.
type soakFault struct {
	name string
	make func(*testing.T, *redistest.Server)
}

var soakFaults = []soakFault{
	{"hangs", func(_ *testing.T, s *redistest.Server) {
		s.Freeze()
		<-time.After(200 * time.Millisecond)
		s.Thaw()
	}},
	{"cuts all connections", func(t *testing.T, s *redistest.Server) {
		if _, err := s.Do("CLIENT", "KILL", "TYPE", "normal"); err != nil {
			t.Error(err)
		}
	}},
	{"is killed and comes back", func(t *testing.T, s *redistest.Server) { s.Restart(t) }},
	{"runs something else", func(t *testing.T, s *redistest.Server) {
		if _, err := s.Do("EVAL", "local t = redis.call('TIME'); local n = 0; while n < 3e6 do n = n + 1 end", 0); err != nil {
			t.Error(err)
		}
	}},
	{"forgets its scripts", func(_ *testing.T, s *redistest.Server) { s.ScriptFlush() }},
}

// soak sends requests through the whole service for a time. faulty makes a random fault of
// its Redis every two seconds. change wraps the service.
func soak(t *testing.T, length time.Duration, faulty bool, change func(http.Handler) http.Handler) *soakReport {
	t.Helper()
	server := redistest.StartAppendOnly(t)
	t.Setenv("REDIS_URL", "redis://"+server.Addr+"/0")
	creds, err := newCredentials(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	base := "http://" + srv.Listener.Addr().String()
	keys := jwks.Remote(base + jwksPath)
	srv.Config.Handler = change(newService(settings{
		logger: slog.New(slog.DiscardHandler), creds: creds, keys: keys, mail: func(string, string) {}, wider: 1_000_000,
	}))
	srv.Start()
	defer srv.Close()
	defer func() { _ = keys.Close() }()
	if err := keys.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}

	r, done := &soakReport{wrong: map[string]int{}}, make(chan struct{})
	var troubled, stalled atomic.Int64 // the time until which a fault may touch requests, in ns
	var wg sync.WaitGroup
	for i := range soakClients {
		c := &soakClient{
			base: base, apiKey: creds.apiKey, password: creds.waltPassword,
			client: srv.Client(), rnd: rand.New(rand.NewPCG(1, uint64(i))),
		}
		if err := c.login(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(soakPause):
				}
				start := time.Now()
				fault, stall := troubled.Load(), stalled.Load()
				want, a, err := c.step()
				end := time.Now()
				r.add(want, a, err, end.Sub(start), fault == troubled.Load() && stall == stalled.Load() && start.UnixNano() > max(fault, stall))
			}
		})
	}
	wg.Go(func() { r.watch(done, &stalled) })
	start := time.Now()
	for rnd := rand.New(rand.NewPCG(2, 3)); time.Since(start) < length; <-time.After(soakPeriod) {
		if faulty {
			f := soakFaults[rnd.IntN(len(soakFaults))]
			troubled.Store(start.Add(24 * time.Hour).UnixNano())
			f.make(t, server)
			troubled.Store(time.Now().Add(soakCalm).UnixNano())
		}
	}
	close(done)
	wg.Wait()
	r.seconds = time.Since(start).Seconds()
	return r
}

// Mixed requests go through the whole service while its Redis has a random fault every two
// seconds. SOAK is the length, such as 10m.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("set SOAK to a length of time, such as 10m")
	}
	r := soak(t, length, true, func(h http.Handler) http.Handler { return h })
	measured, own := r.tail()
	t.Logf("%d requests in %.0f s, %d during faults: 99 %% of the others in %v; heap grows by %.2f MiB a minute; wrong %v",
		r.requests, r.seconds, r.during, measured, r.slope(), r.wrong)
	wrong := 0
	for _, n := range r.wrong {
		wrong += n
	}
	mwtest.Publish(t, "soak.seconds", r.seconds)
	mwtest.Publish(t, "soak.requests", r.requests)
	mwtest.Publish(t, "soak.during", r.during)
	mwtest.Publish(t, "soak.internal", r.internal)
	mwtest.Publish(t, "soak.wrong", wrong)
	mwtest.Publish(t, "soak.unavailable", r.unavailable)
	mwtest.Publish(t, "soak.slope", r.slope())
	mwtest.Publish(t, "soak.tail", measured)
	mwtest.Publish(t, "soak.own", own)
	for _, found := range r.findings() {
		t.Error(found)
	}
}

// The same soak detects a service that answers 500, keeps memory, and is slow.
func TestSoakDetectsMistakes(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("set SOAK to a length of time, such as 10m")
	}
	var kept [][]byte
	var mu sync.Mutex
	r := soak(t, 9*time.Second, false, func(h http.Handler) http.Handler {
		n := new(atomic.Int64)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/me" {
				switch i := n.Add(1); {
				case i%10 == 0:
					w.WriteHeader(http.StatusInternalServerError)
					return
				case i%2 == 0:
					<-time.After(500 * time.Millisecond)
				}
				mu.Lock()
				kept = append(kept, make([]byte, 64<<10))
				mu.Unlock()
			}
			h.ServeHTTP(w, r)
		})
	})
	found := r.findings()
	for _, want := range []string{"internal", "wrong", "memory", "tail"} {
		if !slices.Contains(found, want) {
			t.Errorf("%s is not found: %.2f MiB a minute, %v", want, r.slope(), r.wrong)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d pieces of memory kept", len(kept))
}
