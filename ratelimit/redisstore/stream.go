package redisstore

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9/auth"
)

// subscribeTime is how long a connection waits for the first credentials of a
// stream. There is no context that would say how long it may: whoever is in a
// hurry tries again, and they are there.
const subscribeTime = time.Millisecond

var errNoCredentials = errors.New("the stream has sent no credentials yet")

// A stream is one subscription to a provider for all connections of a Store.
// Subscribe of the provider may take as long as it likes to find a first token,
// so it runs in a goroutine of its own, one at a time.
type stream struct {
	from auth.StreamingCredentialsProvider

	mu      sync.Mutex
	asking  chan struct{} // closed when the provider has answered; nil if it is not asked
	latest  auth.Credentials
	err     error
	cancel  auth.UnsubscribeFunc
	closed  bool
	readers []auth.CredentialsListener
}

// newStream keeps nil what is nil.
func newStream(from auth.StreamingCredentialsProvider) *stream {
	if from == nil {
		return nil
	}
	return &stream{from: from}
}

// Subscribe implements auth.StreamingCredentialsProvider.
func (s *stream) Subscribe(reader auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
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
	if s.latest == nil {
		return nil, nil, errors.Join(errNoCredentials, s.err)
	}
	if !slices.Contains(s.readers, reader) {
		s.readers = append(s.readers, reader)
	}
	return s.latest, func() error { s.remove(reader); return nil }, nil
}

func (s *stream) remove(reader auth.CredentialsListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers = slices.DeleteFunc(s.readers, func(r auth.CredentialsListener) bool { return r == reader })
}

func (s *stream) ask(asking chan struct{}) {
	var first auth.Credentials
	var cancel auth.UnsubscribeFunc
	err := recovered(func() (err error) {
		first, cancel, err = s.from.Subscribe(s)
		return err
	})
	s.mu.Lock()
	if s.err = err; err == nil {
		if s.latest == nil {
			s.latest = first
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
func (s *stream) OnNext(c auth.Credentials) {
	s.mu.Lock()
	s.latest = c
	readers := slices.Clone(s.readers)
	s.mu.Unlock()
	for _, r := range readers {
		r.OnNext(c)
	}
}

// OnError implements auth.CredentialsListener.
func (s *stream) OnError(err error) {
	s.mu.Lock()
	readers := slices.Clone(s.readers)
	s.mu.Unlock()
	for _, r := range readers {
		r.OnError(err)
	}
}

// close ends the subscription. A nil stream has none.
func (s *stream) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	cancel := s.cancel
	s.closed, s.cancel = true, nil
	s.mu.Unlock()
	if cancel == nil {
		return nil
	}
	return cancel()
}
