package headers_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const page = "https://app.example"

// careless is a service that lets every origin in and names its software.
func careless(t *testing.T) *url.URL {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range upstreamFields {
			h.Set(name, value)
		}
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Private-Network", "true")
		h.Set("Strict-Transport-Security", "max-age=1")
		h.Set("Server", "nginx/1.2")
		h.Set("X-Powered-By", "PHP")
		h.Set("ETag", `"v1"`)
	}))
	t.Cleanup(srv.Close)
	return mwtest.Must[*url.URL](t)(url.Parse(srv.URL))
}

// Without httperr and Enforce, FromUpstream alone keeps the promises of headers and cors.
func TestFromUpstream(t *testing.T) {
	hdr := mustNew(t, headers.Browser())
	xo := mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{page}, Credentials: true}))
	proxy := httputil.NewSingleHostReverseProxy(careless(t))
	h := hdr.Handler(xo.Handler(proxy))
	if got := get(t, h, "Origin", page).Header["Access-Control-Allow-Origin"]; len(got) != 2 {
		t.Fatalf("without FromUpstream the test sees %q: it proves nothing", got)
	}
	proxy.ModifyResponse = hdr.FromUpstream
	for origin, want := range map[string][]string{page: {page}, "https://evil.example": nil} {
		got := get(t, h, "Origin", origin).Header
		if !slices.Equal(got["Access-Control-Allow-Origin"], want) || len(got["Access-Control-Allow-Credentials"]) != len(want) {
			t.Errorf("%s: %q, %q", origin, got["Access-Control-Allow-Origin"], got["Access-Control-Allow-Credentials"])
		}
		for name := range upstreamFields {
			if lines := got[name]; len(lines) != 1 || lines[0] == upstreamFields[name] && name != "Cross-Origin-Opener-Policy" {
				t.Errorf("%s: %q", name, lines)
			}
		}
		for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Private-Network", "Strict-Transport-Security"} {
			if got[name] != nil {
				t.Errorf("%s: %q", name, got[name])
			}
		}
		if got.Get("ETag") != `"v1"` {
			t.Error("a field of the service that the policy does not concern was lost")
		}
	}
}

// A header that is switched off comes from no other service either, in any spelling.
func TestFromUpstreamOfAnySpelling(t *testing.T) {
	m := mustNew(t, headers.Config{FrameOptions: headers.Off})
	res := &http.Response{Header: http.Header{
		"x-frame-options": {"DENY"}, "access-control-allow-origin": {"*"}, "SERVER": {"a"}, "x-powered-by": {"b"}, "Content-Type": {"text/html"},
		"strict-transport-security": {"max-age=1"},
	}}
	if err := m.FromUpstream(res); err != nil || len(res.Header) != 1 || res.Header.Get("Content-Type") == "" {
		t.Errorf("%v, %v", err, res.Header)
	}
}

// Browsers ask for CORP in loads without CORS only. So a response to a listed origin keeps
// the strict value, and package cors needs no other.
func TestResourcePolicyStaysStrictUnderCORS(t *testing.T) {
	hdr := mustNew(t, headers.API())
	xo := mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{page}, Credentials: true}))
	got := get(t, hdr.Handler(xo.Handler(noop)), "Origin", page, "Sec-Fetch-Mode", "cors").Header
	if got.Get("Access-Control-Allow-Origin") != page || got.Get(specCORP) != "same-origin" {
		t.Errorf("%v", got)
	}
}
