package httperr_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestWrapMux(t *testing.T) {
	inner := http.NewServeMux()
	inner.HandleFunc("GET /inner/ok", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ok", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("POST /ok", func(w http.ResponseWriter, _ *http.Request) {})
	mux.HandleFunc("GET /own", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "own 404", 404) })
	mux.HandleFunc("GET /dir/", func(w http.ResponseWriter, _ *http.Request) {})
	mux.Handle("/inner/", inner)
	mux.Handle("/late/", http.TimeoutHandler(httperr.WrapMux(http.NewServeMux()), time.Minute, ""))

	for name, tc := range map[string]struct {
		method, path string
		status       int
		code         string // "" if the response is not an envelope
		allow        string
	}{
		"matched":              {"GET", "/ok", 200, "", ""},
		"not found":            {"GET", "/nowhere", 404, "not_found", ""},
		"method":               {"DELETE", "/ok", 405, "method_not_allowed", "GET, HEAD, POST"},
		"own answer":           {"GET", "/own", 404, "", ""},
		"redirect":             {"GET", "/dir", 307, "", ""},
		"mux in a mux":         {"GET", "/inner/nowhere", 404, "not_found", ""},
		"mux in a mux, method": {"PUT", "/inner/ok", 405, "method_not_allowed", "GET, HEAD"},
		"behind a timeout":     {"GET", "/late/x", 404, "not_found", ""},
	} {
		for kind, h := range map[string]http.Handler{
			"alone":                 httperr.WrapMux(mux),
			"in the chain":          newMiddleware(t, nil).Handler(httperr.WrapMux(mux)),
			"behind another writer": newMiddleware(t, nil).Handler(rewrap(httperr.WrapMux(mux))),
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(tc.method, tc.path, nil))
				if got := w.Header().Get("Allow"); got != tc.allow || w.Code != tc.status {
					t.Errorf("status %d, Allow %q, want %d, %q", w.Code, got, tc.status, tc.allow)
				}
				if tc.code != "" {
					mwtest.Refused(t, w.Result(), tc.status, tc.code)
				} else if w.Header().Get("Content-Type") == "application/json; charset=utf-8" {
					t.Errorf("replaced a response of a handler by %s", w.Body)
				}
			})
		}
	}
}

// rewrap puts a wrapper around the writer that h gets.
func rewrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapper{w}, r) })
}

func TestRouteOfNestedMuxes(t *testing.T) {
	plain, stripped := http.NewServeMux(), http.NewServeMux()
	plain.Handle("GET /v1/plain/{id}", &mwtest.Spy{})
	stripped.Handle("GET /x/{id}", &mwtest.Spy{})
	mux := http.NewServeMux()
	mux.Handle("/v1/plain/", httperr.WrapMux(plain))
	mux.Handle("/v2/", http.StripPrefix("/v2", httperr.WrapMux(stripped)))
	mux.Handle("GET /exact", &mwtest.Spy{})
	for path, want := range map[string]string{
		"/v1/plain/7": "/v1/plain/{id}", "/v2/x/7": "/v2/x/{id}", "/exact": "/exact", "/v2/nowhere": "/v2/", "/nowhere": "unmatched",
	} {
		if got := recorded(t, httperr.Config{}, httperr.WrapMux(mux), httptest.NewRequest("GET", path, nil)).Route; got != want {
			t.Errorf("%s: route %q, want %q", path, got, want)
		}
	}
	bare := http.NewServeMux()
	bare.Handle("/files/{id}/", &mwtest.Spy{})
	for _, h := range []http.Handler{bare, httperr.WrapMux(bare)} {
		r := httptest.NewRequest("CONNECT", "/files/hunter2", nil)
		r.URL.Path = "/files/hunter2"
		if got := recorded(t, httperr.Config{}, h, r).Route; got != "unmatched" {
			t.Errorf("the client chose the route %q", got)
		}
	}
	named := func(*http.Request) string { return "/by/another/router" }
	if got := recorded(t, httperr.Config{Route: named}, &mwtest.Spy{}, httptest.NewRequest("GET", "/", nil)).Route; got != "/by/another/router" {
		t.Errorf("route %q", got)
	}
}

func TestWrapMuxAllocs(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /ok", &mwtest.Spy{})
	w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/ok", nil)
	m := newMiddleware(t, nil)
	bare, wrapped := m.Handler(mux), m.Handler(httperr.WrapMux(mux))
	without := testing.AllocsPerRun(500, func() { w.Reset(); bare.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "WrapMux beyond the mux itself", without, func() { w.Reset(); wrapped.ServeHTTP(w, r) })
}
