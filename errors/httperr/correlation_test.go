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

// The correlation ID has the header that the team uses elsewhere: in the request of
// a trusted peer, in each response, and in requests to services of the team.
func TestCorrelationHeader(t *testing.T) {
	m := build(t, quiet(httperr.Config{CorrelationHeader: "x-request-id", TrustInbound: func(*http.Request) bool { return true }}))
	var out http.Header
	passOn, err := httperr.Propagate(transport(func(r *http.Request) (*http.Response, error) {
		out = r.Header
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}), "billing.internal")
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]http.Handler{
		"ok":      &mwtest.Spy{},
		"refused": httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return errTaken }),
		"panic":   http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }),
		"sealed": httperr.Seal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-ID", "far")
			w.Header().Set("X-Correlation-ID", "far")
			w.WriteHeader(502)
		})),
		"a proxy": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("X-Request-ID", "far") }),
		"passed on": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			req, _ := http.NewRequestWithContext(r.Context(), "GET", "https://billing.internal/", nil)
			_, _ = passOn.RoundTrip(req)
		}),
	} {
		serve(t, m.Handler(h), func(t *testing.T, srv *httptest.Server) {
			req, err := http.NewRequest("GET", srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Request-ID", "of-the-gateway")
			req.Header.Set("X-Correlation-ID", "not-this-one")
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body := readAll(t, res)
			if v := res.Header.Values("X-Request-ID"); len(v) != 1 || v[0] != "of-the-gateway" || res.Header.Get("X-Correlation-ID") != "" {
				t.Errorf("%s: %v", name, res.Header)
			}
			if res.StatusCode >= 400 && !strings.Contains(body, `"correlation_id":"of-the-gateway"`) {
				t.Errorf("%s: %s", name, body)
			}
		})
	}
	if v := out["X-Request-Id"]; len(v) != 1 || v[0] != "of-the-gateway" || len(out) != 1 {
		t.Errorf("passed on: %v", out)
	}
}

func TestCorrelationHeaderThatCannotBe(t *testing.T) {
	for _, name := range []string{"X Request", "X-Request-ID:", "Date", "Content-Type", "set-cookie", "Vary", "Traceparent", "X-Forwarded-For", "If-Match", "RateLimit-Policy", "WWW-Authenticate", "ü"} {
		_, err := httperr.New(httperr.Config{CorrelationHeader: name})
		mwtest.Faults(t, err, "httperr: CorrelationHeader: ")
	}
	for _, name := range []string{"X-Request-ID", "Request-Id", "X-Amzn-Trace-Id", "X-Correlation-ID", "CF-Ray"} {
		if _, err := httperr.New(httperr.Config{CorrelationHeader: name}); err != nil {
			t.Error(err)
		}
	}
}
