package httperr_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func newMiddleware(t testing.TB, logger *slog.Logger) *httperr.Middleware {
	t.Helper()
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	m, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCorrelationID(t *testing.T) {
	trusted, err := httperr.New(httperr.Config{
		Logger:       slog.New(slog.DiscardHandler),
		TrustInbound: func(r *http.Request) bool { return strings.HasPrefix(r.RemoteAddr, "10.") },
	})
	if err != nil {
		t.Fatal(err)
	}
	ok64 := strings.Repeat("aB9._-", 11)[:64]
	for name, tc := range map[string]struct {
		m     *httperr.Middleware
		peer  string
		given []string
		kept  bool
	}{
		"none":                  {trusted, "10.0.0.1:1", nil, false},
		"trusted":               {trusted, "10.0.0.1:1", []string{"abc-1"}, true},
		"trusted, longest":      {trusted, "10.0.0.1:1", []string{ok64}, true},
		"trusted, too long":     {trusted, "10.0.0.1:1", []string{ok64 + "a"}, false},
		"trusted, empty":        {trusted, "10.0.0.1:1", []string{""}, false},
		"trusted, two":          {trusted, "10.0.0.1:1", []string{"a", "a"}, false},
		"trusted, list":         {trusted, "10.0.0.1:1", []string{"a,b"}, false},
		"trusted, line feed":    {trusted, "10.0.0.1:1", []string{"a\nb"}, false},
		"trusted, not ASCII":    {trusted, "10.0.0.1:1", []string{"é"}, false},
		"stranger":              {trusted, "192.0.2.1:1", []string{"abc-1"}, false},
		"nobody is trusted":     {newMiddleware(t, nil), "10.0.0.1:1", []string{"abc-1"}, false},
		"nobody, none is given": {newMiddleware(t, nil), "10.0.0.1:1", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tc.peer
			r.Header["X-Correlation-Id"] = tc.given
			w := httptest.NewRecorder()
			var inside, early string
			tc.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inside, early = httperr.CorrelationID(r.Context()), w.Header().Get("X-Correlation-ID")
			})).ServeHTTP(w, r)
			if inside == "" || inside != early {
				t.Fatalf("inside %q, echoed %q before next ran", inside, early)
			}
			if kept := len(tc.given) > 0 && inside == tc.given[0]; kept != tc.kept {
				t.Errorf("got %q for %q", inside, tc.given)
			}
			if u, err := uuid.Parse(inside); !tc.kept && (err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || u.String() != inside) {
				t.Errorf("%q is not a UUIDv7", inside)
			}
		})
	}
	if httperr.CorrelationID(t.Context()) != "" {
		t.Error("an ID outside the chain")
	}
}

func TestCorrelationIDsSortByTimeAndDiffer(t *testing.T) {
	seen := make(map[string]bool)
	last := ""
	h := newMiddleware(t, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id := httperr.CorrelationID(r.Context())
		if seen[id] || id[:13] < last {
			t.Fatalf("%s after %s", id, last)
		}
		seen[id], last = true, id[:13] // 48 bits of milliseconds
	}))
	for range 2000 {
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil))
	}
}

func TestPanics(t *testing.T) {
	logger, records := mwtest.Log()
	h := newMiddleware(t, logger)
	for name, tc := range map[string]struct {
		next    http.HandlerFunc
		status  int // 0: the connection is aborted
		aborted bool
	}{
		"before the response":    {func(http.ResponseWriter, *http.Request) { panic(errPrivate) }, 500, false},
		"with a body half sent":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic(errPrivate) }, 0, true},
		"after the headers":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); panic(errPrivate) }, 0, true},
		"after a flush":          {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); panic(errPrivate) }, 0, true},
		"after a controlled one": {func(w http.ResponseWriter, _ *http.Request) { http.NewResponseController(w).Flush(); panic(errPrivate) }, 0, true},
		"after early hints":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); panic(errPrivate) }, 500, false},
		"to abort":               {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, true},
		"at no status":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) }, 500, false},
		"with nil":               {func(http.ResponseWriter, *http.Request) { panic(nil) }, 500, false},
		"a runtime error":        {func(_ http.ResponseWriter, r *http.Request) { _ = []int{}[len(r.URL.Path)] }, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(h.Handler(tc.next))
			srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			srv.Start()
			defer srv.Close()
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

// The record says what went over the wire.
func TestRecordOfWhatWasNotSent(t *testing.T) {
	spy := &mwtest.Spy{}
	if r := recorded(t, httperr.Config{}, spy, httptest.NewRequest("HEAD", "/", nil)); r.Bytes != 0 || r.Status != 200 {
		t.Errorf("HEAD: %d with %d bytes", r.Status, r.Bytes)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v", p)
		}
	}()
	recorded(t, httperr.Config{Sink: audit.Func(func(_ context.Context, r audit.Record) error {
		if r.Status != 0 || !r.Aborted {
			t.Errorf("aborted before the response: %d, aborted: %v", r.Status, r.Aborted)
		}
		return nil
	})}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), httptest.NewRequest("GET", "/", nil))
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

func TestRecord(t *testing.T) {
	logger, records := mwtest.Log()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "12345") })
	mux.Handle("GET /taken", httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		return errTaken.With(errors.New("line\r\nforged\u202e" + strings.Repeat("x", 4000)))
	}))
	h := newMiddleware(t, logger).Handler(httperr.WrapMux(mux))
	for _, target := range []string{"/notes/hunter2?token=hunter2", "/taken", "/nowhere/hunter2"} {
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", target, nil))
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Method = "HUNTER2"
	h.ServeHTTP(mwtest.NewDiscard(), r)

	all := records()
	want := []map[string]any{
		{"method": "GET", "route": "/notes/{id}", "status": 200.0, "bytes": 5.0, "level": "INFO", "code": nil, "cause": nil},
		{"method": "GET", "route": "/taken", "status": 409.0, "level": "INFO", "code": "name_taken"},
		{"method": "GET", "route": "unmatched", "status": 404.0, "code": "not_found", "cause": nil},
		{"method": "other", "route": "unmatched", "status": 404.0, "code": "not_found"},
	}
	if len(all) != len(want) {
		t.Fatalf("%d records: %v", len(all), all)
	}
	for i, w := range want {
		for k, v := range w {
			if all[i][k] != v {
				t.Errorf("record %d: %s = %v, want %v", i, k, all[i][k], v)
			}
		}
		if s, _ := json.Marshal(all[i]); bytes.Contains(bytes.ToLower(s), []byte("hunter2")) {
			t.Errorf("record %d holds what the client sent: %s", i, s)
		}
	}
	cause := all[1]["cause"].(string)
	if strings.ContainsAny(cause, "\r\n\u202e") || len(cause) > 2200 || !strings.HasSuffix(cause, "(truncated)") {
		t.Errorf("cause %q", cause)
	}
}

// Within another one, a Handler must neither record twice nor change the ID.
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

// What looks like an outer Handler, a tracker and a record, need not be one.
func TestInsideOthersThatTrack(t *testing.T) {
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

// Behind a writer that cannot be unwrapped there is still only one ID.
func TestNestedBehindATimeout(t *testing.T) {
	logger, records := mwtest.Log()
	m := newMiddleware(t, logger)
	answered := make(chan struct{})
	defer close(answered)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answered }) // or it may end in time after all
	w := httptest.NewRecorder()
	m.Handler(http.TimeoutHandler(m.Handler(slow), time.Millisecond, "late")).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	all := records()
	if len(all) != 1 || all[0]["correlation_id"] != w.Header().Get("X-Correlation-ID") || all[0]["status"] != 503.0 {
		t.Errorf("echoed %q, records %v", w.Header().Get("X-Correlation-ID"), all)
	}
}

type faulty struct{ text string }

func (f *faulty) Error() string { return f.text }

// A nil pointer that became an error must cost neither the response nor the
// record.
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

// A client that has said all it has to say is still there to listen.
func TestHalfClosedConnectionIsAnswered(t *testing.T) {
	srv := httptest.NewServer(newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	})))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	mwtest.Refused(t, res, 499, "client_closed_request")
}

// A layer inside that gives up is not the client.
func TestCancelledInside(t *testing.T) {
	w := httptest.NewRecorder()
	newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		httperr.Write(w, r.WithContext(ctx), ctx.Err())
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
}

func TestUnshared(t *testing.T) {
	mwtest.Unshared(t, newMiddleware(t, nil).Handler, func() *http.Request { return httptest.NewRequest("GET", "/", nil) })
}

func TestMiddlewareAllocs(t *testing.T) {
	w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
	off := newMiddleware(t, nil).Handler(&mwtest.Spy{})
	mwtest.MaxAllocs(t, "record off", 3, func() { w.Reset(); off.ServeHTTP(w, r) })
	on := newMiddleware(t, slog.New(slog.NewJSONHandler(io.Discard, nil))).Handler(&mwtest.Spy{})
	mwtest.MaxAllocs(t, "record on", 6, func() { w.Reset(); on.ServeHTTP(w, r) })
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
		t.Error("a random key is one per New")
	}
	carrier.NoteCredential(t.Context(), "hunter2") // outside the chain
}
