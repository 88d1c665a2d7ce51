package audit_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// gate is a sink that blocks until the test closes open.
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

func TestAsyncNeverWaitsAndCountsDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		s, err := audit.Async(g, 2)
		if err != nil {
			t.Fatal(err)
		}
		emit := func(id string) error { return s.Emit(t.Context(), audit.Record{CorrelationID: id}) }
		if err := emit("panic"); err != nil { // the goroutine takes it and waits in the gate
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

func TestAsyncHasAGoroutineOnlyWhileInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left at the end
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

func TestAsyncRefusesInvalidArguments(t *testing.T) {
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

// A sink that ends its goroutine, as t.FailNow does, costs one record and not all
// that come after it. Each failure has a reason.
func TestAsyncGoesOnAfterEachFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := map[string]func() error{
			"goexit": func() error { runtime.Goexit(); return nil },
			"panic":  func() error { panic("no such index") },
			"nil":    func() error { panic(nil) },
			"error":  func() error { return errors.New("disk full") },
			"ok":     func() error { return nil },
		}
		var got, reasons []string
		s, err := audit.Async(audit.Func(func(_ context.Context, r audit.Record) error {
			got = append(got, r.CorrelationID)
			return failures[r.CorrelationID]()
		}), 100)
		if err != nil {
			t.Fatal(err)
		}
		s.OnError = func(err error) { reasons = append(reasons, err.Error()) }
		want := []string{"goexit", "goexit", "ok", "panic", "error", "nil", "goexit", "ok", "goexit"}
		for _, id := range want {
			if err := s.Emit(t.Context(), audit.Record{CorrelationID: id}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || s.Failed() != 7 || s.Dropped() != 0 {
			t.Errorf("the sink saw %q, %d failed, %d dropped", got, s.Failed(), s.Dropped())
		}
		const goexit = "audit: the sink ended its goroutine, by runtime.Goexit"
		if wantReasons := []string{
			goexit, goexit, "audit: the sink panicked: no such index", "disk full",
			"audit: the sink panicked: panic called with nil argument", goexit, goexit,
		}; !slices.Equal(reasons, wantReasons) {
			t.Errorf("reasons %q", reasons)
		}
	})
}

// OnError may fail like a sink.
func TestAsyncGoesOnAfterOnError(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("x") }, "goexit": runtime.Goexit} {
		s, err := audit.Async(audit.Func(func(context.Context, audit.Record) error { return errors.New("disk full") }), 10)
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		s.OnError = func(error) { calls++; fail() }
		for range 5 {
			_ = s.Emit(t.Context(), audit.Record{})
		}
		if err := s.Close(t.Context()); err != nil || calls != 5 || s.Failed() != 5 {
			t.Errorf("%s: %d calls, %d failed, %v", name, calls, s.Failed(), err)
		}
	}
}
