package outbound_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
)

func TestClient(t *testing.T) {
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/ok", http.StatusTemporaryRedirect)
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("a", discovery.MaxBody+1))
		case "/full":
			_, _ = io.WriteString(w, strings.Repeat("a", discovery.MaxBody))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 100))
			_ = z.Close()
		case "/short":
			w.Header().Set("Content-Length", "9")
			_, _ = io.WriteString(w, "short")
		default:
			_, _ = io.WriteString(w, "ok")
		}
	}))
	defer srv.Close()
	client := outbound.NewClient(discovery.NewTransport(nil), nil)
	for path, want := range map[string]string{
		"/ok": "", "/full": "", "/redirect": "a redirect", "/large": "longer than 1 MiB", "/gzip": "content coding", "/short": "unexpected EOF",
	} {
		res, err := client.Post(srv.URL+path, "text/plain", strings.NewReader("secret"))
		if err == nil {
			res.Body.Close()
		}
		if cause := outbound.Cause(err); (err == nil) != (want == "") || err != nil && (!strings.Contains(cause.Error(), want) || strings.Contains(cause.Error(), srv.URL)) {
			t.Errorf("%s: %v, want %q", path, cause, want)
		}
	}
	for _, target := range []string{"http://192.0.2.1/", "http://example.com/", "https://user:secret@example.com/", "ftp://127.0.0.1/"} {
		res, err := client.Get(target)
		if err == nil {
			res.Body.Close()
			t.Errorf("%s is asked", target)
		}
	}
	res, err := outbound.WithToken(client, "tok").Get(srv.URL + "/ok")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got.Get("Authorization") != "Bearer tok" || got.Get("Accept") != "application/json" || got.Get("Accept-Encoding") != "identity" {
		t.Errorf("headers %v", got)
	}
	if err := errors.New("x"); outbound.Cause(err) != err {
		t.Error("another error is changed")
	}
}
