package internal_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// The middleware that copies the request hands back what net/http and an outer layer need:
// the temporary files of an upload are deleted, and the route is known.
func TestCopiesAreTransparent(t *testing.T) {
	withNonce := headers.API()
	withNonce.CSP = headers.CSP{DefaultSrc: []string{"'none'"}, StyleSrc: []string{"'nonce'"}}
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"none":    func(next http.Handler) http.Handler { return next },
		"httperr": mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})).Handler,
		"authn":   mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{rejectingAuthenticator{}}, Optional: true})).Handler,
		"headers": mwtest.Must[*headers.Middleware](t)(headers.New(withNonce)).Handler,
		"object": func(next http.Handler) http.Handler {
			guard := mwtest.Must[*object.Guard[shown, string]](t)(object.New(ownedConfig(shown{}, nil)))
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				as := authntest.AsPrincipal(r, &authn.Principal{Issuer: "https://id.example", Subject: "hunter2"})
				guard.Handler(next).ServeHTTP(w, as)
				r.Pattern, r.MultipartForm = as.Pattern, as.MultipartForm
			})
		},
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

// Two proxies that both append to X-Forwarded-Proto do not make the redirect answer a
// request over https with itself. If they disagree, the decision says so.
func TestRedirectBehindTwoProxies(t *testing.T) {
	for protos, want := range map[[2]string]struct {
		status int
		reason string
	}{
		{"https", "https"}: {200, "proxy"},
		{"http", "http"}:   {308, "proxy"},
		{"https", "http"}:  {308, "conflict"},
		{"http", "https"}:  {308, "conflict"},
	} {
		var seen clientip.Decision
		ip := mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{Header: clientip.XForwardedFor,
			Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Observe: func(_ *http.Request, d clientip.Decision) { seen = d }}))
		redirect := mwtest.Must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"app.example"}}))
		service := httptest.NewServer(ip.Handler(redirect.Handler(&mwtest.Spy{})))
		inner := appendingProxy(t, service.URL, protos[1])
		outer := appendingProxy(t, inner.URL, protos[0])
		r, err := http.NewRequest("GET", outer.URL+"/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "app.example"
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for _, s := range []*httptest.Server{outer, inner, service} {
			s.Close()
		}
		if res.StatusCode != want.status || seen.SchemeReason != want.reason {
			t.Errorf("%v: status %d, %+v", protos, res.StatusCode, seen)
		}
	}
}

// appendingProxy appends its peer and a scheme to the headers of each request.
func appendingProxy(t *testing.T, target, proto string) *httptest.Server {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		before := r.In.Header.Get("X-Forwarded-Proto")
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetURL(to)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
		if before != "" {
			before += ", "
		}
		r.Out.Header.Set("X-Forwarded-Proto", before+proto)
	}})
}
