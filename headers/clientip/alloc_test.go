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

// repeated returns 10,000 entries, each followed by a comma.
func repeated(entry string) string { return strings.Repeat(entry+", ", 10000) }

func TestAllocs(t *testing.T) {
	for _, tc := range []struct {
		name string
		m    *clientip.Middleware
		r    *http.Request
		want string
	}{
		{"direct", mustNew(t, clientip.Direct()), request("203.0.113.77:1", "X-Forwarded-For", "192.0.2.1"), "203.0.113.77 direct"},
		{"untrusted peer", newXFF(t), request("[2001:db8:c::5]:1", "X-Forwarded-For", "192.0.2.1"), "2001:db8:c::5 untrusted_peer"},
		{"two proxies", newXFF(t), request(fromProxy, "X-Forwarded-For", "192.0.2.1, 203.0.113.5, 10.1.0.2"), "203.0.113.5 resolved"},
		{"IPv6", newXFF(t), request(fromProxy, "X-Forwarded-For", "[2001:db8:c::5]:443"), "2001:db8:c::5 resolved"},
		{"garbage", newXFF(t), request(fromProxy, "X-Forwarded-For", "banana"), "10.1.0.1 malformed"},
		{"10,000 forged entries", newXFF(t), request(fromProxy, "X-Forwarded-For", repeated("192.0.2.1")+"203.0.113.5"), "203.0.113.5 resolved"},
		{"10,000 proxies", newXFF(t), request(fromProxy, "X-Forwarded-For", repeated("10.1.0.2")+"10.1.0.3"), "10.1.0.2 too_many_hops"},
		{"10,000 lines", newXFF(t), request(fromProxy, "X-Forwarded-For", strings.Split(repeated("10.1.0.2")+"10.1.0.3", ", ")...), "10.1.0.2 too_many_hops"},
		{"no comma", newXFF(t), request(fromProxy, "X-Forwarded-For", strings.Repeat("1", 1<<20)), "10.1.0.1 malformed"},
		{"two hops", mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, TrustedHops: 2}),
			request(fromProxy, "X-Forwarded-For", repeated("192.0.2.1")+"203.0.113.5, 198.51.100.7"), "203.0.113.5 resolved"},
		{"single", mustNew(t, clientip.Config{DangerouslyAnyPeer: true, Header: clientip.SingleHeader("CloudFront-Viewer-Address")}),
			request(fromProxy, "Cloudfront-Viewer-Address", "2001:db8:c::5:443"), "2001:db8:c::5 resolved"},
		{"many schemes", newXFF(t), request(fromProxy, "X-Forwarded-Proto", repeated("https")), "10.1.0.1 absent"},
		{"many empty elements", newForwarded(t), request(fromProxy, "Forwarded", repeated("")), "10.1.0.1 malformed"},
		{"Forwarded", newForwarded(t), request(fromProxy, "Forwarded", `for="[2001:db8:c::5]:443";proto=https, for=10.1.0.2`), "2001:db8:c::5 resolved"},
		{"10,000 elements", newForwarded(t), request(fromProxy, "Forwarded", repeated(`for="192.0.2.1"`)+"for=203.0.113.5"), "203.0.113.5 resolved"},
		{"10,000 proxies in elements", newForwarded(t), request(fromProxy, "Forwarded", repeated("for=10.1.0.2")+"for=10.1.0.3"), "10.1.0.2 too_many_hops"},
		{"quotes", newForwarded(t), request(fromProxy, "Forwarded", strings.Repeat(`\"`, 1<<19)+`"`), "10.1.0.1 malformed"},
	} {
		if got := summary(tc.m.Check(tc.r)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		mwtest.MaxAllocs(t, tc.name, 0, func() { tc.m.Check(tc.r) })

		_, carried := carrier.Ensure(tc.r)
		h, w := tc.m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), mwtest.NewDiscard()
		mwtest.MaxAllocs(t, tc.name+" in the chain", 0, func() { h.ServeHTTP(w, carried) })
		mwtest.MaxAllocs(t, tc.name+" alone", 2, func() { h.ServeHTTP(w, tc.r) }) // the record and the request
	}
}

// The entries that a client prepends must not cost time. A factor of 10 is
// allowed: if every entry were read, the factor would be a thousand times as
// large.
func TestLongHeadersCostNoMore(t *testing.T) {
	for name, tc := range map[string]struct {
		m            *clientip.Middleware
		short, large *http.Request
	}{
		"X-Forwarded-For": {newXFF(t), request(fromProxy, "X-Forwarded-For", "203.0.113.5"),
			request(fromProxy, "X-Forwarded-For", repeated("192.0.2.1")+"203.0.113.5")},
		"Forwarded": {newForwarded(t), request(fromProxy, "Forwarded", "for=203.0.113.5"),
			request(fromProxy, "Forwarded", repeated("for=192.0.2.1")+"for=203.0.113.5")},
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
			t.Errorf("%s: %v with 10,000 forged entries, %v without", name, large, short)
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
		{"direct", mustNew(b, clientip.Direct()), request("203.0.113.77:1", ""), "203.0.113.77 direct"},
		{"xff-1-proxy", newXFF(b), request(fromProxy, "X-Forwarded-For", "203.0.113.5"), "203.0.113.5 resolved"},
		{"xff-3-proxies", newXFF(b), request(fromProxy, "X-Forwarded-For", "203.0.113.5, 10.1.0.3, 10.1.0.2"), "203.0.113.5 resolved"},
		{"xff-10000-forged", newXFF(b), request(fromProxy, "X-Forwarded-For", repeated("192.0.2.1")+"203.0.113.5"), "203.0.113.5 resolved"},
		{"forwarded-1-proxy", newForwarded(b), request(fromProxy, "Forwarded", "for=203.0.113.5;proto=https"), "203.0.113.5 resolved"},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			var d clientip.Decision
			for b.Loop() {
				d = tc.m.Check(tc.r)
			}
			if summary(d) != tc.want {
				b.Fatalf("measured %s", summary(d))
			}
		})
	}
}
