package redisconn

import (
	"errors"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9/auth"
)

// A slowProvider is a streaming provider that waits before it answers.
type slowProvider struct {
	wait          func()
	mu            sync.Mutex
	listeners     []auth.CredentialsListener
	subscriptions int
	unsubscribed  int
}

func (s *slowProvider) Subscribe(r auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	s.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscriptions++
	s.listeners = append(s.listeners, r)
	return auth.NewBasicCredentials("default", "secret"), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unsubscribed++
		return nil
	}, nil
}

// A stream subscribes once, tells every connection, and ends with the Store.
func TestOneStreamForAllConnections(t *testing.T) {
	from := &slowProvider{wait: func() {}}
	s := newStream[auth.CredentialsListener, auth.Credentials, auth.UnsubscribeFunc](from)
	var heard [3]listenerFunc
	var updates [3]int
	for i := range heard {
		heard[i] = func(auth.Credentials) { updates[i]++ }
		await(t, "credentials", func() bool {
			c, cancel, err := s.Subscribe(&heard[i])
			if err != nil {
				return false
			}
			if user, password := c.BasicAuth(); user != "default" || password != "secret" {
				t.Errorf("%s, %s", user, password)
			}
			_, _, _ = s.Subscribe(&heard[i]) // twice, but still told once
			if i == 0 {
				return errors.Join(cancel(), cancel()) == nil
			}
			return true
		})
	}
	from.listeners[0].OnNext(auth.NewBasicCredentials("default", "next"))
	from.listeners[0].OnError(errors.New("x"))
	if from.subscriptions != 1 || updates != [3]int{0, 2, 2} {
		t.Errorf("subscribed %d times, updates %v", from.subscriptions, updates)
	}
	if c, _, err := s.Subscribe(&heard[0]); err != nil || c.RawCredentials() != "default:next" {
		t.Errorf("%v, %v", c, err)
	}
	if err := errors.Join(s.close(), s.close()); err != nil || from.unsubscribed != 1 {
		t.Errorf("canceled %d times, %v", from.unsubscribed, err)
	}
	// A stream that is closed while it subscribes ends after the provider has answered.
	release := make(chan struct{})
	from = &slowProvider{wait: func() { <-release }}
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
		return from.unsubscribed == 1
	})
}

type listenerFunc func(auth.Credentials)

func (r *listenerFunc) OnNext(c auth.Credentials) { (*r)(c) }
func (r *listenerFunc) OnError(error)             { (*r)(nil) }
