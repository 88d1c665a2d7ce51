package headers_test

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func mustNew(t testing.TB, cfg headers.Config) *headers.Middleware {
	t.Helper()
	return mwtest.Must[*headers.Middleware](t)(headers.New(cfg))
}

// withErrors puts package httperr in front of h, so that it answers refusals and
// panics.
func withErrors(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	return outer.Handler(h)
}

// wireHeaders returns the headers of a response as a client gets them, without
// the headers that net/http adds.
func wireHeaders(t *testing.T, h http.Handler, overTLS bool) http.Header {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	if overTLS {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "app.example" // HSTS is not for the address of the server
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	for _, name := range []string{"Date", "Content-Length", "Content-Type"} {
		res.Header.Del(name)
	}
	return res.Header
}

// serveOverTLS runs h for one request over TLS and returns the response headers.
func serveOverTLS(h http.Handler) http.Header {
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = new(tls.ConnectionState)
	got := mwtest.Do(h, r).Header
	got.Del("Content-Type")
	return got
}

func sentHeaders(m *headers.Middleware) http.Header { return serveOverTLS(m.Handler(&mwtest.Spy{})) }

// servePage serves one request and returns the nonce that its handler saw.
func servePage(t testing.TB, m *headers.Middleware, r *http.Request) (string, http.Header) {
	t.Helper()
	var nonce string
	var ok bool
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nonce, ok = headers.Nonce(r.Context())
	})).ServeHTTP(w, r)
	if !ok {
		t.Error("no nonce in the context")
	}
	return nonce, w.Header()
}

var noop = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
