package httperr_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// refusing is the handler that the misbehaving layers call.
var refusing = httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return errTaken.With(errPrivate) })

// opaque hides all methods of a writer except the three of http.ResponseWriter.
type opaque struct{ w http.ResponseWriter }

func (o opaque) Header() http.Header         { return o.w.Header() }
func (o opaque) Write(p []byte) (int, error) { return o.w.Write(p) }
func (o opaque) WriteHeader(status int)      { o.w.WriteHeader(status) }

type zipped struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (z zipped) Write(p []byte) (int, error) { return z.z.Write(p) }
func (z zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// With misbehaving layers inside, between and outside, the client gets one
// complete envelope or an aborted connection. It never gets a leak, two bodies
// in one response, or no answer.
func TestMisbehavingLayers(t *testing.T) {
	const broken = 0
	m := newMiddleware(t, nil)
	inside := func(h http.HandlerFunc) http.Handler { return m.Handler(httperr.Seal(h)) }
	between := func(h http.HandlerFunc) http.Handler { return m.Handler(h) }
	outside := func(h func(http.ResponseWriter, *http.Request, http.Handler)) http.Handler {
		ours := m.Handler(refusing)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(w, r, ours) })
	}
	for name, tc := range map[string]struct {
		h      http.Handler
		status int // broken: the connection breaks
		code   string
	}{
		"inside: goes on after a refusal": {inside(func(w http.ResponseWriter, r *http.Request) {
			refusing.ServeHTTP(w, r)
			w.WriteHeader(200)
		}), 409, "name_taken"},
		"inside: refuses twice": {inside(func(w http.ResponseWriter, r *http.Request) {
			refusing.ServeHTTP(w, r)
			refusing.ServeHTTP(w, r)
		}), broken, ""},
		"inside: describes a body that is not sent": {inside(func(w http.ResponseWriter, r *http.Request) {
			for k, v := range map[string]string{"Content-Length": "7", "Content-Encoding": "br", "Content-Range": "bytes 0-1/2", "Transfer-Encoding": "chunked"} {
				w.Header().Set(k, v)
			}
			refusing.ServeHTTP(w, r)
		}), 409, "name_taken"},
		"inside: takes our headers away": {inside(func(w http.ResponseWriter, r *http.Request) {
			clear(w.Header())
			refusing.ServeHTTP(w, r)
		}), 409, "name_taken"},
		"inside: fails with the stack in headers, body and trailers": {inside(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Error", errPrivate.Error())
			http.Error(w, errPrivate.Error(), 500)
			w.Header().Set(http.TrailerPrefix+"X-Error", errPrivate.Error())
		}), 500, "internal_error"},
		"inside: panics halfway": {inside(func(w http.ResponseWriter, r *http.Request) {
			w.Write(make([]byte, 1<<20))
			panic(errPrivate)
		}), broken, ""},
		"inside: hijacks and fails": {inside(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				refusing.ServeHTTP(w, r) // HTTP/2
				return
			}
			conn.Close()
			refusing.ServeHTTP(w, r)
		}), broken, ""},
		"inside: fails without end": {inside(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			io.Copy(w, forever{})
		}), 502, "bad_gateway"},
		"between: drops the context": {between(func(w http.ResponseWriter, r *http.Request) {
			refusing.ServeHTTP(w, r.WithContext(context.Background()))
		}), 409, "name_taken"},
		"between: hides the writer": {between(func(w http.ResponseWriter, r *http.Request) {
			refusing.ServeHTTP(opaque{w}, r)
		}), 409, "name_taken"},
		"between: writes 200 before": {between(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			refusing.ServeHTTP(w, r)
		}), broken, ""},
		"between: sets a time limit": {between(func(w http.ResponseWriter, r *http.Request) {
			http.TimeoutHandler(refusing, time.Minute, "late").ServeHTTP(w, r)
		}), 409, "name_taken"},
		"between: swallows the panic": {inside(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if p := recover(); p != nil {
					http.Error(w, errPrivate.Error(), 500)
				}
			}()
			panic(errPrivate)
		}), 500, "internal_error"},
		"between: compresses": {between(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(io.Discard)
			httperr.WrapMux(http.NewServeMux()).ServeHTTP(zipped{w, z}, r)
		}), 404, "not_found"},
		"outside: describes another body": {outside(func(w http.ResponseWriter, r *http.Request, ours http.Handler) {
			w.Header().Set("Content-Length", "3")
			w.Header().Set("X-Correlation-ID", "forged")
			ours.ServeHTTP(w, r)
		}), 409, "name_taken"},
		"outside: hides the writer": {outside(func(w http.ResponseWriter, r *http.Request, ours http.Handler) {
			ours.ServeHTTP(opaque{w}, r)
		}), 409, "name_taken"},
		"outside: vandalises the headers afterwards": {mwtest.HostileOuter(m.Handler(refusing)), 409, "name_taken"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := quietServer(t, tc.h)
			client := srv.Client()
			client.Timeout = 10 * time.Second
			res, err := client.Get(srv.URL)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(res.Body)
				noSecrets(t, res, string(body))
			}
			switch {
			case tc.status == broken && err == nil:
				t.Errorf("the client cannot tell that %d %q is broken", res.StatusCode, body)
			case tc.status != broken && err != nil:
				t.Error(err)
			case tc.status != broken:
				res.Body = io.NopCloser(strings.NewReader(string(body)))
				mwtest.Refused(t, res, tc.status, tc.code)
			}
		})
	}
}

// panicking is a log handler that panics in every call.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { panic(errPrivate) }
func (panicking) Handle(context.Context, slog.Record) error { panic(errPrivate) }

// If the logger or TrustInbound panics, the client still gets its answer.
func TestPanicOfLoggerOrTrustInbound(t *testing.T) {
	broken := slog.New(panicking{slog.DiscardHandler})
	seen := 0
	observe := func(audit.Record) { seen++ }
	fails := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errPrivate) })
	for name, tc := range map[string]struct {
		cfg    httperr.Config
		h      http.Handler
		status int
	}{
		"ok":               {httperr.Config{Logger: broken, Observe: observe}, &mwtest.Spy{}, 200},
		"panic":            {httperr.Config{Logger: broken, Observe: observe}, fails, 500},
		"log only":         {httperr.Config{Logger: broken}, &mwtest.Spy{}, 200},
		"no logger at all": {httperr.Config{Sink: audit.Log(nil)}, &mwtest.Spy{}, 200},
		"trust":            {quiet(httperr.Config{TrustInbound: func(*http.Request) bool { panic(errPrivate) }, Observe: observe}), &mwtest.Spy{}, 500},
	} {
		seen = 0
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Correlation-ID", "a")
		res := mwtest.Do(build(t, tc.cfg).Handler(tc.h), r)
		if res.StatusCode != tc.status || tc.cfg.Observe != nil && seen != 1 {
			t.Errorf("%s: %d, observed %d times", name, res.StatusCode, seen)
		}
		if tc.status == 500 {
			mwtest.Refused(t, res, 500, "internal_error")
		}
	}
}

// A refusal that comes after http.TimeoutHandler has answered is not in the
// record: the record has the code that the client saw.
func TestRecordBehindATimeout(t *testing.T) {
	late := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error { <-r.Context().Done(); return r.Context().Err() })
	for range 50 {
		var got audit.Record
		m := build(t, quiet(httperr.Config{Observe: func(r audit.Record) { got = r }}))
		res := mwtest.Do(m.Handler(httperr.Seal(http.TimeoutHandler(late, time.Millisecond, "late"))), httptest.NewRequest("GET", "/", nil))
		e, err := mwtest.ReadEnvelope(res)
		if err != nil || got.Code != e.Code || got.Status != res.StatusCode {
			t.Fatalf("the client saw %d %s (%v), the record has %d %s", res.StatusCode, e.Code, err, got.Status, got.Code)
		}
	}
}

// keeper is an encoder that returns the same buffer each time.
type keeper struct{ body []byte }

func (*keeper) ContentType() string { return "text/plain" }
func (k *keeper) Append(_ []byte, r httperr.Refusal) []byte {
	if k.body == nil {
		k.body = append(make([]byte, 0, 4096), r.Code...)
	}
	return k.body
}

func TestBufferOfAnEncoderIsNotPooled(t *testing.T) {
	k := new(keeper)
	cfg := quiet(httperr.Config{Encoder: k})
	for _, err := range []error{httperr.ErrNotFound, httperr.ErrNotFound} {
		if body := readAll(t, refuse(t, cfg, err)); body != "not_found" {
			t.Errorf("body %q", body)
		}
		refuse(t, quiet(httperr.Config{}), httperr.ErrInternal)
	}
}

// Code that runs after the response cannot harm the response.
func TestPanicAfterTheResponse(t *testing.T) {
	for name, cfg := range map[string]httperr.Config{
		"Observe panics": {Observe: func(audit.Record) { panic(errPrivate) }},
		"Sink panics":    {Sink: audit.Func(func(context.Context, audit.Record) error { panic(errPrivate) })},
		"Sink fails":     {Sink: audit.Func(func(context.Context, audit.Record) error { return errPrivate })},
		"Route panics":   {Route: func(*http.Request) string { panic(errPrivate) }},
	} {
		t.Run(name, func(t *testing.T) {
			logger, records := mwtest.Log()
			cfg.Logger = logger
			srv := httptest.NewServer(build(t, cfg).Handler(&mwtest.Spy{}))
			defer srv.Close()
			conn := dial(t, srv)
			r := bufio.NewReader(conn)
			for range 2 { // the connection stays usable
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if body := readAll(t, res); body != "ok" || res.StatusCode != 200 {
					t.Errorf("%d %q", res.StatusCode, body)
				}
			}
			srv.Close()
			failures := 0
			for _, rec := range records() {
				if rec["msg"] == "audit failed" {
					failures++
				}
			}
			if failures != 2 {
				t.Errorf("%d failures were logged, want 2", failures)
			}
		})
	}
}
