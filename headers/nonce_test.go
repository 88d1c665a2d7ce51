package headers_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// page runs one request and returns the nonce that its handler saw.
func page(t testing.TB, m *headers.Middleware, r *http.Request) (string, http.Header) {
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

func TestNonceIsTheOneInThePolicy(t *testing.T) {
	cfg := headers.Browser()
	cfg.CSPReportOnly = headers.CSP{
		ScriptSrc: []string{"'nonce'"}, StyleSrc: []string{"'nonce'", "'self'"},
		ReportURI: []string{"/csp?x=%20y%s%d"}, // a format string would spoil it
	}
	m := must(t, cfg)
	nonce, h := page(t, m, httptest.NewRequest("GET", "/", nil))
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != 16 {
		t.Fatalf("nonce %q: %d bytes, %v", nonce, len(raw), err)
	}
	for name, want := range map[string]string{
		specCSP:                               strings.TrimSuffix(browser[specCSP], "; upgrade-insecure-requests"),
		"content-security-policy-report-only": "script-src 'nonce-N'; style-src 'nonce-N' 'self'; report-uri /csp?x=%20y%s%d",
	} {
		if got := h.Get(name); got != strings.ReplaceAll(want, "'nonce-N'", "'nonce-"+nonce+"'") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNonceIsNewEachTime(t *testing.T) {
	m := must(t, headers.Browser())
	seen := map[string]bool{}
	for range 1000 {
		nonce, _ := page(t, m, httptest.NewRequest("GET", "/", nil))
		seen[nonce] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d nonces in 1000 requests", len(seen))
	}
}

func TestNoNonce(t *testing.T) {
	if n, ok := headers.Nonce(context.Background()); ok || n != "" {
		t.Errorf("outside the chain: %q, %v", n, ok)
	}
	must(t, headers.API()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, ok := headers.Nonce(r.Context()); ok || n != "" {
			t.Errorf("with a policy that has none: %q, %v", n, ok)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestNonceContextIsAContext(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "kept"))
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	must(t, headers.Browser()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		child, stop := context.WithCancel(r.Context())
		defer stop()
		nonce, ok := headers.Nonce(child)
		if !ok || child.Value(key{}) != "kept" || carrier.From(child) != rec {
			t.Error("a value was lost")
		}
		for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
			if strings.Contains(fmt.Sprintf(verb, r.Context()), nonce) {
				t.Errorf("%s printed the nonce", verb)
			}
		}
		cancel()
		<-child.Done()
	})).ServeHTTP(httptest.NewRecorder(), r)
}

func TestHeadersAreUnshared(t *testing.T) {
	plain := func() *http.Request { return httptest.NewRequest("GET", "https://host.example/", nil) }
	carried := func() *http.Request { _, r := carrier.Ensure(plain()); return r }
	full := headers.API()
	full.ReportingEndpoints = map[string]string{"csp": "/csp"}
	full.CSP.ReportTo = "csp"
	for name, m := range map[string]*headers.Middleware{"API": must(t, headers.API()), "full": must(t, full)} {
		t.Run(name, func(t *testing.T) {
			mwtest.Unshared(t, m.Handler, plain)
			mwtest.Unshared(t, m.Handler, carried)
		})
	}
	// The nonce differs by design, so it is taken out before comparing.
	m := must(t, headers.Browser())
	masked := func(next http.Handler) http.Handler {
		return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nonce, _ := headers.Nonce(r.Context())
			v := w.Header()["Content-Security-Policy"]
			v[0] = strings.ReplaceAll(v[0], nonce, "N")
			next.ServeHTTP(w, r)
		}))
	}
	mwtest.Unshared(t, masked, plain)
	mwtest.Unshared(t, masked, carried)
}

func TestConcurrentRequests(t *testing.T) {
	m := must(t, headers.Browser())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				nonce, h := page(t, m, httptest.NewRequest("GET", "/", nil))
				if !strings.Contains(h.Get(specCSP), nonce) {
					t.Error("the nonce of another request")
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w := mwtest.NewDiscard()
	alone := httptest.NewRequest("GET", "https://host.example/", nil)
	full := headers.Browser()
	full.CSPReportOnly = headers.CSP{ScriptSrc: []string{"'nonce'"}, ReportURI: []string{"/csp"}}
	for _, tc := range []struct {
		name           string
		cfg            headers.Config
		alone, carried float64
	}{
		{"API", headers.API(), 1, 0},
		{"Browser", headers.Browser(), 3, 3}, // the request, its context, the policy
		{"two policies with nonces", full, 3, 3},
	} {
		h := must(t, tc.cfg).Handler(next)
		mwtest.MaxAllocs(t, tc.name+" alone", tc.alone, func() { w.Reset(); h.ServeHTTP(w, alone) })
		// A record lasts for one request, so that making one is part of the
		// measurement and taken off again.
		const ensure = 2
		mwtest.MaxAllocs(t, tc.name+" in the chain", ensure+tc.carried, func() {
			w.Reset()
			_, r := carrier.Ensure(alone)
			h.ServeHTTP(w, r)
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	r := httptest.NewRequest("GET", "https://host.example/", nil)
	for name, cfg := range map[string]headers.Config{"API": headers.API(), "Browser": headers.Browser()} {
		b.Run(name, func(b *testing.B) {
			h, w := must(b, cfg).Handler(next), mwtest.NewDiscard()
			b.ReportAllocs()
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
			}
			if len(w.Header()) < len(api) {
				b.Fatalf("only %d headers were set", len(w.Header()))
			}
		})
	}
}
