package clientip_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// long is what a client prepends to be expensive, and what a proxy appends.
func long(entry string) string { return strings.Repeat(entry+", ", 10000) }

func TestAllocs(t *testing.T) {
	for _, tc := range []struct {
		name string
		m    *clientip.Middleware
		r    *http.Request
		want string
	}{
		{"direct", must(t, clientip.Direct()), request("203.0.113.77:1", "X-Forwarded-For", "192.0.2.1"), "203.0.113.77 direct"},
		{"stranger", xff(t), request("[2001:db8:c::5]:1", "X-Forwarded-For", "192.0.2.1"), "2001:db8:c::5 untrusted_peer"},
		{"two proxies", xff(t), request(fromProxy, "X-Forwarded-For", "192.0.2.1, 203.0.113.5, 10.1.0.2"), "203.0.113.5 resolved"},
		{"IPv6", xff(t), request(fromProxy, "X-Forwarded-For", "[2001:db8:c::5]:443"), "2001:db8:c::5 resolved"},
		{"garbage", xff(t), request(fromProxy, "X-Forwarded-For", "banana"), "10.1.0.1 malformed"},
		{"10,000 lies", xff(t), request(fromProxy, "X-Forwarded-For", long("192.0.2.1")+"203.0.113.5"), "203.0.113.5 resolved"},
		{"10,000 proxies", xff(t), request(fromProxy, "X-Forwarded-For", long("10.1.0.2")+"10.1.0.3"), "10.1.0.2 too_many_hops"},
		{"10,000 lines", xff(t), request(fromProxy, "X-Forwarded-For", strings.Split(long("10.1.0.2")+"10.1.0.3", ", ")...), "10.1.0.2 too_many_hops"},
		{"no comma", xff(t), request(fromProxy, "X-Forwarded-For", strings.Repeat("1", 1<<20)), "10.1.0.1 malformed"},
		{"Forwarded", forwarded(t), request(fromProxy, "Forwarded", `for="[2001:db8:c::5]:443";proto=https, for=10.1.0.2`), "2001:db8:c::5 resolved"},
		{"10,000 elements", forwarded(t), request(fromProxy, "Forwarded", long(`for="192.0.2.1"`)+"for=203.0.113.5"), "203.0.113.5 resolved"},
		{"10,000 proxies in elements", forwarded(t), request(fromProxy, "Forwarded", long("for=10.1.0.2")+"for=10.1.0.3"), "10.1.0.2 too_many_hops"},
		{"quotes", forwarded(t), request(fromProxy, "Forwarded", strings.Repeat(`\"`, 1<<19)+`"`), "10.1.0.1 malformed"},
	} {
		if got := found(tc.m.Check(tc.r)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		mwtest.MaxAllocs(t, tc.name, 0, func() { tc.m.Check(tc.r) })

		_, carried := carrier.Ensure(tc.r)
		h, w := tc.m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), mwtest.NewDiscard()
		mwtest.MaxAllocs(t, tc.name+" in the chain", 0, func() { h.ServeHTTP(w, carried) })
		mwtest.MaxAllocs(t, tc.name+" alone", 2, func() { h.ServeHTTP(w, tc.r) }) // the record and the request
	}
}

// What a client prepends must not cost time either. The margin is wide, for the
// cost without a bound would be a thousand times as much.
func TestLongHeadersCostNoMore(t *testing.T) {
	for name, tc := range map[string]struct {
		m            *clientip.Middleware
		short, large *http.Request
	}{
		"X-Forwarded-For": {xff(t), request(fromProxy, "X-Forwarded-For", "203.0.113.5"),
			request(fromProxy, "X-Forwarded-For", long("192.0.2.1")+"203.0.113.5")},
		"Forwarded": {forwarded(t), request(fromProxy, "Forwarded", "for=203.0.113.5"),
			request(fromProxy, "Forwarded", long("for=192.0.2.1")+"for=203.0.113.5")},
	} {
		cost := func(r *http.Request) time.Duration {
			best := time.Hour
			for range 20 {
				start := time.Now()
				for range 200 {
					tc.m.Check(r)
				}
				best = min(best, time.Since(start))
			}
			return best
		}
		if short, large := cost(tc.short), cost(tc.large); large > 10*short {
			t.Errorf("%s: %v with 10,000 lies, %v without", name, large, short)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, tc := range []struct {
		name string
		m    *clientip.Middleware
		r    *http.Request
		want string
	}{
		{"direct", must(b, clientip.Direct()), request("203.0.113.77:1", ""), "203.0.113.77 direct"},
		{"xff-1-proxy", xff(b), request(fromProxy, "X-Forwarded-For", "203.0.113.5"), "203.0.113.5 resolved"},
		{"xff-3-proxies", xff(b), request(fromProxy, "X-Forwarded-For", "203.0.113.5, 10.1.0.3, 10.1.0.2"), "203.0.113.5 resolved"},
		{"xff-10000-lies", xff(b), request(fromProxy, "X-Forwarded-For", long("192.0.2.1")+"203.0.113.5"), "203.0.113.5 resolved"},
		{"forwarded-1-proxy", forwarded(b), request(fromProxy, "Forwarded", "for=203.0.113.5;proto=https"), "203.0.113.5 resolved"},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			var d clientip.Decision
			for b.Loop() {
				d = tc.m.Check(tc.r)
			}
			if found(d) != tc.want {
				b.Fatalf("measured %s", found(d))
			}
		})
	}
}
