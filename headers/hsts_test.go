package headers_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// HSTS on localhost would force TLS on every other port of the machine, and browsers do
// not remember addresses (RFC 6797, section 8.1.1).
func TestNoHSTSForLocalNamesAndAddresses(t *testing.T) {
	m := mustNew(t, headers.Browser())
	for host, want := range map[string]bool{
		"app.example": true, "app.example:8443": true, "app.example.": true, "app.example.:8443": true, "localhost.example": true, "notlocalhost": true, "a.1.example": true, "x1": true,
		"localhost": false, "localhost:8443": false, "LOCALHOST": false, "app.localhost": false, "app.localhost.:8443": false,
		"127.0.0.1": false, "127.0.0.1:8443": false, "192.0.2.1": false, "[::1]": false, "[2001:db8::1]:8443": false, "": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host, r.TLS = host, new(tls.ConnectionState)
		h := mwtest.Do(m.Handler(noop), r).Header
		if got := h.Get(specHSTS) != ""; got != want {
			t.Errorf("%q: HSTS %v", host, got)
		}
		if !strings.Contains(h.Get(specCSP), "upgrade-insecure-requests") || len(h) < len(browser)-1 {
			t.Errorf("%q: lost more than HSTS: %v", host, h)
		}
	}
}

// A host that a trusted proxy tells counts, and not the host of the connection to it.
func TestHSTSFollowsTheResolvedHost(t *testing.T) {
	for host, want := range map[string]bool{"app.example": true, "localhost": false} {
		rec, r := carrier.Ensure(httptest.NewRequest("GET", "http://10.0.0.1:8080/", nil))
		rec.Update(func(f *carrier.Facts) { f.Scheme, f.Host = "https", host })
		h := mwtest.Do(mustNew(t, headers.API()).Handler(noop), r).Header
		if got := h.Get(specHSTS) != ""; got != want {
			t.Errorf("%q: HSTS %v", host, got)
		}
	}
}

// Off removes the header of an outer layer for every host.
func TestHSTSOffForLocalNames(t *testing.T) {
	m := mustNew(t, headers.Config{StrictTransportSecurity: headers.Off})
	r := httptest.NewRequest("GET", "https://localhost/", nil)
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=1")
		m.Handler(noop).ServeHTTP(w, r)
	})
	if got := mwtest.Do(outer, r).Header.Get(specHSTS); got != "" {
		t.Errorf("HSTS %q", got)
	}
}

func TestHSTSDoesNotAllocate(t *testing.T) {
	h, w := mustNew(t, headers.API()).Handler(noop), mwtest.NewDiscard()
	for _, url := range []string{"https://app.example:8443/", "https://app.localhost/", "https://[::1]:8443/"} {
		r := httptest.NewRequest("GET", url, nil)
		mwtest.MaxAllocs(t, url, 1, func() { w.Reset(); h.ServeHTTP(w, r) })
	}
}
