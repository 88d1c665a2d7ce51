package bench

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/httprate"
	"github.com/sethvargo/go-limiter/memorystore"
	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"
	"golang.org/x/time/rate"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const manyKeys = 100_000

// memoryPeers decide in the memory of this process.
func memoryPeers() []peer {
	return []peer{
		{ours, bubble, func(tb testing.TB, limit int, window time.Duration) take {
			return oursInMemory(tb, manyKeys, limit, window)
		}},
		{"sethvargo", realTime, openSethvargo},
		{"ulule", outside, openUlule},
		{"httprate", bubble, openHTTPRate},
		{"throttled", bubble, openThrottled},
		{"x/time/rate", bubble, openXTime},
	}
}

func openSethvargo(tb testing.TB, limit int, window time.Duration) take {
	s, err := memorystore.New(&memorystore.Config{Tokens: uint64(limit), Interval: window})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close(background) })
	return func(_ int, key string) (bool, error) {
		_, _, _, ok, err := s.Take(background, key)
		return ok, err
	}
}

func openUlule(_ testing.TB, limit int, window time.Duration) take {
	// By default the store sweeps every 30 seconds of the real clock, and would treat
	// every entry of the fake clock as expired.
	store := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "bench", CleanUpInterval: time.Hour})
	l := limiter.New(store, limiter.Rate{Period: window, Limit: int64(limit)})
	return func(_ int, key string) (bool, error) {
		c, err := l.Get(background, key)
		return !c.Reached, err
	}
}

// openHTTPRate sets headers too, because the library makes no decision without them.
func openHTTPRate(_ testing.TB, limit int, window time.Duration) take {
	l := httprate.NewRateLimiter(limit, window)
	r := httptest.NewRequest("GET", "/", nil)
	var writers [maxWorkers]*mwtest.Discard
	for i := range writers {
		writers[i] = mwtest.NewDiscard()
	}
	return func(worker int, key string) (bool, error) {
		w := writers[worker]
		w.Reset()
		return !l.OnLimit(w, r, key), nil
	}
}

func openThrottled(tb testing.TB, limit int, window time.Duration) take {
	store, err := memstore.NewCtx(0)
	if err != nil {
		tb.Fatal(err)
	}
	return throttledTake(tb, store, limit, window)
}

func throttledTake(tb testing.TB, store throttled.GCRAStoreCtx, limit int, window time.Duration) take {
	l, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{MaxRate: throttled.PerDuration(limit, window), MaxBurst: limit - 1})
	if err != nil {
		tb.Fatal(err)
	}
	return func(_ int, key string) (bool, error) {
		limited, _, err := l.RateLimitCtx(background, key, 1)
		return !limited, err
	}
}

// openXTime is the code that users of x/time write around it.
func openXTime(_ testing.TB, limit int, window time.Duration) take {
	var mu sync.RWMutex
	limiters := map[string]*rate.Limiter{}
	return func(_ int, key string) (bool, error) {
		mu.RLock()
		l := limiters[key]
		mu.RUnlock()
		if l == nil {
			mu.Lock()
			if l = limiters[key]; l == nil {
				l = rate.NewLimiter(rate.Limit(float64(limit)/window.Seconds()), limit)
				limiters[key] = l
			}
			mu.Unlock()
		}
		return l.Allow(), nil
	}
}

// unreachableLimit is a limit that no benchmark reaches.
const unreachableLimit, plentyWindow = 100_000_000, time.Hour

func memoryScenarios(t *testing.T) []scenario {
	keys := make([]string, manyKeys)
	for i := range keys {
		keys[i] = "tenant-" + strconv.Itoa(i*7_919%manyKeys) // a permutation: keys that follow in time do not lie next to each other in memory
	}
	var all []scenario
	for _, sc := range []scenario{
		{name: "memory, hot key, serial", workers: 1, keys: 1},
		{name: "memory, hot key, 64 goroutines", workers: 64, keys: 1},
		{name: "memory, 100k keys, serial", workers: 1, keys: manyKeys},
		{name: "memory, 100k keys, 64 goroutines", workers: 64, keys: manyKeys},
	} {
		sc.admit, sc.names = true, keys[:sc.keys]
		for _, p := range memoryPeers() {
			take := p.open(t, unreachableLimit, plentyWindow)
			sc.field = append(sc.field, contender{p.name, func(worker, i int) (bool, error) { return take(worker, keys[i]) }})
		}
		all = append(all, sc)
	}
	return all
}

// heapPerKey returns the memory that a peer holds after one request for each of
// manyKeys, including its initial memory. The keys are made on the way, like the keys
// of requests, so a peer that keeps a key keeps it alive.
func heapPerKey(t *testing.T, p peer) float64 {
	before := liveHeap()
	take := p.open(t, 100, time.Minute)
	for i := range manyKeys {
		ok, err := take(0, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		if !ok || err != nil {
			t.Fatalf("%s: key %d: %v, %v", p.name, i, ok, err)
		}
	}
	after := liveHeap()
	runtime.KeepAlive(take)
	return (after - before) / manyKeys
}

func liveHeap() float64 {
	runtime.GC()
	runtime.GC() // the first run only moves the contents of pools aside
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// TestMemoryPromise checks the allocations of a decision in memory, as the table does.
func TestMemoryPromise(t *testing.T) {
	for _, a := range memoryAllocs(t) {
		if err := a.evaluate(); err != nil {
			t.Error(err)
		}
	}
}

func memoryAllocs(t *testing.T) (all []allocation) {
	for _, limit := range []int{unreachableLimit, 1} {
		name := "denied"
		if limit == unreachableLimit {
			name = "admitted"
		}
		take := oursInMemory(t, manyKeys, limit, plentyWindow)
		if ok, _ := take(0, "victim"); !ok {
			t.Fatal("the first request was denied")
		}
		all = append(all, allocation{"memory, " + name, 0, testing.AllocsPerRun(500, func() {
			if ok, _ := take(0, "victim"); ok != (limit == unreachableLimit) {
				t.Fatalf("admitted: %v", ok)
			}
		})})
	}
	return all
}
