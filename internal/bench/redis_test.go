package bench

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/httprate"
	httprateredis "github.com/go-chi/httprate-redis"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislimiter"
	goredisstore "github.com/throttled/throttled/v2/store/goredisstore.v9"
	"github.com/ulule/limiter/v3"
	ululeredis "github.com/ulule/limiter/v3/drivers/store/redis"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// longBudget tolerates a busy machine: these benchmarks measure Redis, and not our
// decisions without Redis.
const longBudget = time.Second

// redisPeers decide on the Redis at addr. Every client has its default options, and
// room for a connection for each worker.
func redisPeers(addr string, budget time.Duration) []peer {
	on := func(open func(testing.TB, string, int, time.Duration) take) func(testing.TB, int, time.Duration) take {
		return func(tb testing.TB, limit int, window time.Duration) take { return open(tb, addr, limit, window) }
	}
	return append(oursOnRedis(addr, budget),
		peer{"redis_rate", realTime, on(openRedisRate)},
		peer{"ulule", realTime, on(openUluleRedis)},
		peer{"throttled", realTime, on(openThrottledRedis)},
		peer{"httprate-redis", realTime, on(openHTTPRateRedis)},
		peer{"rueidislimiter", realTime, on(openRueidis)},
	)
}

// prefixes keep the limiters of one server apart.
var prefixes atomic.Int64

func prefix() string { return "b" + strconv.FormatInt(prefixes.Add(1), 10) + ":" }

func dial(tb testing.TB, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr, PoolSize: maxWorkers})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func openRedisRate(tb testing.TB, addr string, limit int, window time.Duration) take {
	l, pre := redis_rate.NewLimiter(dial(tb, addr)), prefix()
	rate := redis_rate.Limit{Rate: limit, Burst: limit, Period: window}
	return func(_ int, key string) (bool, error) {
		res, err := l.Allow(background, pre+key, rate)
		if err != nil {
			return false, err
		}
		return res.Allowed > 0, nil
	}
}

func openUluleRedis(tb testing.TB, addr string, limit int, window time.Duration) take {
	store, err := ululeredis.NewStoreWithOptions(dial(tb, addr), limiter.StoreOptions{Prefix: prefix()})
	if err != nil {
		tb.Fatal(err)
	}
	l := limiter.New(store, limiter.Rate{Period: window, Limit: int64(limit)})
	return func(_ int, key string) (bool, error) {
		c, err := l.Get(background, key)
		return err == nil && !c.Reached, err
	}
}

func openThrottledRedis(tb testing.TB, addr string, limit int, window time.Duration) take {
	store, err := goredisstore.NewCtx(dial(tb, addr), prefix())
	if err != nil {
		tb.Fatal(err)
	}
	return throttledTake(tb, store, limit, window)
}

var errFellBack = errors.New("fell back to its local counter")

// openHTTPRateRedis counts a decision of its local counter as a failure, because Redis
// was not measured then.
func openHTTPRateRedis(tb testing.TB, addr string, limit int, window time.Duration) take {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		tb.Fatal(err)
	}
	var fallen atomic.Bool
	var failed [maxWorkers]error
	l := httprate.NewRateLimiter(limit, window,
		httprateredis.WithRedisLimitCounter(&httprateredis.Config{
			Host: host, Port: uint16(number), MaxIdle: maxWorkers, MaxActive: maxWorkers, // its own client, with its own timeouts
			PrefixKey: prefix(), WindowLength: window, OnFallbackChange: fallen.Store,
		}),
		httprate.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
			failed[w.(*numberedWriter).worker] = err
		}))
	r := httptest.NewRequest("GET", "/", nil)
	var writers [maxWorkers]*numberedWriter
	for i := range writers {
		writers[i] = &numberedWriter{mwtest.NewDiscard(), i}
	}
	return func(worker int, key string) (bool, error) {
		w := writers[worker]
		w.Reset()
		failed[worker] = nil
		limited := l.OnLimit(w, r, key)
		if fallen.Load() {
			return !limited, errFellBack
		}
		return !limited, failed[worker]
	}
}

// numberedWriter is a response writer that knows the number of its worker.
type numberedWriter struct {
	*mwtest.Discard
	worker int
}

func openRueidis(tb testing.TB, addr string, limit int, window time.Duration) take {
	l, err := rueidislimiter.NewRateLimiter(rueidislimiter.RateLimiterOption{
		ClientBuilder: func(o rueidis.ClientOption) (rueidis.Client, error) {
			c, err := rueidis.NewClient(o)
			if err == nil {
				tb.Cleanup(c.Close)
			}
			return c, err
		},
		ClientOption: rueidis.ClientOption{InitAddress: []string{addr}},
		KeyPrefix:    prefix(), Limit: limit, Window: window,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func(_ int, key string) (bool, error) {
		res, err := l.Allow(background, key)
		return err == nil && res.Allowed, err
	}
}

func redisScenarios(t *testing.T, addr string) []scenario {
	const several = 1024
	keys := make([]string, several)
	for i := range keys {
		keys[i] = "tenant-" + strconv.Itoa(i)
	}
	far := startProxy(t, addr, 5*time.Millisecond).addr
	var all []scenario
	for _, sc := range []struct {
		scenario
		addr string
	}{
		{scenario{name: "Redis, 64 goroutines, 1024 keys", workers: 64, keys: several}, addr},
		{scenario{name: "Redis, 64 goroutines, one hot key", workers: 64, keys: 1}, addr},
		{scenario{name: "Redis, 64 goroutines, one hot key, leases", workers: 64, keys: 1}, addr},
		{scenario{name: "Redis, lone caller, one hot key, leases", workers: 1, keys: 1}, addr},
		{scenario{name: "Redis, lone caller", workers: 1, keys: several}, addr},
		{scenario{name: "Redis, 64 goroutines, 5 ms round trip", workers: 64, keys: 64}, far},
	} {
		sc.admit, sc.names = true, keys[:sc.keys]
		peers := redisPeers(sc.addr, longBudget)
		if strings.HasSuffix(sc.name, "leases") {
			peers[0] = oursWith(redisstore.Config{LeaseAmong: 1}, sc.addr, longBudget)
		}
		for _, p := range peers {
			take := p.open(t, unreachableLimit, plentyWindow)
			sc.field = append(sc.field, contender{p.name, func(worker, i int) (bool, error) { return take(worker, keys[i]) }})
		}
		all = append(all, sc.scenario)
	}
	return all
}

// A hangResult is the result of one peer after Redis fell silent.
type hangResult struct {
	name     string
	took     time.Duration
	returned bool
	admitted bool
	err      error
}

// measureHangs calls each peer once, with its default options and no deadline, after
// its Redis has fallen silent, and waits for the answer until limit.
func measureHangs(t *testing.T, addr string, limit time.Duration) []hangResult {
	t.Helper()
	answers := make(chan hangResult)
	var asked []hangResult
	for i := range redisPeers(addr, 0) {
		way := startProxy(t, addr, 0)
		p := redisPeers(way.addr, 0)[i]
		take := p.open(t, 100, time.Minute)
		for range 3 { // load the script and open the connection
			if ok, err := take(0, "victim"); !ok || err != nil {
				t.Errorf("%s: %v, %v before anything is wrong", p.name, ok, err)
			}
		}
		way.silent.Store(true)
		asked = append(asked, hangResult{name: p.name, took: limit})
		go func() {
			start := time.Now()
			ok, err := take(0, "victim")
			select {
			case answers <- hangResult{p.name, time.Since(start), true, ok, err}:
			case <-t.Context().Done():
			}
		}()
	}
	end := time.After(limit)
	for range asked {
		select {
		case a := <-answers:
			for i := range asked {
				if asked[i].name == a.name {
					asked[i] = a
				}
			}
		case <-end:
			return asked
		}
	}
	return asked
}

// timeOpenDecision returns the typical time of one of our decisions after its Redis has
// been silent for some decisions.
func timeOpenDecision(t *testing.T, addr string) time.Duration {
	t.Helper()
	way := startProxy(t, addr, 0)
	take := oursOnRedis(way.addr, 0)[0].open(t, 100, time.Minute)
	if ok, err := take(0, "victim"); !ok || err != nil {
		t.Errorf("%v, %v before anything is wrong", ok, err)
	}
	way.silent.Store(true)
	took := make([]time.Duration, 1001)
	for range 8 { // opens the breaker
		_, _ = take(0, "victim")
	}
	for i := range took {
		start := time.Now()
		if _, err := take(0, "victim"); !errors.Is(err, errDegraded) {
			t.Fatalf("decided by a silent Redis: %v", err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[len(took)/2]
}
