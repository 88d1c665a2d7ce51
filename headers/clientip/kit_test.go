package clientip_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// proxies are the trusted proxies in most tests. The clients are in
// 203.0.113.0/24, 198.51.100.0/24 and 2001:db8:c::.
var proxies = []netip.Prefix{
	netip.MustParsePrefix("10.1.0.0/24"),
	netip.MustParsePrefix("2001:db8:aaaa::1/128"),
}

const fromProxy = "10.1.0.1:4711"

func mustNew(t testing.TB, cfg clientip.Config) *clientip.Middleware {
	t.Helper()
	return mwtest.Must[*clientip.Middleware](t)(clientip.New(cfg))
}

func newXFF(t testing.TB) *clientip.Middleware {
	return mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, ForwardedHost: true})
}

func newForwarded(t testing.TB) *clientip.Middleware {
	return mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.Forwarded, ForwardedHost: true})
}

// request returns a request from peer with the given lines of the header name.
func request(peer, name string, lines ...string) *http.Request {
	r := httptest.NewRequest("GET", "http://service.example/", nil)
	r.RemoteAddr = peer
	if len(lines) > 0 {
		r.Header[name] = lines
	}
	return r
}

// summary returns a decision in the form that the tables expect.
func summary(d clientip.Decision) string {
	if !d.Client.IsValid() {
		return d.Reason
	}
	return d.Client.String() + " " + d.Reason
}
