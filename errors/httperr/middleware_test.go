package httperr_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestPanics(t *testing.T) {
	logger, records := mwtest.Log()
	h := newMiddleware(t, logger)
	for name, tc := range map[string]struct {
		next    http.HandlerFunc
		status  int // 0: the connection is aborted
		aborted bool
	}{
		"before the response":      {func(http.ResponseWriter, *http.Request) { panic(errPrivate) }, 500, false},
		"with a body half sent":    {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic(errPrivate) }, 0, true},
		"after the headers":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); panic(errPrivate) }, 0, true},
		"after a flush":            {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); panic(errPrivate) }, 0, true},
		"after a controller flush": {func(w http.ResponseWriter, _ *http.Request) { http.NewResponseController(w).Flush(); panic(errPrivate) }, 0, true},
		"after early hints":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); panic(errPrivate) }, 500, false},
		"to abort":                 {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, true},
		"by an invalid status":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) }, 500, false},
		"with nil":                 {func(http.ResponseWriter, *http.Request) { panic(nil) }, 500, false},
		"a runtime error":          {func(_ http.ResponseWriter, r *http.Request) { _ = []int{}[len(r.URL.Path)] }, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := quietServer(t, h.Handler(tc.next))
			res, err := http.Get(srv.URL)
			if err == nil {
				var body []byte
				body, err = io.ReadAll(res.Body)
				noSecrets(t, res, string(body))
				if err == nil {
					res.Body = io.NopCloser(bytes.NewReader(body))
				}
			}
			if (err != nil) != (tc.status == 0) {
				t.Fatalf("error %v, want aborted: %v", err, tc.status == 0)
			}
			if tc.status != 0 {
				mwtest.Refused(t, res, tc.status, "internal_error")
			}
			srv.Close() // the record is written after the response
			all := records()
			if len(all) == 0 {
				t.Fatal("no record")
			}
			last := all[len(all)-1]
			if last["msg"] != "request" || (last["aborted"] == true) != tc.aborted {
				t.Errorf("record %v", last)
			}
			if panicked := name != "to abort"; panicked != (len(all) == 2) {
				t.Errorf("%d records: %v", len(all), all)
			} else if panicked {
				p := all[0]
				if p["msg"] != "panic" || p["level"] != "ERROR" || p["correlation_id"] != last["correlation_id"] || !strings.Contains(p["stack"].(string), "middleware_test.go") {
					t.Errorf("panic record %v", p)
				}
			}
		})
	}
}

func TestGoexitIsRecorded(t *testing.T) {
	logger, records := mwtest.Log()
	h := newMiddleware(t, logger).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }))
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil))
	}()
	<-done
	if all := records(); len(all) != 1 || all[0]["aborted"] != true {
		t.Errorf("records %v", all)
	}
}

// A Handler inside another one must neither write a second record nor change the
// correlation ID.
func TestNested(t *testing.T) {
	logger, records := mwtest.Log()
	m := newMiddleware(t, logger)
	var inside string
	h := m.Handler(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = httperr.CorrelationID(r.Context()); panic("x") })))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if e := mwtest.Refused(t, w.Result(), 500, "internal_error"); e.CorrelationID != inside {
		t.Errorf("%q inside, %q outside", inside, e.CorrelationID)
	}
	if n := len(records()); n != 2 {
		t.Errorf("%d records, want the panic and the request", n)
	}
}

// WrapMux brings a tracker and another layer brings a record. Neither is an
// outer Handler, so the Handler inside them must still recover and record.
func TestInsideTrackerAndRecord(t *testing.T) {
	logger, records := mwtest.Log()
	errs := newMiddleware(t, logger).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errPrivate) }))
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, r = carrier.Ensure(r)
		errs.ServeHTTP(w, r)
	})
	w := httptest.NewRecorder()
	httperr.WrapMux(mux).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if n := len(records()); n != 2 {
		t.Errorf("%d records, want the panic and the request", n)
	}
}

// http.TimeoutHandler passes on a writer that cannot be unwrapped. There is still
// only one correlation ID.
func TestNestedBehindATimeout(t *testing.T) {
	logger, records := mwtest.Log()
	m := newMiddleware(t, logger)
	answered := make(chan struct{})
	defer close(answered)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answered }) // a sleep could end before the timeout
	w := httptest.NewRecorder()
	m.Handler(http.TimeoutHandler(m.Handler(slow), time.Millisecond, "late")).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	all := records()
	if len(all) != 1 || all[0]["correlation_id"] != w.Header().Get("X-Correlation-ID") || all[0]["status"] != 503.0 {
		t.Errorf("echoed %q, records %v", w.Header().Get("X-Correlation-ID"), all)
	}
}

// faulty is an error whose Error method panics if the receiver is nil.
type faulty struct{ text string }

func (f *faulty) Error() string { return f.text }

// A handler may return a nil pointer as an error. The client still gets a
// response, and the request a record.
func TestErrorWithoutText(t *testing.T) {
	logger, records := mwtest.Log()
	var nothing *faulty
	w := httptest.NewRecorder()
	newMiddleware(t, logger).Handler(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nothing })).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if all := records(); len(all) != 1 || all[0]["code"] != "internal_error" {
		t.Errorf("records %v", all)
	}
}

func TestHeadersAreNotShared(t *testing.T) {
	mwtest.Unshared(t, newMiddleware(t, nil).Handler, func() *http.Request { return httptest.NewRequest("GET", "/", nil) })
}

func TestMiddlewareAllocs(t *testing.T) {
	w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
	off := newMiddleware(t, nil).Handler(&mwtest.Spy{})
	mwtest.MaxAllocs(t, "record off", 2, func() { w.Reset(); off.ServeHTTP(w, r) })
	on := newMiddleware(t, slog.New(slog.NewJSONHandler(io.Discard, nil))).Handler(&mwtest.Spy{})
	mwtest.MaxAllocs(t, "record on", 5, func() { w.Reset(); on.ServeHTTP(w, r) })
}

func BenchmarkMiddleware(b *testing.B) {
	for name, logger := range map[string]*slog.Logger{"record=off": nil, "record=json": slog.New(slog.NewJSONHandler(io.Discard, nil))} {
		b.Run(name, func(b *testing.B) {
			spy := &mwtest.Spy{}
			h, w, r := newMiddleware(b, logger).Handler(spy), mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
				n++
			}
			if spy.Calls() != n || w.Code != 200 || len(w.Header()["X-Correlation-Id"]) != 1 {
				b.Fatalf("%d calls for %d requests, %d %v", spy.Calls(), n, w.Code, w.Header())
			}
		})
	}
}

func TestNoteCredential(t *testing.T) {
	hash := func(key []byte, credential string) string {
		return recorded(t, httperr.Config{CredentialKey: key}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			carrier.NoteCredential(r.Context(), credential)
		}), httptest.NewRequest("GET", "/", nil)).Credential
	}
	a, b := []byte(strings.Repeat("a", 32)), []byte(strings.Repeat("b", 32))
	if h := hash(a, "hunter2"); len(h) != 16 || h != hash(a, "hunter2") || h == hash(a, "hunter3") || h == hash(b, "hunter2") || strings.Contains(h, "hunter2") {
		t.Errorf("hash %q", h)
	}
	if hash(a, "") != "" {
		t.Error("an empty credential has a hash")
	}
	if one, other := hash(nil, "hunter2"), hash(nil, "hunter2"); one == other {
		t.Error("two calls of New made the same random key")
	}
	carrier.NoteCredential(t.Context(), "hunter2") // outside the chain
}

func TestNewReportsAllFaults(t *testing.T) {
	var saw httperr.Refusal
	_, err := httperr.New(httperr.Config{
		Encoder:       encoder{"not a type\r\n", false, &saw},
		Classify:      []func(error) *httperr.Error{nil, func(error) *httperr.Error { return nil }, nil},
		CredentialKey: []byte("hunter2"),
	})
	mwtest.Faults(t, err, "httperr: Classify[0]: ", "httperr: Classify[2]: ", "httperr: Encoder: ", "httperr: CredentialKey: ")
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the key is in the error")
	}
	_, err = httperr.New(httperr.Config{Sink: audit.Func(nil), Encoder: (*encoder)(nil)})
	mwtest.Faults(t, err, "httperr: Sink: is a nil pointer or function; ", "httperr: Encoder: is a nil pointer or function; ")
	_, err = httperr.New(httperr.Config{Sink: (*audit.AsyncSink)(nil), CredentialKey: []byte("hunter2")})
	mwtest.Faults(t, err, "httperr: Sink: is a nil pointer", "httperr: CredentialKey: ")
}
