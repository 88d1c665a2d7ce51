package limits

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
)

var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// A volley is n requests at a time after the start.
type volley struct {
	at time.Duration
	n  int
}

// steady is n requests each second.
func steady(from, seconds, n int) []volley {
	var all []volley
	for s := range seconds {
		all = append(all, volley{time.Duration(from+s) * time.Second, n})
	}
	return all
}

// fire sends the volleys at their times and returns how many were admitted.
func fire(h http.Handler, volleys ...volley) int {
	start, admitted := time.Now(), 0
	for _, v := range volleys {
		time.Sleep(v.at - time.Since(start))
		for range v.n {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			if w.Code == http.StatusOK {
				admitted++
			}
		}
	}
	return admitted
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// ours makes the limiter at the first request, in the bubble whose clock it reads.
func ours(t *testing.T, limits ...ratelimit.Limit) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var h http.Handler
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h == nil {
				h = must[func(http.Handler) http.Handler](t)(perAddress(limits...))(next)
			}
			h.ServeHTTP(w, r)
		})
	}
}

func TestPage(t *testing.T) {
	outputs := map[string]string{"refusals": refusals(t)}
	synctest.Test(t, func(t *testing.T) { outputs["proxies"] = proxies(t) })
	for _, part := range []func(*testing.T) map[string]string{minutes, buckets, quotas, shadowed} {
		maps.Copy(outputs, part(t))
	}
	page.Check(t, outputs)
}

// table fires each row at a fresh limiter of each column. The limiters start their goroutines
// outside of the bubble, whose clock they then read.
func table(t *testing.T, heads []string, sides []func(http.Handler) http.Handler, names []string, rows [][]volley) string {
	t.Helper()
	var all [][]string
	for n, volleys := range rows {
		row := []string{names[n]}
		for i, side := range sides {
			h := side(ok)
			synctest.Test(t, func(*testing.T) {
				if heads[i] != "ulule" {
					h = side(ok)
				}
				time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))) // at the beginning of a minute
				row = append(row, fmt.Sprint(fire(h, volleys...)))
			})
		}
		all = append(all, row)
	}
	return page.Table(slices.Concat([]string{"requests"}, heads), all...)
}

func minutes(t *testing.T) map[string]string {
	sides := []func(http.Handler) http.Handler{httprateBefore, ululeBefore, tollboothBefore, ours(t, ratelimit.PerMinute(100))}
	return map[string]string{"minutes": table(t, []string{"httprate", "ulule", "tollbooth", "`PerMinute(100)`"}, sides,
		[]string{"150 at once", "100 at 0:59, and 100 at 1:00", "100 at 0:59, and 100 at 1:30", "100 at 0:00, and 100 at 0:59",
			"1 at 0:00, 99 at 0:59, and 100 at 1:01", "2 each second, for a minute"},
		[][]volley{{{0, 150}}, {{59 * time.Second, 100}, {60 * time.Second, 100}}, {{59 * time.Second, 100}, {90 * time.Second, 100}}, {{0, 100}, {59 * time.Second, 100}},
			{{0, 1}, {59 * time.Second, 99}, {61 * time.Second, 100}}, steady(0, 60, 2)})}
}

func buckets(t *testing.T) map[string]string {
	sides := []func(http.Handler) http.Handler{
		xtimeBefore, ours(t, ratelimit.Limit{Quota: 40, Window: 8 * time.Second}), ours(t, ratelimit.Limit{Quota: 340, Window: time.Minute}),
		ours(t, ratelimit.Limit{Quota: 40, Window: time.Second}, ratelimit.Limit{Quota: 340, Window: time.Minute}),
	}
	return map[string]string{"buckets": table(t, []string{"`rate.NewLimiter(5, 40)`", "40 in 8 s", "340 in 1 min", "40 in 1 s and 340 in 1 min"}, sides,
		[]string{"60 at once", "60 at once, then 5 each second for 7 s", "60 at once, and 60 after 8 s", "5 each second, for a minute",
			"60 each second, for a minute"},
		[][]volley{{{0, 60}}, append([]volley{{0, 60}}, steady(1, 7, 5)...), {{0, 60}, {8 * time.Second, 60}}, steady(0, 60, 5), steady(0, 60, 60)})}
}

// refusals is the table of the responses to the request beyond a limit.
func refusals(t *testing.T) string {
	var rows [][]string
	for _, side := range []struct {
		name  string
		build func(http.Handler) http.Handler
	}{{"httprate", httprateBefore}, {"ulule", ululeBefore}, {"tollbooth", tollboothBefore}, {"x/time/rate", xtimeBefore}, {"here", ours(t, ratelimit.PerMinute(100))},
		{"here, with `LegacyHeaders`", legacy}} {
		h := side.build(ok)
		w := httptest.NewRecorder()
		synctest.Test(t, func(*testing.T) {
			if side.name != "ulule" {
				h = side.build(ok)
			}
			fire(h, volley{0, 101})
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		})
		names := []string{}
		for _, name := range slices.Sorted(maps.Keys(w.Header())) {
			if strings.Contains(strings.ToLower(name), "rate") || name == "Retry-After" {
				names = append(names, "`"+name+"`")
			}
		}
		body := strings.TrimSpace(w.Body.String())
		if before, _, cut := strings.Cut(body, `,"correlation_id"`); cut {
			body = before + ",…"
		}
		rows = append(rows, []string{side.name, fmt.Sprint(w.Code), strings.Join(names, " "), "`" + body + "`"})
	}
	return page.Table([]string{"limiter", "status", "fields", "body"}, rows...)
}

// legacy is the limit with the header fields that many front ends read.
func legacy(next http.Handler) http.Handler {
	l, err := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerMinute(100)}, Key: ratelimit.By(func(r *http.Request) (string, bool) { return r.RemoteAddr, true }),
		LegacyHeaders: true,
	})
	if err != nil {
		panic(err)
	}
	return l.Handler(next)
}

// proxies is the table of 200 requests of one peer, each with another X-Forwarded-For.
func proxies(t *testing.T) string {
	trusted := must[*clientip.Middleware](t)(clientip.New(clientip.Config{
		Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Header: clientip.XForwardedFor}))
	l := must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(100)}, Key: ratelimit.ByClientIP}))
	l2 := must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(100)}, Key: ratelimit.ByClientIP}))
	behind, behind2 := trusted.Handler(l.Handler(ok)), trusted.Handler(l2.Handler(ok))
	count := func(h http.Handler, peer string, forwarded func(i int) string) string {
		n := 0
		for i := range 200 {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = peer + ":1234"
			r.Header.Set("X-Forwarded-For", forwarded(i))
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code == http.StatusOK {
				n++
			}
		}
		return fmt.Sprint(n)
	}
	invented := func(i int) string { return fmt.Sprintf("198.51.100.%d", i) }
	appended := func(i int) string { return fmt.Sprintf("198.51.100.%d, 203.0.113.7", i) } // the proxy has added the last one
	return page.Table([]string{"200 requests of one client", "`LimitByRealIP`", "`clientip.Direct()`", "`clientip.Config{Proxies: …}`"},
		[]string{"no proxy, X-Forwarded-For is invented", count(realIPBefore(ok), "203.0.113.7", invented),
			count(ours(t, ratelimit.PerMinute(100))(ok), "203.0.113.7", invented), count(behind, "203.0.113.7", invented)},
		[]string{"through a proxy that appends the address", count(realIPBefore(ok), "192.0.2.1", appended),
			count(ours(t, ratelimit.PerMinute(100))(ok), "192.0.2.1", appended), count(behind2, "192.0.2.1", appended)})
}

func quotas(t *testing.T) map[string]string {
	database := map[ratelimit.Key]int{ratelimit.StringKey("gold"): 5, ratelimit.StringKey("trial"): 0}
	var outage error
	var rows, order [][]string
	synctest.Test(t, func(*testing.T) {
		l := must[*ratelimit.Limiter](t)(perCustomer(func(_ context.Context, key ratelimit.Key) (int, error) { return database[key], outage },
			ratelimit.By(func(r *http.Request) (string, bool) { return r.Header.Get("Customer"), true })))
		step := func(name string) {
			row := []string{name}
			for _, customer := range []string{"gold", "trial"} {
				named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Set("Customer", customer)
					l.Handler(ok).ServeHTTP(w, r)
				})
				row = append(row, fmt.Sprint(fire(named, volley{0, 10})))
			}
			rows = append(rows, row)
			time.Sleep(2 * time.Minute)
		}
		step("10 requests of each customer")
		database[ratelimit.StringKey("gold")] = 8
		step("the quota of gold is 8 now, two minutes later")
		outage = errors.New("the database is away")
		step("the database is away, two minutes later")
	})
	synctest.Test(t, func(*testing.T) {
		h := must[*ratelimit.Limiter](t)(several()).Handler(ok)
		for second := range 12 {
			order = append(order, []string{fmt.Sprint(second, " s"), fmt.Sprint(fire(h, volley{0, 30}))})
			time.Sleep(time.Second)
		}
	})
	return map[string]string{"quotas": page.Table([]string{"step", "gold", "trial"}, rows...),
		"several": page.Table([]string{"30 requests at", "admitted"}, order...)}
}

func shadowed(t *testing.T) map[string]string {
	reported, admitted := 0, 0
	synctest.Test(t, func(*testing.T) {
		l := must[*ratelimit.Limiter](t)(shadow(func(string) { reported++ }))
		admitted = fire(l.Handler(ok), volley{0, 150})
	})
	return map[string]string{"shadow": page.Table([]string{"requests at once", "admitted", "reported"},
		[]string{"150", fmt.Sprint(admitted), fmt.Sprint(reported)})}
}
