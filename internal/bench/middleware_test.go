package bench

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/httprate"
	"github.com/sethvargo/go-limiter/httplimit"
	"github.com/sethvargo/go-limiter/memorystore"
	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/middleware/stdlib"
	"github.com/ulule/limiter/v3/drivers/store/memory"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

const clients = 8192

// limiterMiddlewares returns the middleware of each candidate as its documentation
// shows it: by the client's address, with its default headers.
func limiterMiddlewares(tb testing.TB, limit int, window time.Duration) map[string]func(http.Handler) http.Handler {
	mine := ourMiddleware(tb, limit, window, ratelimit.HeadersAlways)

	seth, err := memorystore.New(&memorystore.Config{Tokens: uint64(limit), Interval: window})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = seth.Close(background) })
	sethMW, err := httplimit.NewMiddleware(seth, httplimit.IPKeyFunc())
	if err != nil {
		tb.Fatal(err)
	}

	store, err := memstore.NewCtx(0)
	if err != nil {
		tb.Fatal(err)
	}
	gcra, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{MaxRate: throttled.PerDuration(limit, window), MaxBurst: limit - 1})
	if err != nil {
		tb.Fatal(err)
	}
	thr := throttled.HTTPRateLimiterCtx{RateLimiter: gcra, VaryBy: &throttled.VaryBy{RemoteAddr: true}}

	return map[string]func(http.Handler) http.Handler{
		ours:        mine.Handler,
		"httprate":  httprate.LimitBy(limit, window, byPeer),
		"ulule":     stdlib.NewMiddleware(limiter.New(memory.NewStore(), limiter.Rate{Period: window, Limit: int64(limit)})).Handler,
		"sethvargo": sethMW.Handle,
		"throttled": thr.RateLimit,
	}
}

func ourMiddleware(tb testing.TB, limit int, window time.Duration, headers ratelimit.Headers) *ratelimit.Limiter {
	l, err := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{{Quota: limit, Window: window}}, Key: ratelimit.ByClientIP, Headers: headers,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// byPeer is the key that httprate's documentation asks its users to write.
func byPeer(r *http.Request) (string, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return httprate.CanonicalizeIP(host), err
}

var (
	middlewareNames = []string{ours, "httprate", "ulule", "sethvargo", "throttled"}
	quiet           = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
)

// requests returns one request of each client.
func requests() []*http.Request {
	all := make([]*http.Request, clients)
	target := &url.URL{Path: "/"}
	for i := range all {
		all[i] = &http.Request{
			Method: "GET", URL: target, Host: "api.example", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, RemoteAddr: fmt.Sprintf("10.0.%d.%d:4711", i>>8, i&255),
		}
	}
	return all
}

// middlewareScenarios serve clients that stay within 1000 requests a second, together
// more than one machine can send, and clients that have no units left.
func middlewareScenarios(t *testing.T) []scenario {
	all := requests()
	scenarios := []scenario{
		{name: "middleware, allow", workers: 1, keys: clients, admit: true},
		{name: "middleware, allow, 64 goroutines", workers: 64, keys: clients, admit: true},
		{name: "middleware, deny", workers: 1, keys: clients},
	}
	for n := range scenarios {
		sc := &scenarios[n]
		for _, r := range all {
			sc.names = append(sc.names, r.RemoteAddr)
		}
		limit, window := 1000, time.Second
		if !sc.admit {
			limit, window = 1, time.Hour
		}
		candidates := limiterMiddlewares(t, limit, window)
		for _, name := range middlewareNames {
			h := candidates[name](quiet)
			if !sc.admit {
				for _, r := range all {
					h.ServeHTTP(mwtest.NewDiscard(), r)
				}
			}
			checkAnswer(t, name, h, all[0], sc.admit)
			var writers [maxWorkers]*mwtest.Discard
			for i := range writers {
				writers[i] = mwtest.NewDiscard()
			}
			sc.field = append(sc.field, contender{name, func(worker, i int) (bool, error) {
				w := writers[worker]
				w.Reset()
				h.ServeHTTP(w, all[i])
				if w.Code != 0 && w.Code != http.StatusTooManyRequests {
					return false, fmt.Errorf("status %d", w.Code)
				}
				return w.Code == 0, nil
			}})
		}
	}
	return scenarios
}

// checkAnswer checks one response as a client would, because no candidate may be faster
// by leaving out the headers.
func checkAnswer(t *testing.T, name string, h http.Handler, r *http.Request, admit bool) {
	t.Helper()
	w := mwtest.NewDiscard()
	h.ServeHTTP(w, r)
	found := 0
	for field, values := range w.Header() {
		if strings.Contains(strings.ToLower(field), "ratelimit") && len(values) == 1 && values[0] != "" {
			found++
		}
	}
	want := 3 // the limit, the remaining units and the end, in three headers
	if name == ours {
		want = 2 // draft-10 has them in two headers
	}
	if found != want || (w.Code == 0) != admit {
		t.Errorf("%s: %d RateLimit headers, want %d; status %d; %v", name, found, want, w.Code, w.Header())
	}
	if name == ours && (w.Header().Get("RateLimit") == "" || w.Header().Get("RateLimit-Policy") == "") {
		t.Errorf("no draft-10 headers: %v", w.Header())
	}
}

// TestMiddlewarePromise checks the allocations of the middleware, as the table does.
func TestMiddlewarePromise(t *testing.T) {
	for _, a := range middlewareAllocs(t) {
		if err := a.evaluate(); err != nil {
			t.Error(err)
		}
	}
}

// middlewareAllocs measures limits whose headers have few different values, and limits
// whose headers have many.
func middlewareAllocs(t *testing.T) (all []allocation) {
	for _, tc := range []struct {
		name    string
		headers ratelimit.Headers
		inChain bool // inside the chain, whose record has room for the headers
		most    float64
	}{
		{"inside the chain, with headers", ratelimit.HeadersAlways, true, 0},
		{"alone, with headers", ratelimit.HeadersAlways, false, 1},
		{"alone, without headers", ratelimit.HeadersNever, false, 0},
	} {
		brief := ratelimit.Limit{Quota: 8000, Window: time.Millisecond}
		if tc.headers == ratelimit.HeadersNever {
			brief = ratelimit.Limit{Quota: 1_000_000, Window: time.Millisecond} // without headers a millisecond serves more than 8000
		}
		for _, limit := range []ratelimit.Limit{brief, ratelimit.PerHour(10_000_000)} {
			all = append(all, allocation{
				fmt.Sprintf("middleware, %s, %v", tc.name, limit), tc.most, servedAllocs(t, limit, tc.headers, tc.inChain),
			})
		}
	}
	return all
}

func servedAllocs(t *testing.T, limit ratelimit.Limit, headers ratelimit.Headers, inChain bool) float64 {
	const warm, runs = 20_000, 500 // warm decisions come before the measured runs
	h, w := ourMiddleware(t, limit.Quota, limit.Window, headers).Handler(quiet), mwtest.NewDiscard()
	r := requests()[0]
	serve := func(r *http.Request) {
		w.Reset()
		h.ServeHTTP(w, r)
		if told := w.Header()["Ratelimit"]; w.Code != 0 || (len(told) == 1) != (headers == ratelimit.HeadersAlways) {
			t.Fatalf("%v: status %d, %v", limit, w.Code, w.Header())
		}
	}
	for range warm {
		serve(r)
	}
	chain := make([]*http.Request, runs+1)
	for i := range chain {
		if chain[i] = r; inChain {
			_, chain[i] = carrier.Ensure(r)
		}
	}
	i := 0
	return testing.AllocsPerRun(runs, func() { serve(chain[i]); i++ })
}
