package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrDropped is returned by [AsyncSink.Emit] for a record that it did not take.
var ErrDropped = errors.New("audit: record dropped")

// AsyncSink takes records into a bounded queue, from which one goroutine gives
// them to the sink behind it, with a context of no request: the Record has both
// IDs. Emit never waits: when the queue is full, the
// record is dropped and counted. Make one with Async.
type AsyncSink struct {
	next    Sink
	queue   chan Record
	start   sync.Once
	dropped atomic.Uint64
	failed  atomic.Uint64

	mu     sync.RWMutex // held for reading while a record is put into the queue
	closed bool
	done   chan struct{} // closed when the goroutine has ended
}

// Async returns an AsyncSink in front of next, which must not be nil, with room
// for size records, 1 to 1<<20. The goroutine starts with the first record and
// ends with Close.
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
		// Without ctx, which would keep all of the request while it waits: its
		// headers are of a size that the client chooses.
		case s.queue <- r:
			return nil
		default:
		}
	}
	s.dropped.Add(1)
	return ErrDropped
}

func (s *AsyncSink) run() {
	defer close(s.done)
	for r := range s.queue {
		if !s.deliver(r) {
			s.failed.Add(1)
		}
	}
}

// deliver outlives a panic of the sink: one bad record must not end the trail.
func (s *AsyncSink) deliver(r Record) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return s.next.Emit(context.Background(), r) == nil
}

// Dropped returns how many records were dropped.
func (s *AsyncSink) Dropped() uint64 { return s.dropped.Load() }

// Failed returns how many records the sink behind refused.
func (s *AsyncSink) Failed() uint64 { return s.failed.Load() }

// Close takes no more records and waits until those in the queue are written,
// or until ctx ends, whose error it then returns; the goroutine goes on to
// empty the queue. Closing again is harmless.
func (s *AsyncSink) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
		s.start.Do(func() { close(s.done) }) // there never was a goroutine
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
