package httperr_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// optionalMethods lists the optional interfaces of a writer that w implements.
func optionalMethods(w http.ResponseWriter) (s string) {
	if _, ok := w.(http.Flusher); ok {
		s += "flush "
	}
	if _, ok := w.(http.Hijacker); ok {
		s += "hijack "
	}
	if _, ok := w.(io.ReaderFrom); ok {
		s += "readfrom "
	}
	if _, ok := w.(http.Pusher); ok {
		s += "push "
	}
	if _, ok := w.(http.CloseNotifier); ok { //nolint:staticcheck // gin calls it
		s += "notify "
	}
	if _, ok := w.(io.StringWriter); ok {
		s += "string"
	}
	return s
}

func TestTrackerHasTheOptionalMethodsOfItsWriter(t *testing.T) {
	var without, within string
	var server http.ResponseWriter
	m := newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		within = r.Proto + " " + optionalMethods(w)
		if server != nil {
			mwtest.HasMethodsOf(t, w, server)
		}
	}))
	serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		without, server = r.Proto+" "+optionalMethods(w), w
		m.ServeHTTP(w, r)
	}), func(t *testing.T, srv *httptest.Server) {
		res := get(t, srv)
		if res.Proto != strings.Fields(without)[0] || without != within {
			t.Errorf("%s: without a tracker %q, with it %q", res.Proto, without, within)
		}
	})
	server = nil
	bare := struct{ http.ResponseWriter }{mwtest.NewDiscard()}
	m.ServeHTTP(bare, httptest.NewRequest("GET", "/", nil))
	if within != "HTTP/1.1 string" {
		t.Errorf("on a bare writer: %q", within)
	}
	logging := struct { // like many wrappers
		http.ResponseWriter
		http.Flusher
		http.Hijacker
	}{mwtest.NewDiscard(), nil, nil}
	m.ServeHTTP(logging, httptest.NewRequest("GET", "/", nil))
	if within != "HTTP/1.1 flush hijack string" {
		t.Errorf("on a wrapper: %q", within)
	}
}

func TestStreamingPassesThrough(t *testing.T) {
	step := make(chan struct{})
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-step
		io.Copy(w, strings.NewReader("second"))
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		res := get(t, srv)
		buf := make([]byte, 5)
		if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != "first" {
			t.Fatalf("%q, %v before the handler goes on", buf, err)
		}
		step <- struct{}{}
		if rest, err := io.ReadAll(res.Body); string(rest) != "second" || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
	})
}

// gin calls CloseNotify without asking whether the writer has it.
func TestCloseNotify(t *testing.T) {
	entered, left := make(chan struct{}), make(chan bool)
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gone := w.(http.CloseNotifier).CloseNotify() //nolint:staticcheck // as gin does
		entered <- struct{}{}
		left <- <-gone
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() { <-entered; leave() }()
		_, _ = srv.Client().Do(req)
		if !<-left {
			t.Error("the handler does not see that the client left")
		}
	})
}

func TestHijack(t *testing.T) {
	logger, records := mwtest.Log()
	chain := newMiddleware(t, logger).Handler(httperr.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return err
		}
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\nraw")
		rw.Flush()
		conn.Close()
		return errors.New("too late to tell the client")
	}))
	done := make(chan struct{}) // srv.Close does not wait for a handler that hijacked its connection
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		chain.ServeHTTP(w, r)
	}))
	defer srv.Close()
	conn := dial(t, srv)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || string(all) != "HTTP/1.1 101 Switching Protocols\r\n\r\nraw" {
		t.Errorf("%q, %v", all, err)
	}
	<-done
	if rec := records(); len(rec) != 1 || rec[0]["status"] != 101.0 {
		t.Errorf("records %v", rec)
	}
}

// An error after the first part of a response must abort the response. An
// envelope must never follow that part.
func TestErrorAfterTheResponseHasBegun(t *testing.T) {
	for name, f := range map[string]httperr.HandlerFunc{
		"written":     func(w http.ResponseWriter, _ *http.Request) error { io.WriteString(w, "half"); return errTaken },
		"header sent": func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(200); return errTaken },
		"copied, too long": func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Length", "5")
			_, err := io.Copy(w, strings.NewReader("0123456789"))
			return err
		},
		"copied": func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.Copy(w, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errPrivate)))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, h := range []http.Handler{f, newMiddleware(t, nil).Handler(f)} { // alone, then in the chain
				serve(t, h, func(t *testing.T, srv *httptest.Server) {
					res, err := srv.Client().Get(srv.URL)
					if err == nil {
						var body []byte
						body, err = io.ReadAll(res.Body)
						if bytes.Contains(body, []byte("code")) {
							t.Errorf("appended: %q", body)
						}
					}
					if err == nil {
						t.Error("the client cannot tell that the response is incomplete")
					}
				})
			}
		})
	}
}

// After a copy that fails before its first byte, the response has not begun.
func TestErrorBeforeTheFirstByte(t *testing.T) {
	h := newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.Copy(w, iotest.ErrReader(errPrivate))
		return err
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		mwtest.Refused(t, get(t, srv), 500, "internal_error")
	})
}

// After a copy of no bytes, the response has not begun.
func TestErrorAfterAnEmptyCopy(t *testing.T) {
	h := newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		if n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("")}); n > 0 || err != nil {
			return err
		}
		return httperr.ErrNotFound
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		mwtest.Refused(t, get(t, srv), 404, "not_found")
	})
}

// http.MaxBytesReader cannot close the connection through the tracker, so Write
// must close it.
func TestTooLargeBodyEndsTheConnection(t *testing.T) {
	srv := httptest.NewServer(newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10))
		return err
	})))
	defer srv.Close()
	res, err := http.Post(srv.URL, "text/plain", strings.NewReader(strings.Repeat("x", 100<<10)))
	if err != nil {
		t.Fatal(err)
	}
	if !res.Close {
		t.Error("the connection stays open for the rest of the body")
	}
	mwtest.Refused(t, res, 413, "body_too_large")
}

// Write may get a writer that other layers have wrapped.
func TestWriteFindsTheTrackerThroughWrappers(t *testing.T) {
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		httperr.Write(wrapper{w}, r, errTaken)
	}))
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v, want http.ErrAbortHandler", p)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }
