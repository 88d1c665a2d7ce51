package isolation_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const app = "https://app.example"

func mustNew(t testing.TB, cfg isolation.Config) *isolation.Middleware {
	t.Helper()
	return mwtest.Must[*isolation.Middleware](t)(isolation.New(cfg))
}

func mustCORS(t testing.TB, cfg cors.Config) *cors.Middleware {
	t.Helper()
	return mwtest.Must[*cors.Middleware](t)(cors.New(cfg))
}

// allowing returns the function for Config.Allow that the documentation shows.
func allowing(xo *cors.Middleware) func(*http.Request) bool {
	return func(r *http.Request) bool {
		d, _ := xo.Check(r)
		return d.Granted
	}
}

// request returns a request to https://host.example with the fields, given as pairs.
func request(method, path string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, "https://host.example"+path, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

// send sends a request over a connection, through package httperr, and returns the response
// and its record.
func send(t *testing.T, h http.Handler, method, path string, fields ...string) (*http.Response, audit.Record) {
	t.Helper()
	var records []audit.Record
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{
		Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) },
	}))
	srv := httptest.NewServer(errs.Handler(h))
	r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil))
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	if r.Header.Get("Upgrade") != "" {
		r.Header.Set("Connection", "Upgrade")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode < 400 {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	} else {
		t.Run(method+" "+path, func(t *testing.T) { mwtest.Refused(t, res, http.StatusForbidden, "cross_site_denied") })
	}
	srv.Close() // the record comes after the response
	if len(records) != 1 {
		t.Fatalf("%d records", len(records))
	}
	return res, records[0]
}
