package headers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// settlers are the layers that settle headers.
func settlers(t *testing.T) map[string]func(http.Handler) http.Handler {
	return map[string]func(http.Handler) http.Handler{
		"httperr": func(h http.Handler) http.Handler { return withErrors(t, h) },
		"Enforce": headers.Enforce,
	}
}

// get returns a response of a server with the handler.
func get(t *testing.T, h http.Handler, fields ...string) *http.Response {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	r, err := http.NewRequestWithContext(context.Background(), "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res
}

// upstreamFields are what the service behind a proxy sends.
var upstreamFields = map[string]string{
	"X-Frame-Options": "SAMEORIGIN", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "public, max-age=60",
	"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "unsafe-url", "Permissions-Policy": "camera=*",
}

// proxyTo returns a proxy to a service that sends upstreamFields, after an informational
// response if hints is true.
func proxyTo(t *testing.T, hints bool) http.Handler {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if hints {
			w.WriteHeader(http.StatusEarlyHints)
		}
		for name, value := range upstreamFields {
			w.Header().Set(name, value)
		}
	}))
	t.Cleanup(upstream.Close)
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(target)
}

// A browser drops COOP if it gets two lines, also if both are the same.
func TestProxyAddsNoSecondLine(t *testing.T) {
	policy := mustNew(t, headers.Browser())
	for name, settle := range settlers(t) {
		got := get(t, settle(policy.Handler(proxyTo(t, false)))).Header
		for field := range upstreamFields {
			lines, want := got[field], 1
			if field == "Content-Security-Policy" {
				want = 2 // the added policy can only tighten
			}
			if len(lines) != want || lines[0] == upstreamFields[field] && field != "Cross-Origin-Opener-Policy" {
				t.Errorf("%s: %s: %q", name, field, lines)
			}
		}
	}
	if lines := get(t, policy.Handler(proxyTo(t, false))).Header["Cross-Origin-Opener-Policy"]; len(lines) != 2 {
		t.Errorf("without a layer that settles, the test sees %q: it proves nothing", lines)
	}
}

// A cache obeys the strictest directive of all lines. So a line that a layer adds counts,
// unless no-store says everything already.
func TestAddedCacheControl(t *testing.T) {
	for ours, want := range map[string][]string{
		"":                          {"no-store"},
		"private, no-store":         {"private, no-store"},
		"public, max-age=60":        {"public, max-age=60", `no-cache="Set-Cookie"`},
		"private, max-age=60":       {"private, max-age=60", `no-cache="Set-Cookie"`},
		"no-store, must-understand": {"no-store, must-understand", `no-cache="Set-Cookie"`},
	} {
		h := mustNew(t, headers.Config{CacheControl: ours}).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Cache-Control", `no-cache="Set-Cookie"`)
		}))
		for name, settle := range settlers(t) {
			if got := get(t, settle(h)).Header["Cache-Control"]; !slices.Equal(got, want) {
				t.Errorf("%s, %q: %q", name, ours, got)
			}
		}
	}
}

// httputil.ReverseProxy clears the header after it has forwarded an informational response.
func TestHeadersAfterEarlyHints(t *testing.T) {
	policy := mustNew(t, headers.Browser())
	for name, settle := range settlers(t) {
		got := get(t, settle(policy.Handler(proxyTo(t, true)))).Header
		for field, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got.Get(field) != want {
				t.Errorf("%s: %s: %q", name, field, got[field])
			}
		}
	}
	if got := get(t, policy.Handler(proxyTo(t, true))).Header.Get("X-Content-Type-Options"); got != "" {
		t.Errorf("the proxy keeps the header: %q", got)
	}
}

// The fields of the service behind such a proxy are added fields all the same, and the fields of
// a handler that sends informational responses itself replace ours.
func TestAddedFieldsAfterEarlyHints(t *testing.T) {
	policy := mustNew(t, headers.Browser())
	own := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
		w.Header().Del("Cross-Origin-Opener-Policy")
	})
	layers := settlers(t)
	layers["both"] = func(h http.Handler) http.Handler { return headers.Enforce(withErrors(t, h)) }
	for name, settle := range layers {
		h := get(t, settle(policy.Handler(proxyTo(t, true)))).Header
		for field, want := range map[string]string{"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
			if !slices.Equal(h[field], []string{want}) {
				t.Errorf("%s: %s: %q", name, field, h[field])
			}
		}
		if csp := h["Content-Security-Policy"]; len(csp) != 2 || !strings.Contains(csp[0], "'nonce-") || csp[1] != "default-src 'self'" {
			t.Errorf("%s: %q", name, csp)
		}
		h = get(t, settle(policy.Handler(own))).Header
		if h.Get("X-Frame-Options") != "SAMEORIGIN" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: the handler's own value is lost: %q", name, h)
		}
		inner := mustNew(t, headers.Config{FrameOptions: "SAMEORIGIN", CSP: headers.CSP{DefaultSrc: []string{"'none'"}}})
		h = get(t, settle(policy.Handler(inner.Handler(proxyTo(t, true))))).Header
		if !slices.Equal(h["X-Frame-Options"], []string{"SAMEORIGIN"}) || h.Get("Content-Security-Policy") != "default-src 'none'" {
			t.Errorf("%s: the inner policy: %q, %q", name, h["X-Frame-Options"], h["Content-Security-Policy"])
		}
	}
}

// Whichever method begins the response, its header is settled before.
func TestEachWayToBeginAResponse(t *testing.T) {
	add := func(w http.ResponseWriter) { w.Header().Add("Cross-Origin-Opener-Policy", "unsafe-none") }
	for name, respond := range map[string]http.HandlerFunc{
		"nothing":     func(w http.ResponseWriter, _ *http.Request) { add(w) },
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { add(w); w.WriteHeader(201) },
		"Write":       func(w http.ResponseWriter, _ *http.Request) { add(w); _, _ = w.Write([]byte("x")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { add(w); _, _ = io.WriteString(w, "x") },
		"Flush":       func(w http.ResponseWriter, _ *http.Request) { add(w); w.(http.Flusher).Flush() },
		"FlushError":  func(w http.ResponseWriter, _ *http.Request) { add(w); _ = http.NewResponseController(w).Flush() },
		"ReadFrom": func(w http.ResponseWriter, _ *http.Request) {
			add(w)
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("x"))
		},
		"after 103": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); add(w); _, _ = w.Write(nil) },
	} {
		for layer, settle := range settlers(t) {
			got := get(t, settle(mustNew(t, headers.Browser()).Handler(respond))).Header
			if lines := got["Cross-Origin-Opener-Policy"]; !slices.Equal(lines, []string{"same-origin"}) {
				t.Errorf("%s, %s: %q", layer, name, lines)
			}
		}
	}
}

func TestHandlerReplacesAndDeletes(t *testing.T) {
	change := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
		w.Header().Del("Referrer-Policy")
	})
	for name, settle := range settlers(t) {
		got := get(t, settle(mustNew(t, headers.API()).Handler(change))).Header
		if got.Get("X-Frame-Options") != "SAMEORIGIN" || got["Referrer-Policy"] != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The error pages of http.FileServer delete Cache-Control. A header that an inner
// Middleware switches off stays off.
func TestErrorPagesKeepHeaders(t *testing.T) {
	files := http.FileServer(http.Dir(t.TempDir()))
	fail := mustNew(t, headers.Config{CacheControl: headers.Off}).Handler(http.NotFoundHandler())
	for name, settle := range settlers(t) {
		outer := mustNew(t, headers.Browser())
		missing := settle(outer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/missing"
			files.ServeHTTP(w, r)
		})))
		if res := get(t, missing); res.StatusCode != 404 || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, Cache-Control %q", name, res.StatusCode, res.Header["Cache-Control"])
		}
		if got := get(t, settle(outer.Handler(fail))).Header["Cache-Control"]; got != nil {
			t.Errorf("%s: a header that is off comes back: %q", name, got)
		}
		withoutPolicy := settle(outer.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Del("Content-Security-Policy")
			w.WriteHeader(http.StatusInternalServerError)
		})))
		if got := get(t, withoutPolicy).Header["Content-Security-Policy"]; len(got) != 1 || !nonceInPolicy.MatchString(got[0]) {
			t.Errorf("%s: the policy of an error: %q", name, got)
		}
	}
}

// A browser that gets a 304 with a new nonce would apply it to the page that it has stored.
func TestNotModifiedHasNoNewNonce(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Add("Content-Security-Policy", "img-src 'self'")
		nonce, _ := headers.Nonce(r.Context())
		http.ServeContent(w, r, "a.html", time.Time{}, strings.NewReader(fmt.Sprintf("<script nonce=%q>", nonce)))
	})
	for name, settle := range settlers(t) {
		h := settle(mustNew(t, headers.Browser()).Handler(page))
		if got := get(t, h).Header["Content-Security-Policy"]; len(got) != 2 {
			t.Errorf("%s: 200 with %q", name, got)
		}
		res := get(t, h, "If-None-Match", `"v1"`)
		if got := res.Header["Content-Security-Policy"]; res.StatusCode != 304 || !slices.Equal(got, []string{"img-src 'self'"}) {
			t.Errorf("%s: %d with %q", name, res.StatusCode, got)
		}
	}
}

// A page that asks for the nonce of a policy that is not sent would be dead.
func TestNonceOfAnInnerPolicy(t *testing.T) {
	off := headers.Config{CSP: headers.CSP{DangerouslyOmit: true}}
	for name, inner := range map[string]headers.Config{"API": headers.API(), "no policy": off} {
		var ok bool
		page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, ok = headers.Nonce(r.Context()) })
		get(t, mustNew(t, headers.Browser()).Handler(mustNew(t, inner).Handler(page)))
		if ok {
			t.Errorf("%s: Nonce says true", name)
		}
	}
}

// A header that an error page deletes comes back with the value of the innermost Middleware.
func TestErrorPagesKeepTheInnermostHeader(t *testing.T) {
	inner := headers.API()
	inner.CacheControl, inner.CrossOriginOpenerPolicy = "private, no-store", "same-origin-allow-popups"
	fail := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		clear(w.Header())
		w.WriteHeader(http.StatusInternalServerError)
	})
	for name, settle := range settlers(t) {
		got := get(t, settle(mustNew(t, headers.Browser()).Handler(mustNew(t, inner).Handler(fail)))).Header
		for field, want := range map[string]string{
			"Cache-Control": inner.CacheControl, "Cross-Origin-Opener-Policy": inner.CrossOriginOpenerPolicy, "Content-Security-Policy": api[specCSP],
		} {
			if !slices.Equal(got[field], []string{want}) {
				t.Errorf("%s: %s: %q, want %q", name, field, got[field], want)
			}
		}
	}
}

func TestSettleDoesNotAllocate(t *testing.T) {
	h := withErrors(t, mustNew(t, headers.API()).Handler(noop))
	bare := withErrors(t, noop)
	r, w := httptest.NewRequest("GET", "/", nil), mwtest.NewDiscard()
	want := testing.AllocsPerRun(100, func() { w.Reset(); bare.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "headers in httperr", want, func() { w.Reset(); h.ServeHTTP(w, r) })
}

func TestEnforceOfNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	headers.Enforce(nil)
}
