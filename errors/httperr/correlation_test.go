package httperr_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestCorrelationID(t *testing.T) {
	trusted := build(t, quiet(httperr.Config{
		TrustInbound: func(r *http.Request) bool { return strings.HasPrefix(r.RemoteAddr, "10.") },
	}))
	ok64 := strings.Repeat("aB9._-", 11)[:64]
	for name, tc := range map[string]struct {
		m     *httperr.Middleware
		peer  string
		given []string
		kept  bool
	}{
		"none":                 {trusted, "10.0.0.1:1", nil, false},
		"trusted":              {trusted, "10.0.0.1:1", []string{"abc-1"}, true},
		"trusted, longest":     {trusted, "10.0.0.1:1", []string{ok64}, true},
		"trusted, too long":    {trusted, "10.0.0.1:1", []string{ok64 + "a"}, false},
		"trusted, empty":       {trusted, "10.0.0.1:1", []string{""}, false},
		"trusted, two":         {trusted, "10.0.0.1:1", []string{"a", "a"}, false},
		"trusted, list":        {trusted, "10.0.0.1:1", []string{"a,b"}, false},
		"trusted, line feed":   {trusted, "10.0.0.1:1", []string{"a\nb"}, false},
		"trusted, not ASCII":   {trusted, "10.0.0.1:1", []string{"é"}, false},
		"stranger":             {trusted, "192.0.2.1:1", []string{"abc-1"}, false},
		"no peer is trusted":   {newMiddleware(t, nil), "10.0.0.1:1", []string{"abc-1"}, false},
		"no peer, no ID given": {newMiddleware(t, nil), "10.0.0.1:1", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tc.peer
			r.Header["X-Correlation-Id"] = tc.given
			w := httptest.NewRecorder()
			var inside, early string
			tc.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inside, early = httperr.CorrelationID(r.Context()), w.Header().Get("X-Correlation-ID")
			})).ServeHTTP(w, r)
			if inside == "" || inside != early {
				t.Fatalf("inside %q, echoed %q before next ran", inside, early)
			}
			if kept := len(tc.given) > 0 && inside == tc.given[0]; kept != tc.kept {
				t.Errorf("got %q for %q", inside, tc.given)
			}
			if u, err := uuid.Parse(inside); !tc.kept && (err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || u.String() != inside) {
				t.Errorf("%q is not a UUIDv7", inside)
			}
		})
	}
	if httperr.CorrelationID(t.Context()) != "" {
		t.Error("CorrelationID returns an ID outside the chain")
	}
}

func TestCorrelationIDsSortByTimeAndDiffer(t *testing.T) {
	seen := make(map[string]bool)
	last := ""
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id := httperr.CorrelationID(r.Context())
		if seen[id] || id[:13] < last {
			t.Fatalf("%s after %s", id, last)
		}
		seen[id], last = true, id[:13] // 48 bits of milliseconds
	}))
	for range 2000 {
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil))
	}
}

func TestTrustPeers(t *testing.T) {
	trust := httperr.TrustPeers(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"))
	for addr, want := range map[string]bool{
		"10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true, "[2001:db8::1]:80": true, "[2001:db8::1%eth0]:80": true,
		"11.1.2.3:80": false, "[2001:db9::1]:80": false, "10.1.2.3": false, "": false, "@": false,
	} {
		if got := trust(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
	if httperr.TrustPeers()(&http.Request{RemoteAddr: "10.1.2.3:80"}) {
		t.Error("TrustPeers without a prefix trusts a peer")
	}
}
