package redisconn

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// subscribeTime is how long a connection waits for the first credentials of a
// stream. There is no context that would say how long it may: whoever is in a
// hurry tries again, and they are there.
const subscribeTime = time.Millisecond

var errNoCredentials = errors.New("the stream has sent no credentials yet")

// A stream is one subscription to a provider for all connections of a Store.
// Subscribe of the provider may take as long as it likes to find a first token,
// so it runs in a goroutine of its own, one at a time.
//
// Its parameters are the types of go-redis' package auth: a listener, credentials
// and what unsubscribes. Named so, that package need not be imported.
type stream[L, C any, U ~func() error] struct {
	from provider[L, C, U]

	mu      sync.Mutex
	asking  chan struct{} // closed when the provider has answered; nil if it is not asked
	known   bool          // latest is
	latest  C
	err     error
	cancel  U
	closed  bool
	readers []L
}

type provider[L, C any, U ~func() error] interface {
	Subscribe(L) (C, U, error)
}

// reader is what L is.
type reader[C any] interface {
	OnNext(C)
	OnError(error)
}

// newStream keeps nil what is nil.
func newStream[L, C any, U ~func() error](from provider[L, C, U]) *stream[L, C, U] {
	if from == nil {
		return nil
	}
	return &stream[L, C, U]{from: from}
}

// Subscribe implements auth.StreamingCredentialsProvider.
func (s *stream[L, C, U]) Subscribe(reader L) (none C, cancel U, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		if s.asking == nil {
			s.asking = make(chan struct{})
			go s.ask(s.asking)
		}
		asking := s.asking
		s.mu.Unlock()
		timer := time.NewTimer(subscribeTime)
		select {
		case <-asking:
		case <-timer.C:
		}
		timer.Stop()
		s.mu.Lock()
	}
	if !s.known {
		return none, nil, errors.Join(errNoCredentials, s.err)
	}
	if !slices.ContainsFunc(s.readers, func(r L) bool { return any(r) == any(reader) }) {
		s.readers = append(s.readers, reader)
	}
	return s.latest, func() error { s.remove(reader); return nil }, nil
}

func (s *stream[L, C, U]) remove(reader L) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers = slices.DeleteFunc(s.readers, func(r L) bool { return any(r) == any(reader) })
}

func (s *stream[L, C, U]) ask(asking chan struct{}) {
	var first C
	var cancel U
	err := Recovered(func() (err error) {
		first, cancel, err = s.from.Subscribe(any(s).(L))
		return err
	})
	s.mu.Lock()
	if s.err = err; err == nil {
		if !s.known {
			s.latest, s.known = first, true
		}
		s.cancel = cancel
	}
	s.asking = nil
	closed := s.closed
	close(asking)
	s.mu.Unlock()
	if closed {
		_ = s.close() // nobody is there any more to be told
	}
}

// OnNext implements auth.CredentialsListener: connections log in anew.
func (s *stream[L, C, U]) OnNext(c C) {
	s.mu.Lock()
	s.latest, s.known = c, true
	readers := slices.Clone(s.readers)
	s.mu.Unlock()
	for _, r := range readers {
		any(r).(reader[C]).OnNext(c)
	}
}

// OnError implements auth.CredentialsListener.
func (s *stream[L, C, U]) OnError(err error) {
	s.mu.Lock()
	readers := slices.Clone(s.readers)
	s.mu.Unlock()
	for _, r := range readers {
		any(r).(reader[C]).OnError(err)
	}
}

// close ends the subscription.
func (s *stream[L, C, U]) close() error {
	s.mu.Lock()
	cancel := s.cancel
	s.closed, s.cancel = true, nil
	s.mu.Unlock()
	if cancel == nil {
		return nil
	}
	return cancel()
}
