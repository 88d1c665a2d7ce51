package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestVocabulary(t *testing.T) {
	for e, want := range map[audit.Events]string{
		0:                                       "",
		audit.AuthFailed:                        "auth.failed",
		audit.AuthSucceeded:                     "auth.succeeded",
		audit.AuthzDenied:                       "authz.denied",
		audit.RateLimited:                       "rate.limited",
		audit.ValidateRejected:                  "validate.rejected",
		audit.SessionReuse:                      "session.reuse",
		audit.KeyExpired:                        "key.expired",
		audit.Lockout:                           "lockout",
		audit.Panic:                             "panic",
		audit.StoreDegraded:                     "store.degraded",
		audit.Panic | audit.AuthSucceeded:       "auth.succeeded,panic",
		audit.RateLimited | audit.Events(1<<15): "rate.limited", // no word for it
	} {
		if got := e.String(); got != want {
			t.Errorf("%b = %q, want %q", e, got, want)
		}
		if got := strings.Join(slices.Collect(e.All()), ","); got != want {
			t.Errorf("%b ranges over %q, want %q", e, got, want)
		}
	}
	both := audit.Panic | audit.AuthSucceeded
	if !both.Has(audit.Panic) || !both.Has(both) || both.Has(audit.Lockout) || audit.Panic.Has(both) || both.Has(0) {
		t.Error("Has")
	}
}

func full() audit.Record {
	return audit.Record{
		Time: time.Now(), Duration: time.Millisecond, CorrelationID: "c-1", TraceID: strings.Repeat("a", 32),
		Method: "GET", Route: "/notes/{id}", Status: 403, Bytes: 12, Client: netip.MustParseAddr("192.0.2.1"),
		Peer: netip.MustParseAddr("10.0.0.1"), Principal: "ann", Issuer: "https://id.example", TokenID: "t-1", Auth: "jwt", Credential: "00ff", Rule: "scopes(a)", Limit: "burst", Code: "forbidden",
		Events: audit.AuthSucceeded | audit.AuthzDenied, Cause: errors.New("why\r\nforged"), Aborted: true,
	}
}

func TestLog(t *testing.T) {
	var buf bytes.Buffer
	sink := audit.Log(slog.New(slog.NewJSONHandler(&buf, nil)))
	emit := func(r audit.Record) map[string]any {
		buf.Reset()
		if err := sink.Emit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "time")
		return m
	}
	want := map[string]any{
		"level": "INFO", "msg": "request", "correlation_id": "c-1", "trace_id": strings.Repeat("a", 32), "method": "GET",
		"route": "/notes/{id}", "status": 403.0, "bytes": 12.0, "duration": 1e6, "client": "192.0.2.1", "principal": "ann",
		"issuer": "https://id.example", "token_id": "t-1",
		"auth": "jwt", "credential": "00ff", "rule": "scopes(a)", "limit": "burst", "code": "forbidden",
		"events": "auth.succeeded,authz.denied", "cause": "why  forged", "aborted": true,
	}
	if got := emit(full()); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	want = map[string]any{"level": "ERROR", "msg": "request", "correlation_id": "c", "method": "", "route": "", "status": 500.0, "bytes": 0.0, "duration": 0.0}
	if got := emit(audit.Record{CorrelationID: "c", Status: 500}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := emit(audit.Record{Peer: netip.MustParseAddr("10.0.0.1")}); got["peer"] != "10.0.0.1" || got["client"] != nil {
		t.Errorf("without a client: %v", got)
	}
	if got := emit(audit.Record{Cause: (*faulty)(nil)}); got["cause"] != "(the text of the cause panicked)" {
		t.Errorf("a cause without text: %v", got)
	}
	if got := emit(audit.Record{Status: 200, Events: audit.Panic}); got["level"] != "ERROR" {
		t.Errorf("a panic at level %v", got["level"])
	}
}

// faulty is an error that cannot be a nil pointer, and often is one.
type faulty struct{ text string }

func (f *faulty) Error() string { return f.text }

func TestLogAllocs(t *testing.T) {
	r := full()
	r.Client, r.Peer, r.Cause, r.Events = netip.Addr{}, netip.Addr{}, nil, audit.AuthSucceeded
	sink := audit.Log(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	mwtest.MaxAllocs(t, "a line", 1, func() { _ = sink.Emit(t.Context(), r) })
	off := audit.Log(slog.New(slog.DiscardHandler))
	mwtest.MaxAllocs(t, "a line that nobody wants", 0, func() { _ = off.Emit(t.Context(), r) })
}

// gate is a sink that lets a record pass when the test says so.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  []string
}

func (g *gate) Emit(_ context.Context, r audit.Record) error {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, r.CorrelationID)
	switch r.CorrelationID {
	case "panic":
		panic("sink")
	case "error":
		return errors.New("disk full")
	}
	return nil
}

func TestAsyncNeverWaitsAndCountsWhatItDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		s, err := audit.Async(g, 2)
		if err != nil {
			t.Fatal(err)
		}
		emit := func(id string) error { return s.Emit(t.Context(), audit.Record{CorrelationID: id}) }
		if err := emit("panic"); err != nil { // taken by the goroutine, which now stands at the gate
			t.Fatal(err)
		}
		synctest.Wait()
		for _, id := range []string{"error", "b"} {
			if err := emit(id); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := emit("full"); !errors.Is(err, audit.ErrDropped) {
				t.Fatalf("error %v, want ErrDropped", err)
			}
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close before the queue is empty: %v", err)
		}
		if err := emit("late"); !errors.Is(err, audit.ErrDropped) {
			t.Errorf("after Close: %v", err)
		}
		close(g.open)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want := []string{"panic", "error", "b"}; !slices.Equal(g.got, want) {
			t.Errorf("got %q, want %q", g.got, want)
		}
		if s.Dropped() != 4 || s.Failed() != 2 {
			t.Errorf("%d dropped, %d failed, want 4 and 2", s.Dropped(), s.Failed())
		}
	})
}

func TestAsyncOwnsAGoroutineOnlyWhileInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails if one is left at the end
		before := runtime.NumGoroutine()
		s, err := audit.Async(audit.Func(func(context.Context, audit.Record) error { return nil }), 1)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.NumGoroutine() != before {
			t.Error("a goroutine before the first record")
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("closing again: %v", err)
		}
	})
}

func TestAsyncRefusesWhatCannotWork(t *testing.T) {
	ok := audit.Func(func(context.Context, audit.Record) error { return nil })
	for _, size := range []int{0, -1, 1<<20 + 1} {
		if _, err := audit.Async(ok, size); err == nil {
			t.Errorf("a queue of %d", size)
		}
	}
	for _, sink := range []audit.Sink{nil, audit.Func(nil), (*audit.AsyncSink)(nil)} {
		if _, err := audit.Async(sink, 1); err == nil {
			t.Errorf("a nil %T", sink)
		}
	}
}

func TestAsyncConcurrently(t *testing.T) {
	var mu sync.Mutex
	n := 0
	s, err := audit.Async(audit.Func(func(context.Context, audit.Record) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		return nil
	}), 64)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				_ = s.Emit(t.Context(), audit.Record{})
			}
		})
	}
	wg.Go(func() { _ = s.Close(t.Context()) })
	wg.Wait()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if total := uint64(n) + s.Dropped(); total != 4000 {
		t.Errorf("%d written and %d dropped of 4000", n, s.Dropped())
	}
}
