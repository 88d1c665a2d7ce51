package internal_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The middleware that copies the request hands back what net/http and an outer layer need:
// the temporary files of an upload are deleted, and the route is known.
func TestCopiesAreTransparent(t *testing.T) {
	withNonce := headers.API()
	withNonce.CSP = headers.CSP{DefaultSrc: []string{"'none'"}, StyleSrc: []string{"'nonce'"}}
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"none":     func(next http.Handler) http.Handler { return next },
		"httperr":  mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})).Handler,
		"authn":    mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{rejectingAuthenticator{}}, Optional: true})).Handler,
		"headers":  mwtest.Must[*headers.Middleware](t)(headers.New(withNonce)).Handler,
		"clientip": mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: clientip.XForwardedFor})).Handler,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			files := func() int {
				left, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				return len(left)
			}
			mux := http.NewServeMux()
			mux.HandleFunc("POST /files/{id}", func(_ http.ResponseWriter, r *http.Request) {
				if err := r.ParseMultipartForm(1); err != nil || files() != 1 {
					t.Errorf("%d temporary files, %v", files(), err)
				}
			})
			var pattern string
			inner := wrap(mux)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner.ServeHTTP(w, r)
				pattern = r.Pattern
			}))
			body := new(bytes.Buffer)
			form := multipart.NewWriter(body)
			part := mwtest.Must[interface{ Write([]byte) (int, error) }](t)(form.CreateFormFile("file", "name"))
			_, _ = part.Write(make([]byte, 11<<20)) // beyond the 10 MiB that stay in memory
			_ = form.Close()
			res, err := http.Post(s.URL+"/files/1", form.FormDataContentType(), body)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			s.Close() // waits for the end of the request
			if files() != 0 || pattern != "POST /files/{id}" {
				t.Errorf("%d files are left, pattern %q", files(), pattern)
			}
		})
	}
}
