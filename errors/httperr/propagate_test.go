package httperr_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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
	newMiddleware(t, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id := httperr.CorrelationID(r.Context())
		call(r.Context(), client(host), nil)
		if got.Get("X-Correlation-ID") != id || got.Get("Traceparent") != traceparent {
			t.Errorf("to an allowed host: %v", got)
		}
		call(r.Context(), client("api.internal"), nil)
		if got.Get("X-Correlation-ID") != "" || got.Get("Traceparent") != "" {
			t.Errorf("to another host: %v", got)
		}
		// A proxy has copied the headers of the client.
		call(r.Context(), client(host), http.Header{"X-Correlation-Id": {"forged", "twice"}, "Traceparent": {"malformed"}})
		if v := got.Values("X-Correlation-ID"); len(v) != 1 || v[0] != id || got.Get("Traceparent") != traceparent {
			t.Errorf("values of the client are passed on: %v", got)
		}
		// A tracer has set a child span.
		child := "00-" + traceID + "-1111111111111111-01"
		call(r.Context(), client(host), http.Header{"Traceparent": {child}})
		if got.Get("Traceparent") != child {
			t.Errorf("the child span of a tracer is lost: %v", got)
		}
		call(context.Background(), client(host), nil)
		if got.Get("X-Correlation-ID") != "" {
			t.Errorf("outside a request: %v", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)

	// A tracer outside Propagate has begun a trace, with or without one of the client.
	const root = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, inbound := range []string{"", traceparent, "malformed"} {
		r := httptest.NewRequest("GET", "/", nil)
		if inbound != "" {
			r.Header.Set("Traceparent", inbound)
		}
		newMiddleware(t, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			call(r.Context(), client(host), http.Header{"Traceparent": {root}})
			if v := got.Values("Traceparent"); len(v) != 1 || v[0] != root {
				t.Errorf("inbound %q: the trace of a tracer is lost: %q", inbound, v)
			}
			// A proxy copies what the client sent.
			want := ""
			if inbound == traceparent {
				want = traceparent
			}
			call(r.Context(), client(host), r.Header.Clone())
			if v := got.Get("Traceparent"); v != want {
				t.Errorf("inbound %q: a copy is sent as %q", inbound, v)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}

	// Fields of a later version of the standard are not passed on.
	r.Header.Set("Traceparent", "cc"+traceparent[2:]+"-${jndi}")
	newMiddleware(t, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		call(r.Context(), client(host), nil)
		if got.Get("Traceparent") != traceparent {
			t.Errorf("passed on: %v", got)
		}
		call(r.Context(), client(host), r.Header.Clone())
		if got.Get("Traceparent") != traceparent {
			t.Errorf("a copy is passed on: %v", got)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)

	c := client(host)
	c.CloseIdleConnections()

	_, err := httperr.Propagate(nil)
	mwtest.Faults(t, err, "httperr: hosts: ")
	_, err = httperr.Propagate(nil, "ok.internal:80", "https://a", "*.internal", "API.internal", "a/b", "", "user@a", "a:", ":80", "a b")
	mwtest.Faults(t, err, "httperr: hosts[1]", "httperr: hosts[2]", "httperr: hosts[3]", "httperr: hosts[4]", "httperr: hosts[5]", "httperr: hosts[6]", "httperr: hosts[7]", "httperr: hosts[8]", "httperr: hosts[9]")
}
