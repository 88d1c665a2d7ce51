package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrDropped is the error of [AsyncSink.Emit] for a record that it dropped.
var ErrDropped = errors.New("audit: record dropped")

// AsyncSink puts records into a bounded queue. One goroutine passes them on to
// the next sink. The context of that call is not the context of a request; the
// correlation ID and the trace ID are in the Record. Emit never waits: if the
// queue is full, it drops the record and counts it. Make one with Async.
type AsyncSink struct {
	// OnError receives the reason of each record that Failed counts: the error of
	// the next sink, or an error that says that the sink panicked or ended its
	// goroutine. It runs in the goroutine of the queue, which waits for it. Set it
	// before the first record; nil is off. Its panics are ignored.
	OnError func(error)

	next    Sink
	queue   chan Record
	start   sync.Once
	dropped atomic.Uint64
	failed  atomic.Uint64

	mu     sync.RWMutex // held for reading while a record is put into the queue
	closed bool
	done   chan struct{} // closed when the goroutine has ended
}

// Async returns an AsyncSink in front of next, which must not be nil. The queue
// has room for size records, 1 to 1<<20. The goroutine starts with the first
// record and ends after Close.
func Async(next Sink, size int) (*AsyncSink, error) {
	switch {
	case nilcheck.Nil(next):
		return nil, errors.New("audit: Async of a nil Sink")
	case size < 1 || size > 1<<20:
		return nil, fmt.Errorf("audit: Async with a queue of %d records; use 1 to %d", size, 1<<20)
	}
	return &AsyncSink{next: next, queue: make(chan Record, size), done: make(chan struct{})}, nil
}

// Emit implements Sink. It returns ErrDropped if the queue is full or the sink
// is closed.
func (s *AsyncSink) Emit(_ context.Context, r Record) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.closed {
		s.start.Do(func() { go s.run() })
		select {
		// The queue holds no context: a context would keep the whole request in
		// memory, with headers of a size that the client chooses.
		case s.queue <- r:
			return nil
		default:
		}
	}
	s.dropped.Add(1)
	return ErrDropped
}

// run passes on the records. If the next sink ends the goroutine by
// runtime.Goexit, which cannot be recovered, another goroutine continues.
func (s *AsyncSink) run() {
	ended := true
	defer func() {
		if ended {
			go s.run()
		} else {
			close(s.done)
		}
	}()
	for r := range s.queue {
		s.deliver(r)
	}
	ended = false
}

var errGoexit = errors.New("audit: the sink ended its goroutine, by runtime.Goexit")

// deliver passes r to the next sink, and counts a failure. It recovers a panic of
// the sink: one bad record must not stop all later ones.
func (s *AsyncSink) deliver(r Record) {
	err := errGoexit
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("audit: the sink panicked: %v", p)
		}
		if err != nil {
			s.failed.Add(1)
			s.report(err)
		}
	}()
	err = s.next.Emit(context.Background(), r)
}

// report passes err to OnError.
func (s *AsyncSink) report(err error) {
	defer func() { _ = recover() }()
	if s.OnError != nil {
		s.OnError(err)
	}
}

// Dropped returns the number of records that Emit dropped.
func (s *AsyncSink) Dropped() uint64 { return s.dropped.Load() }

// Failed returns the number of records for which the next sink returned an error,
// panicked or ended its goroutine.
func (s *AsyncSink) Failed() uint64 { return s.failed.Load() }

// Close stops the intake and waits until all records in the queue are delivered.
// If ctx ends first, Close returns the error of ctx, and the goroutine continues
// until the queue is empty. Closing again is harmless.
func (s *AsyncSink) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
		s.start.Do(func() { close(s.done) }) // no record has started the goroutine
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
