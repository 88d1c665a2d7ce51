package headers_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func must(t testing.TB, cfg headers.Config) *headers.Middleware {
	t.Helper()
	return mwtest.Must[*headers.Middleware](t)(headers.New(cfg))
}

// wire returns the headers of a response as a client gets them, without those
// that net/http adds.
func wire(t *testing.T, h http.Handler, overTLS bool) http.Header {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	if overTLS {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
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

// once runs h for one request over TLS and returns what it left behind.
func once(h http.Handler) http.Header {
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = new(tls.ConnectionState)
	got := mwtest.Do(h, r).Header
	got.Del("Content-Type")
	return got
}

func send(m *headers.Middleware) http.Header { return once(m.Handler(&mwtest.Spy{})) }

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
