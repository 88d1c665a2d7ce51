package clientip_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The installation of most tests: two proxies in 10.1.0.0/24, one at
// 2001:db8:aaaa::1; clients in 203.0.113.0/24, 198.51.100.0/24 and 2001:db8:c::.
var proxies = []netip.Prefix{
	netip.MustParsePrefix("10.1.0.0/24"),
	netip.MustParsePrefix("2001:db8:aaaa::1/128"),
}

const fromProxy = "10.1.0.1:4711"

func must(t testing.TB, cfg clientip.Config) *clientip.Middleware {
	t.Helper()
	return mwtest.Must[*clientip.Middleware](t)(clientip.New(cfg))
}

func xff(t testing.TB) *clientip.Middleware {
	return must(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, ForwardedHost: true})
}

func forwarded(t testing.TB) *clientip.Middleware {
	return must(t, clientip.Config{Proxies: proxies, Header: clientip.Forwarded, ForwardedHost: true})
}

// request comes from peer with the given lines of the header name.
func request(peer, name string, lines ...string) *http.Request {
	r := httptest.NewRequest("GET", "http://service.example/", nil)
	r.RemoteAddr = peer
	if len(lines) > 0 {
		r.Header[name] = lines
	}
	return r
}

// found writes a decision as the tables do.
func found(d clientip.Decision) string {
	if !d.Client.IsValid() {
		return d.Reason
	}
	return d.Client.String() + " " + d.Reason
}
