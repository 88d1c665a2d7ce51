package headers_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// everyHeader returns a Config that sends every header.
func everyHeader() headers.Config {
	cfg := headers.Browser()
	cfg.ReportingEndpoints = map[string]string{"main": "/reports", "default": "/reports"}
	cfg.CSPReportOnly = headers.CSP{ScriptSrc: []string{"'nonce'"}, ReportTo: "main"}
	cfg.CrossOriginEmbedderPolicy = "require-corp"
	cfg.CrossOriginOpenerPolicyReportOnly = `same-origin; report-to="main"`
	cfg.CrossOriginEmbedderPolicyReportOnly = `require-corp; report-to="main"`
	cfg.OriginAgentCluster, cfg.PermittedCrossDomainPolicies = "?1", "none"
	cfg.PermissionsPolicyReportOnly = map[string][]string{"fullscreen": nil}
	cfg.IntegrityPolicy = headers.IntegrityPolicy{BlockedDestinations: []string{"script"}}
	cfg.IntegrityPolicyReportOnly = headers.IntegrityPolicy{BlockedDestinations: []string{"style"}, Endpoints: []string{"main"}}
	return cfg
}

// The header values of a response with a nonce are taken from an array whose size is the
// constant maxHeaders. More headers than that cost one allocation. This test sets every
// field of Config.
func TestAllHeadersAtOnce(t *testing.T) {
	cfg := everyHeader()
	fields := reflect.ValueOf(cfg)
	set := 0
	for i := range fields.NumField() {
		if f := fields.Type().Field(i); f.IsExported() {
			if fields.Field(i).IsZero() {
				t.Errorf("%s is not set here", f.Name)
			}
			set++
		}
	}
	m, err := headers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.TLS = new(tls.ConnectionState)
	w := httptest.NewRecorder()
	h := m.Handler(noop)
	h.ServeHTTP(w, r)
	if len(w.Header()) != set {
		t.Errorf("%d headers for %d fields: %v", len(w.Header()), set, w.Header())
	}
	d := mwtest.NewDiscard()
	mwtest.MaxAllocs(t, "all headers", 4, func() { d.Reset(); h.ServeHTTP(d, r) })
	three := headers.Browser()
	three.ReportingEndpoints = map[string]string{"main": "/reports"}
	three.CSPReportOnly = headers.CSP{ScriptSrc: []string{"'nonce'"}, ReportTo: "main"}
	three.CrossOriginEmbedderPolicy = "require-corp"
	h = mustNew(t, three).Handler(noop)
	mwtest.MaxAllocs(t, "three more headers than Browser", 3, func() { d.Reset(); h.ServeHTTP(d, r) })
}

func TestHeadersAreUnshared(t *testing.T) {
	plain := func() *http.Request { return httptest.NewRequest("GET", "https://host.example/", nil) }
	carried := func() *http.Request { _, r := carrier.Ensure(plain()); return r }
	full := headers.API()
	full.ReportingEndpoints = map[string]string{"csp": "/csp"}
	full.CSP.ReportTo = "csp"
	for name, m := range map[string]*headers.Middleware{"API": mustNew(t, headers.API()), "full": mustNew(t, full)} {
		t.Run(name, func(t *testing.T) {
			mwtest.Unshared(t, m.Handler, plain)
			mwtest.Unshared(t, m.Handler, carried)
		})
	}
	// The nonce is new for each request, so replace it before comparing.
	m := mustNew(t, headers.Browser())
	withoutNonce := func(next http.Handler) http.Handler {
		return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nonce, _ := headers.Nonce(r.Context())
			v := w.Header()["Content-Security-Policy"]
			v[0] = strings.ReplaceAll(v[0], nonce, "N")
			next.ServeHTTP(w, r)
		}))
	}
	mwtest.Unshared(t, withoutNonce, plain)
	mwtest.Unshared(t, withoutNonce, carried)
}

func TestConcurrentRequests(t *testing.T) {
	m := mustNew(t, headers.Browser())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				nonce, h := servePage(t, m, httptest.NewRequest("GET", "/", nil))
				if !strings.Contains(h.Get(specCSP), nonce) {
					t.Error("the nonce of another request")
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
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
		{"Browser", headers.Browser(), 3, 3}, // the copy of the request, its context, the policy
		{"two policies with nonces", full, 3, 3},
	} {
		h := mustNew(t, tc.cfg).Handler(noop)
		mwtest.MaxAllocs(t, tc.name+" alone", tc.alone, func() { w.Reset(); h.ServeHTTP(w, alone) })
		// A record lasts for one request. So its allocation is part of each
		// measurement.
		const ensure = 1
		mwtest.MaxAllocs(t, tc.name+" in the chain", ensure+tc.carried, func() {
			w.Reset()
			_, r := carrier.Ensure(alone)
			h.ServeHTTP(w, r)
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	r := httptest.NewRequest("GET", "https://host.example/", nil)
	for name, cfg := range map[string]headers.Config{"API": headers.API(), "Browser": headers.Browser()} {
		b.Run(name, func(b *testing.B) {
			h, w := mustNew(b, cfg).Handler(noop), mwtest.NewDiscard()
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
