package httperr_test

import (
	"bytes"
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

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestSeal(t *testing.T) {
	leak := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("X-Debug-Error", errPrivate.Error())
			h.Set("Server", "/srv/app/main.go")
			h.Set("ETag", `"hunter2"`)
			h.Set("Trailer", "X-Stack")
			h.Set(http.TrailerPrefix+"X-Early", "hunter2")
			h.Set("Vary", "Origin")
			h.Set("Set-Cookie", "session=; Max-Age=0")
			w.WriteHeader(status)
			io.WriteString(w, errPrivate.Error())
			w.Header().Set("X-Stack", "hunter2")
			h.Set(http.TrailerPrefix+"X-Late", "hunter2")
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			if _, err := w.Write([]byte(errPrivate.Error())); err != nil {
				t.Errorf("a short rest of the body is not discarded without an error: %v", err)
			}
		}
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, a := io.Copy(struct{ io.Writer }{w}, forever{})
		_, b := io.Copy(w, forever{})
		_, c := io.WriteString(w, "x")
		if a == nil || b == nil || c == nil {
			t.Errorf("an endless body was not ended: %v, %v, %v", a, b, c)
		}
	}
	for name, tc := range map[string]struct {
		h      http.HandlerFunc
		status int
		code   string
	}{
		"500":     {leak(500), 500, "internal_error"},
		"501":     {leak(501), 501, "not_implemented"},
		"502":     {leak(502), 502, "bad_gateway"},
		"503":     {leak(503), 503, "unavailable"},
		"504":     {leak(504), 504, "timeout"},
		"507":     {leak(507), 507, "internal_error"},
		"599":     {leak(599), 599, "internal_error"},
		"700":     {leak(700), 500, "internal_error"},
		"endless": {endless, 500, "internal_error"},
		"after an empty copy": {func(w http.ResponseWriter, r *http.Request) {
			io.Copy(w, struct{ io.Reader }{strings.NewReader("")})
			leak(500)(w, r)
		}, 500, "internal_error"},
		"then an abort":          {func(w http.ResponseWriter, r *http.Request) { leak(502)(w, r); panic(http.ErrAbortHandler) }, 502, "bad_gateway"},
		"a page of a proxy":      {proxied(t, 11).ServeHTTP, 502, "bad_gateway"},
		"a long page of a proxy": {proxied(t, 200<<10).ServeHTTP, 502, "bad_gateway"},
		"headers and a panic": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Debug-Sql", errPrivate.Error())
			panic(errPrivate)
		}, 500, "internal_error"},
		"headers and an error": {httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("X-Debug-Sql", errPrivate.Error())
			return errPrivate
		}).ServeHTTP, 500, "internal_error"},
		"a refusal swallowed, a page instead": {func(w http.ResponseWriter, r *http.Request) {
			httperr.Write(swallow{w}, r, httperr.ErrNotFound)
			leak(500)(w, r)
		}, 500, "internal_error"},
		"early hints come first": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); leak(502)(w, r) }, 502, "bad_gateway"},
		"a refusal of Write": {func(w http.ResponseWriter, r *http.Request) {
			httperr.Write(w, r, errUnavailable.With(errPrivate))
		}, 503, "unavailable"},
		"a refusal of Write, own code": {func(w http.ResponseWriter, r *http.Request) {
			httperr.Write(w, r, &httperr.Error{Status: 503, Code: "store_down", Message: "m"})
		}, 503, "store_down"},
		"a refusal of Write, buffered": {func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				httperr.Write(w, r, &httperr.Error{Status: 503, Code: "store_down", Message: "m"})
			}), time.Minute, "").ServeHTTP(w, r)
		}, 503, "store_down"},
		"a timeout": {func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), time.Millisecond, errPrivate.Error()).ServeHTTP(w, r)
		}, 503, "unavailable"},
		"then an error":     {httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { leak(502)(w, r); return errPrivate }).ServeHTTP, 502, "bad_gateway"},
		"then a panic":      {func(w http.ResponseWriter, r *http.Request) { leak(502)(w, r); panic(errPrivate) }, 502, "bad_gateway"},
		"through a wrapper": {func(w http.ResponseWriter, r *http.Request) { leak(500)(wrapper{w}, r) }, 500, "internal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, newMiddleware(t, nil).Handler(httperr.Seal(tc.h)), func(t *testing.T, srv *httptest.Server) {
				res := get(t, srv)
				body := readAll(t, res)
				noSecrets(t, res, body)
				if s := fmt.Sprint(res.Trailer); strings.Contains(s, "hunter2") {
					t.Errorf("trailers %s", s)
				}
				if kept := res.Header.Get("Vary") == "Origin" && res.Header.Get("Set-Cookie") != ""; !kept && tc.code == "not_implemented" {
					t.Errorf("headers of a chain are lost: %v", res.Header)
				}
				mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID", "Date", "Content-Length", "Vary", "Set-Cookie")
				res.Body = io.NopCloser(strings.NewReader(body))
				mwtest.Refused(t, res, tc.status, tc.code)
			})
		})
	}
}

// proxied is a proxy in front of a service that fails with a page of n bytes and
// sets a correlation ID of its own.
func proxied(t *testing.T, n int) http.Handler {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Correlation-ID", "hunter2")
		w.Header().Set("X-Debug", errPrivate.Error())
		w.WriteHeader(502)
		w.Write(bytes.Repeat([]byte("hunter2 "), n/8+1)[:n])
	}))
	t.Cleanup(far.Close)
	u, err := url.Parse(far.URL)
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(u)
}

// swallow discards a response, like a layer that sends another response instead.
type swallow struct{ w http.ResponseWriter }

func (swallow) Header() http.Header { return http.Header{} }

func (swallow) Write(p []byte) (int, error) { return len(p), nil }

func (swallow) WriteHeader(int) {}

func (s swallow) Unwrap() http.ResponseWriter { return s.w }

// A proxy does not add the correlation ID of the service behind it to ours, and
// an informational response of that service does not remove ours.
func TestOneCorrelationIDBehindAProxy(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Correlation-ID", "far")
		w.WriteHeader(103)
		io.WriteString(w, "ok")
	}))
	defer far.Close()
	u, err := url.Parse(far.URL)
	if err != nil {
		t.Fatal(err)
	}
	var inside string
	proxy := httputil.NewSingleHostReverseProxy(u)
	serve(t, newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside = httperr.CorrelationID(r.Context())
		proxy.ServeHTTP(w, r)
	})), func(t *testing.T, srv *httptest.Server) {
		res := get(t, srv)
		if v := res.Header.Values("X-Correlation-ID"); len(v) != 1 || v[0] != inside {
			t.Errorf("%q, want only %q", v, inside)
		}
	})
}

// forever is a reader without end.
type forever struct{}

func (forever) Read(p []byte) (int, error) { return len(p), nil }

func TestSealKeepsOtherResponses(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"200":         func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "own") },
		"404":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); io.WriteString(w, "own") },
		"499":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(499); io.WriteString(w, "own") },
		"superfluous": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "own"); w.WriteHeader(500) },
		"begun, ended": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "ow")
			w.(http.Flusher).Flush()
			io.WriteString(w, "n")
		},
	} {
		res := get(t, quietServer(t, httperr.Seal(h))) // without the outermost layer
		if body := readAll(t, res); body != "own" {
			t.Errorf("%s: %q", name, body)
		}
	}
	res := mwtest.Do(httperr.Seal(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, errPrivate.Error(), 500)
	})), httptest.NewRequest("GET", "/", nil))
	mwtest.Refused(t, res, 500, "internal_error")
}

func TestSealAllocs(t *testing.T) {
	w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
	m, spy := newMiddleware(t, nil), &mwtest.Spy{}
	bare, sealed := m.Handler(spy), m.Handler(httperr.Seal(spy))
	without := testing.AllocsPerRun(500, func() { w.Reset(); bare.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "Seal beyond the chain", without, func() { w.Reset(); sealed.ServeHTTP(w, r) })
}

// Responses to HEAD, and responses with a status that allows no body, have no
// body.
func TestResponsesWithoutBody(t *testing.T) {
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(204)
		case "/304":
			w.WriteHeader(304)
		default:
			httperr.Write(w, r, errTaken)
		}
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		for _, tc := range []struct {
			method, path string
			status       int
		}{{"GET", "/204", 204}, {"GET", "/304", 304}, {"HEAD", "/", 409}, {"HEAD", "/204", 204}} {
			req, err := http.NewRequest(tc.method, srv.URL+tc.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if body := readAll(t, res); body != "" || res.StatusCode != tc.status {
				t.Errorf("%s %s: %d %q", tc.method, tc.path, res.StatusCode, body)
			}
			if wantsType := tc.status == 409; wantsType != slices.Contains(res.Header["Content-Type"], "application/json; charset=utf-8") {
				t.Errorf("%s %s: %v", tc.method, tc.path, res.Header)
			}
		}
	})
}
