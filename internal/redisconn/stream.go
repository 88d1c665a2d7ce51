package redisconn

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// subscribeTime is how long a connection waits for the first credentials of a stream.
// No context bounds the wait, so it is short. If it is too short for the provider, the
// connection fails, and a later attempt finds the credentials.
const subscribeTime = time.Millisecond

var errNoCredentials = errors.New("the stream has sent no credentials yet")

// A stream is one subscription to a provider for all connections of a Store. The
// provider's Subscribe may take any time to find a first token, so it runs in a
// goroutine of its own, one at a time.
//
// The type parameters stand for types of go-redis' package auth: a listener,
// credentials, and the function that unsubscribes. With type parameters this package
// need not import auth.
type stream[L, C any, U ~func() error] struct {
	source provider[L, C, U]

	mu          sync.Mutex
	pending     chan struct{} // closed when the provider has answered; nil if it is not being asked
	hasLatest   bool          // latest is set
	latest      C
	err         error
	unsubscribe U
	closed      bool
	listeners   []L
}

type provider[L, C any, U ~func() error] interface {
	Subscribe(L) (C, U, error)
}

// listener is the method set of L.
type listener[C any] interface {
	OnNext(C)
	OnError(error)
}

// newStream returns nil if there is no provider.
func newStream[L, C any, U ~func() error](source provider[L, C, U]) *stream[L, C, U] {
	if source == nil {
		return nil
	}
	return &stream[L, C, U]{source: source}
}

// Subscribe implements auth.StreamingCredentialsProvider.
func (s *stream[L, C, U]) Subscribe(listener L) (none C, unsubscribe U, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hasLatest {
		if s.pending == nil {
			s.pending = make(chan struct{})
			go s.subscribe(s.pending)
		}
		pending := s.pending
		s.mu.Unlock()
		timer := time.NewTimer(subscribeTime)
		select {
		case <-pending:
		case <-timer.C:
		}
		timer.Stop()
		s.mu.Lock()
	}
	if !s.hasLatest {
		return none, nil, errors.Join(errNoCredentials, s.err)
	}
	if !slices.ContainsFunc(s.listeners, func(l L) bool { return any(l) == any(listener) }) {
		s.listeners = append(s.listeners, listener)
	}
	return s.latest, func() error { s.remove(listener); return nil }, nil
}

func (s *stream[L, C, U]) remove(listener L) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = slices.DeleteFunc(s.listeners, func(l L) bool { return any(l) == any(listener) })
}

func (s *stream[L, C, U]) subscribe(pending chan struct{}) {
	var first C
	var unsubscribe U
	err := Recovered(func() (err error) {
		first, unsubscribe, err = s.source.Subscribe(any(s).(L))
		return err
	})
	s.mu.Lock()
	if s.err = err; err == nil {
		if !s.hasLatest {
			s.latest, s.hasLatest = first, true
		}
		s.unsubscribe = unsubscribe
	}
	s.pending = nil
	closed := s.closed
	close(pending)
	s.mu.Unlock()
	if closed {
		_ = s.close() // the stream was closed meanwhile, so no caller is left to receive the error
	}
}

// OnNext implements auth.CredentialsListener: every connection authenticates again.
func (s *stream[L, C, U]) OnNext(c C) {
	s.mu.Lock()
	s.latest, s.hasLatest = c, true
	listeners := slices.Clone(s.listeners)
	s.mu.Unlock()
	for _, l := range listeners {
		any(l).(listener[C]).OnNext(c)
	}
}

// OnError implements auth.CredentialsListener.
func (s *stream[L, C, U]) OnError(err error) {
	s.mu.Lock()
	listeners := slices.Clone(s.listeners)
	s.mu.Unlock()
	for _, l := range listeners {
		any(l).(listener[C]).OnError(err)
	}
}

// close ends the subscription.
func (s *stream[L, C, U]) close() error {
	s.mu.Lock()
	unsubscribe := s.unsubscribe
	s.closed, s.unsubscribe = true, nil
	s.mu.Unlock()
	if unsubscribe == nil {
		return nil
	}
	return unsubscribe()
}
