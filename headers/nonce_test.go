package headers_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

func TestNonceIsInThePolicy(t *testing.T) {
	cfg := headers.Browser()
	cfg.CSPReportOnly = headers.CSP{
		ScriptSrc: []string{"'nonce'"}, StyleSrc: []string{"'nonce'", "'self'"},
		ReportURI: []string{"/csp?x=%20y%s%d"}, // must not be used as a format string
	}
	m := mustNew(t, cfg)
	nonce, h := servePage(t, m, httptest.NewRequest("GET", "/", nil))
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
	m := mustNew(t, headers.Browser())
	seen := map[string]bool{}
	for range 1000 {
		nonce, _ := servePage(t, m, httptest.NewRequest("GET", "/", nil))
		seen[nonce] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d nonces in 1000 requests", len(seen))
	}
}

// One page has one nonce: a policy of the outer Middleware that the inner one does not
// replace has the nonce that the handler writes into the page.
func TestNestedPoliciesShareTheNonce(t *testing.T) {
	outer := headers.Browser()
	outer.CSPReportOnly = headers.CSP{StyleSrc: []string{"'nonce'"}, ReportURI: []string{"/r"}}
	inner := mustNew(t, headers.Browser())
	var nonce string
	h := serveOverTLS(mustNew(t, outer).Handler(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nonce, _ = headers.Nonce(r.Context())
	}))))
	for _, name := range []string{specCSP, specCSP + "-report-only"} {
		if nonce == "" || !strings.Contains(h.Get(name), "'nonce-"+nonce+"'") {
			t.Errorf("%s: %q, nonce %q", name, h.Get(name), nonce)
		}
	}
}

func TestNoNonce(t *testing.T) {
	if n, ok := headers.Nonce(context.Background()); ok || n != "" {
		t.Errorf("outside the chain: %q, %v", n, ok)
	}
	mustNew(t, headers.API()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, ok := headers.Nonce(r.Context()); ok || n != "" {
			t.Errorf("with a policy without a nonce: %q, %v", n, ok)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestNonceContextIsAContext(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "kept"))
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	mustNew(t, headers.Browser()).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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
