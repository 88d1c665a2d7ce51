package headers_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// These names are copied from the specifications and not from the package: a
// constant that the package and its test share would hide a misspelling.
const (
	specCSP      = "content-security-policy"   // CSP Level 3, section 3.1
	specHSTS     = "strict-transport-security" // RFC 6797, section 6.1
	specSniff    = "x-content-type-options"    // Fetch, section 3.6
	specFrame    = "x-frame-options"           // RFC 7034, section 2
	specReferrer = "referrer-policy"           // Referrer Policy, section 4.1: with a double r, unlike Referer
	specCORP     = "cross-origin-resource-policy"
	specCOOP     = "cross-origin-opener-policy"
	specFeatures = "permissions-policy"
	specCache    = "cache-control" // RFC 9111, section 5.2
)

var api = map[string]string{
	specCSP:      "default-src 'none'; frame-ancestors 'none'",
	specHSTS:     "max-age=63072000; includeSubDomains",
	specSniff:    "nosniff",
	specFrame:    "DENY",
	specReferrer: "no-referrer",
	specCORP:     "same-origin",
	specCache:    "no-store",
	specFeatures: deniedFeatures,
}

const deniedFeatures = "accelerometer=(), bluetooth=(), browsing-topics=(), camera=(), digital-credentials-create=(), " +
	"digital-credentials-get=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), " +
	"idle-detection=(), local-fonts=(), local-network=(), local-network-access=(), loopback-network=(), magnetometer=(), " +
	"microphone=(), midi=(), otp-credentials=(), payment=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=()"

var browser = map[string]string{
	specCSP: "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src 'self' 'nonce-N'; img-src 'self'; " +
		"font-src 'self'; connect-src 'self'; media-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " +
		"form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests",
	specHSTS:     "max-age=63072000; includeSubDomains",
	specSniff:    "nosniff",
	specFrame:    "DENY",
	specReferrer: "no-referrer",
	specCORP:     "same-origin",
	specCOOP:     "same-origin",
	specCache:    "no-store",
	specFeatures: deniedFeatures,
}

var nonceInPolicy = regexp.MustCompile(`'nonce-[A-Za-z0-9_-]{22}'`)

func TestPresetsOverTheWire(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  headers.Config
		tls  bool
		want map[string]string
	}{
		{"API over TLS", headers.API(), true, api},
		{"API in the clear", headers.API(), false, without(api, specHSTS)},
		{"zero is API", headers.Config{}, true, api},
		{"Browser over TLS", headers.Browser(), true, browser},
		{"Browser in the clear", headers.Browser(), false, with(without(browser, specHSTS),
			specCSP, strings.TrimSuffix(browser[specCSP], "; upgrade-insecure-requests"))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := map[string]string{}
			for name, v := range wireHeaders(t, mustNew(t, tc.cfg).Handler(&mwtest.Spy{}), tc.tls) {
				if len(v) != 1 {
					t.Errorf("%s has %d values", name, len(v))
				}
				got[strings.ToLower(name)] = nonceInPolicy.ReplaceAllString(v[0], "'nonce-N'")
			}
			if !maps.Equal(got, tc.want) {
				t.Errorf("got\n%v\nwant\n%v", got, tc.want)
			}
		})
	}
}

func without(m map[string]string, name string) map[string]string {
	m = maps.Clone(m)
	delete(m, name)
	return m
}

func with(m map[string]string, name, value string) map[string]string {
	m = maps.Clone(m)
	m[name] = value
	return m
}

// If a trusted proxy told the scheme, it decides, not the connection to the
// proxy.
func TestTransportSecurityFollowsTheClient(t *testing.T) {
	for _, tc := range []struct {
		scheme    string
		tls, want bool
	}{
		{"", false, false}, {"", true, true},
		{"https", false, true}, {"https", true, true},
		{"http", false, false}, {"http", true, false},
	} {
		r := httptest.NewRequest("GET", "http://host.example/", nil)
		if tc.tls {
			r = httptest.NewRequest("GET", "https://host.example/", nil)
		}
		rec, r := carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) { f.Scheme = tc.scheme })
		for name, cfg := range map[string]headers.Config{"API": headers.API(), "Browser": headers.Browser()} {
			w := httptest.NewRecorder()
			mustNew(t, cfg).Handler(&mwtest.Spy{}).ServeHTTP(w, r)
			if got := w.Header().Get(specHSTS) != ""; got != tc.want {
				t.Errorf("%s, scheme %q, TLS %v: HSTS %v", name, tc.scheme, tc.tls, got)
			}
			if got := strings.Contains(w.Header().Get(specCSP), "upgrade-insecure-requests"); name == "Browser" && got != tc.want {
				t.Errorf("scheme %q, TLS %v: upgrade-insecure-requests %v", tc.scheme, tc.tls, got)
			}
		}
	}
}

func TestErrorsCarryHeaders(t *testing.T) {
	for name, inner := range map[string]http.Handler{
		"refusal":   httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return errors.New("private") }),
		"panic":     http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("private") }),
		"not found": httperr.WrapMux(http.NewServeMux()),
		"plain":     http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) }),
	} {
		h := wireHeaders(t, withErrors(t, mustNew(t, headers.API()).Handler(inner)), true)
		for _, want := range slices.Sorted(maps.Keys(api)) {
			if h.Get(want) != api[want] {
				t.Errorf("%s: %s: %q", name, want, h.Get(want))
			}
		}
		mwtest.OnlyHeaders(t, h, append(slices.Collect(maps.Keys(api)), "X-Correlation-ID")...)
	}
}

// Seal removes the headers of a handler that fails, and none of these.
func TestSealKeepsEveryHeader(t *testing.T) {
	fail := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "private", http.StatusInternalServerError) })
	m := mustNew(t, everyHeader())
	want := len(wireHeaders(t, m.Handler(&mwtest.Spy{}), true))
	if got := wireHeaders(t, httperr.Seal(m.Handler(fail)), true); len(got) != want+1 { // and the correlation ID
		t.Errorf("%d headers, want %d: %v", len(got), want+1, got)
	}
}

func TestHandlerHasTheLastWord(t *testing.T) {
	h := serveOverTLS(mustNew(t, headers.API()).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Del("X-Frame-Options")
	})))
	if h.Get(specCache) != "max-age=60" || h.Get(specFrame) != "" || len(h) != len(api)-1 {
		t.Errorf("got %v", h)
	}
}

func TestInnerReplacesOuter(t *testing.T) {
	cfg := headers.Browser()
	cfg.FrameOptions = headers.Off
	cfg.CrossOriginResourcePolicy = "cross-origin"
	inner, outer := mustNew(t, cfg), mustNew(t, headers.API())
	var nonce string
	h := serveOverTLS(outer.Handler(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nonce, _ = headers.Nonce(r.Context())
	}))))
	if h.Get(specFrame) != "" || h.Get(specCORP) != "cross-origin" || !strings.Contains(h.Get(specCSP), "'nonce-"+nonce+"'") {
		t.Errorf("got %v", h)
	}
	for name, v := range h {
		if len(v) != 1 {
			t.Errorf("%s has values of both: %q", name, v)
		}
	}
}

func TestNilHandler(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Handler(nil) must panic when it is called")
		}
	}()
	mustNew(t, headers.API()).Handler(nil)
}
