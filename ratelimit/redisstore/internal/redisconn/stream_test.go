package redisconn

import (
	"errors"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9/auth"
)

// A source is a streaming provider that takes its time.
type source struct {
	wait     func()
	mu       sync.Mutex
	readers  []auth.CredentialsListener
	asked    int
	canceled int
}

func (s *source) Subscribe(r auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	s.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.readers = append(s.readers, r)
	return auth.NewBasicCredentials("default", "secret"), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.canceled++
		return nil
	}, nil
}

// A stream is subscribed to once, tells every connection, and ends with the Store.
func TestOneStreamForAllConnections(t *testing.T) {
	from := &source{wait: func() {}}
	s := newStream[auth.CredentialsListener, auth.Credentials, auth.UnsubscribeFunc](from)
	var heard [3]readerFunc
	var told [3]int
	for i := range heard {
		heard[i] = func(auth.Credentials) { told[i]++ }
		await(t, "credentials", func() bool {
			c, cancel, err := s.Subscribe(&heard[i])
			if err != nil {
				return false
			}
			if user, password := c.BasicAuth(); user != "default" || password != "secret" {
				t.Errorf("%s, %s", user, password)
			}
			_, _, _ = s.Subscribe(&heard[i]) // again: still told once
			if i == 0 {
				return errors.Join(cancel(), cancel()) == nil
			}
			return true
		})
	}
	from.readers[0].OnNext(auth.NewBasicCredentials("default", "next"))
	from.readers[0].OnError(errors.New("x"))
	if from.asked != 1 || told != [3]int{0, 2, 2} {
		t.Errorf("asked %d times, told %v", from.asked, told)
	}
	if c, _, err := s.Subscribe(&heard[0]); err != nil || c.RawCredentials() != "default:next" {
		t.Errorf("%v, %v", c, err)
	}
	if err := errors.Join(s.close(), s.close()); err != nil || from.canceled != 1 {
		t.Errorf("canceled %d times, %v", from.canceled, err)
	}
	// One that is closed while it asks ends when it has asked.
	release := make(chan struct{})
	from = &source{wait: func() { <-release }}
	s = newStream[auth.CredentialsListener, auth.Credentials, auth.UnsubscribeFunc](from)
	if _, _, err := s.Subscribe(&heard[0]); !errors.Is(err, errNoCredentials) {
		t.Errorf("%v", err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	close(release)
	await(t, "the end", func() bool {
		from.mu.Lock()
		defer from.mu.Unlock()
		return from.canceled == 1
	})
}

type readerFunc func(auth.Credentials)

func (r *readerFunc) OnNext(c auth.Credentials) { (*r)(c) }
func (r *readerFunc) OnError(error)             { (*r)(nil) }
