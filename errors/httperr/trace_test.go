package httperr_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentID    = "00f067aa0ba902b7"
	traceparent = "00-" + traceID + "-" + parentID + "-01"
)

// recorded returns the record of one request.
func recorded(t *testing.T, cfg httperr.Config, next http.Handler, r *http.Request) (got audit.Record) {
	t.Helper()
	cfg.Observe = func(rec audit.Record) { got = rec }
	build(t, quiet(cfg)).Handler(next).ServeHTTP(httptest.NewRecorder(), r)
	return got
}

var traceparents = map[string]bool{ // well-formed or not
	traceparent:                                               true,
	"00-" + traceID + "-" + parentID + "-00":                  true,
	"cc-" + traceID + "-" + parentID + "-01":                  true,
	"cc-" + traceID + "-" + parentID + "-01-what-comes-later": true,
	"":                                       false,
	"ff-" + traceID + "-" + parentID + "-01": false,
	traceparent + "-x":                       false,
	traceparent + " ":                        false,
	" " + traceparent:                        false,
	"cc-" + traceID + "-" + parentID + "-01.x":                           false,
	"cc-" + traceID + "-" + parentID + "-01-\x1b[31m":                    false,
	"cc-" + traceID + "-" + parentID + "-01-" + strings.Repeat("a", 600): false,
	"00-" + strings.Repeat("0", 32) + "-" + parentID + "-01":             false,
	"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01":              false,
	"00-" + strings.ToUpper(traceID) + "-" + parentID + "-01":            false,
	"0X-" + traceID + "-" + parentID + "-01":                             false,
	"00_" + traceID + "-" + parentID + "-01":                             false,
	"00-" + traceID[:31] + "g-" + parentID + "-01":                       false,
	"00-" + traceID + "-" + parentID + "-0x":                             false,
	"00-" + traceID + "-" + parentID + "-1":                              false,
	"00-" + traceID:                                                      false,
}

func TestTraceJoinsTheRecord(t *testing.T) {
	for s, ok := range traceparents {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Traceparent"] = []string{s}
		want := ""
		if ok {
			want = traceID
		}
		if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != want {
			t.Errorf("%q: trace %q, want %q", s, got, want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Traceparent"] = []string{traceparent, traceparent}
	if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != "" {
		t.Errorf("two headers: trace %q", got)
	}
}

// The slow reference: the grammar as a regular expression, and what it cannot
// say said apart.
var grammar = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-~]*)?$`)

func FuzzTraceparent(f *testing.F) {
	for s := range traceparents {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := ""
		if m := grammar.FindStringSubmatch(s); m != nil && m[1] != "ff" && (m[1] != "00" || m[4] == "") &&
			strings.Trim(m[2], "0") != "" && strings.Trim(m[3], "0") != "" && len(s) <= 512 {
			want = m[2]
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Traceparent"] = []string{s}
		if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != want {
			t.Errorf("%q: trace %q, want %q", s, got, want)
		}
	})
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
		t.Error("no prefix trusts somebody")
	}
}

func TestPropagate(t *testing.T) {
	var got http.Header
	far := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer far.Close()
	host := strings.TrimPrefix(far.URL, "http://")
	client := func(hosts ...string) *http.Client {
		rt, err := httperr.Propagate(nil, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Transport: rt}
	}
	call := func(ctx context.Context, c *http.Client, own http.Header) {
		t.Helper()
		got = nil
		req, err := http.NewRequestWithContext(ctx, "GET", far.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if own != nil {
			req.Header = own
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if own == nil && len(req.Header) > 0 {
			t.Error("the request of the caller was changed")
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Traceparent", traceparent)
	build(t, quiet(httperr.Config{})).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id := httperr.CorrelationID(r.Context())
		call(r.Context(), client(host), nil)
		if got.Get("X-Correlation-ID") != id || got.Get("Traceparent") != traceparent {
			t.Errorf("to a host of ours: %v", got)
		}
		call(r.Context(), client("api.internal"), nil)
		if got.Get("X-Correlation-ID") != "" || got.Get("Traceparent") != "" {
			t.Errorf("to a stranger: %v", got)
		}
		// A proxy has copied what the client sent.
		call(r.Context(), client(host), http.Header{"X-Correlation-Id": {"forged", "twice"}, "Traceparent": {"malformed"}})
		if v := got.Values("X-Correlation-ID"); len(v) != 1 || v[0] != id || got.Get("Traceparent") != traceparent {
			t.Errorf("what a client has sent is passed on: %v", got)
		}
		// A tracer has made a child.
		child := "00-" + traceID + "-1111111111111111-01"
		call(r.Context(), client(host), http.Header{"Traceparent": {child}})
		if got.Get("Traceparent") != child {
			t.Errorf("the child of a tracer is lost: %v", got)
		}
		call(context.Background(), client(host), nil)
		if got.Get("X-Correlation-ID") != "" {
			t.Errorf("outside a request: %v", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)

	// A request without a trace has none to pass on.
	build(t, quiet(httperr.Config{})).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		call(r.Context(), client(host), http.Header{"Traceparent": {traceparent}})
		if got.Get("Traceparent") != "" {
			t.Errorf("a trace out of nothing: %v", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))

	// What a later version of the standard adds is not passed on.
	r.Header.Set("Traceparent", "cc"+traceparent[2:]+"-${jndi}")
	build(t, quiet(httperr.Config{})).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		call(r.Context(), client(host), nil)
		if got.Get("Traceparent") != traceparent {
			t.Errorf("passed on: %v", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)

	c := client(host)
	c.CloseIdleConnections()

	_, err := httperr.Propagate(nil)
	mwtest.Faults(t, err, "httperr: hosts: ")
	_, err = httperr.Propagate(nil, "ok.internal:80", "https://a", "*.internal", "API.internal", "a/b", "", "user@a", "a:", ":80", "a b")
	mwtest.Faults(t, err, "httperr: hosts[1]", "httperr: hosts[2]", "httperr: hosts[3]", "httperr: hosts[4]", "httperr: hosts[5]", "httperr: hosts[6]", "httperr: hosts[7]", "httperr: hosts[8]", "httperr: hosts[9]")
}
