package concurrency_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
)

func build(t testing.TB, cfg concurrency.Config) *concurrency.Limiter {
	t.Helper()
	if cfg.Key == nil {
		cfg.Key = ratelimit.ByClientIP
	}
	return mwtest.Must[*concurrency.Limiter](t)(concurrency.New(cfg))
}

func TestOverTheWire(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	spy := &mwtest.Spy{Respond: func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-release }}
	srv := httptest.NewServer(build(t, concurrency.Config{Max: 2, Name: "export"}).Handler(spy))
	defer srv.Close()
	var wg sync.WaitGroup
	get := func(status int) {
		wg.Go(func() {
			res, err := srv.Client().Get(srv.URL)
			if err != nil || res.StatusCode != status {
				t.Error(res, err)
				return
			}
			_ = res.Body.Close()
		})
	}
	for range 3 { // each round starts when the requests of the round before have ended
		get(200)
		get(200)
		<-entered
		<-entered
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		mwtest.Refused(t, res, 429, "concurrency_limited")
		mwtest.OnlyHeaders(t, res.Header, "Retry-After", "Date", "Content-Length", "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")
		if res.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
		}
		release <- struct{}{}
		release <- struct{}{}
		wg.Wait()
	}
}

// A request frees its slot exactly once, however it ends.
func TestSlotsComeBack(t *testing.T) {
	var seen []ratelimit.Decision
	c := build(t, concurrency.Config{Max: 1, Observe: func(_ *http.Request, d ratelimit.Decision) { seen = append(seen, d) }})
	request := httptest.NewRequest("GET", "/", nil)
	for range 3 {
		func() {
			defer func() { _ = recover() }()
			c.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if _, err := c.Check(request); !errors.Is(err, concurrency.ErrLimited) {
					t.Error("a running request must keep its slot")
				}
				panic("x")
			})).ServeHTTP(httptest.NewRecorder(), request)
		}()
	}
	end, err := c.Check(request)
	if err != nil {
		t.Fatal(err)
	}
	rec, r := carrier.Ensure(request)
	if res := mwtest.Do(c.Handler(&mwtest.Spy{}), r); res.StatusCode != 429 {
		t.Errorf("status %d", res.StatusCode)
	}
	if f := rec.Facts(); f.Limit != "concurrency" || f.Events != carrier.RateLimited || !errors.Is(f.Cause, concurrency.ErrLimited) {
		t.Errorf("the record says %+v", f)
	}
	end()
	end()
	first, err := c.Check(request)
	if _, err2 := c.Check(request); err != nil || err2 == nil {
		t.Error("an end that is called twice must free one slot")
	}
	first()
	if len(seen) != 4 || !seen[2].Allowed || seen[2].Limit != 1 || seen[2].Remaining != 0 {
		t.Fatalf("seen %+v", seen)
	}
	if refused := seen[3]; refused.Allowed || refused.RetryAfter <= 0 || refused.Name != "concurrency" {
		t.Errorf("seen %+v", seen)
	}
}

// With any number of keys, in any order, no key ever runs more than its maximum, and in
// the end all slots are free.
func TestBound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	const limit = 3
	earlyRefusals := 0
	for range 100 {
		numKeys, key := 1+rnd.IntN(60), 0
		current := func(*http.Request) (ratelimit.Key, bool) { return ratelimit.StringKey(strconv.Itoa(key)), true }
		c := build(t, concurrency.Config{Max: limit, MaxKeys: 1, Key: current})
		running := make([][]func(), numKeys)
		for range 2000 {
			key = rnd.IntN(numKeys)
			if ends := running[key]; len(ends) > 0 && rnd.IntN(5) < 2 {
				ends[0]()
				running[key] = ends[1:]
				continue
			}
			end, err := c.Check(nil)
			switch {
			case err != nil && len(running[key]) < limit:
				earlyRefusals++
			case err == nil:
				if running[key] = append(running[key], end); len(running[key]) > limit {
					t.Fatalf("%d requests of one key are running", len(running[key]))
				}
			}
		}
		for _, ends := range running {
			for _, end := range ends {
				end()
			}
		}
		for range limit {
			if _, err := c.Check(nil); err != nil {
				t.Fatal("not all slots are free at the end")
			}
		}
	}
	if earlyRefusals == 0 {
		t.Error("the table was never full")
	}
}

func TestRace(t *testing.T) {
	var running, highest atomic.Int64
	h := build(t, concurrency.Config{Max: 4}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n := running.Add(1); n > highest.Load() {
			highest.Store(n)
		}
		running.Add(-1)
	}))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 300 {
				h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil))
			}
		})
	}
	wg.Wait()
	if highest.Load() > 4 {
		t.Errorf("%d requests at a time", highest.Load())
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := concurrency.New(concurrency.Config{Max: -1, Name: "a|b", MaxKeys: 1<<24 + 1})
	mwtest.Faults(t, err, `concurrency: Max: "-1"`, `concurrency: Name: "a|b"`, "concurrency: Key: missing", `concurrency: MaxKeys: "16777217"`)
	_, err = concurrency.New(concurrency.Config{})
	mwtest.Faults(t, err, `concurrency: Max: "0"`, "concurrency: Key: missing")
	defer func() {
		if s, _ := recover().(string); !strings.Contains(s, "nil http.Handler") {
			t.Error("Handler(nil) must panic")
		}
	}()
	build(t, concurrency.Config{Max: 1}).Handler(nil)
}

func TestAllocs(t *testing.T) {
	tenant := func(*http.Request) (string, bool) { return "a-tenant-with-a-long-name", true }
	for name, key := range map[string]ratelimit.KeyFunc{"address": ratelimit.ByClientIP, "string": ratelimit.By(tenant)} {
		h := build(t, concurrency.Config{Max: 1, Key: key}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
		mwtest.MaxAllocs(t, "admitted by "+name, 0, func() { h.ServeHTTP(w, r) })
	}
}

func TestPolicy(t *testing.T) {
	for name, want := range map[string]string{"": "concurrency: 3 at a time", "export": "export-concurrency: 3 at a time"} {
		if got := build(t, concurrency.Config{Max: 3, Name: name}).Policy(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
