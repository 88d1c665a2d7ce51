package redisstore

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/auth"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// withOptions is a Store from a client with options.
func withOptions(t *testing.T, o redis.Options) *Store {
	t.Helper()
	o.Addr = redistest.Start(t).Addr
	if o.StreamingCredentialsProvider != nil {
		if err := dial(t, o.Addr).ConfigSet(context.Background(), "requirepass", "secret").Err(); err != nil {
			t.Fatal(err)
		}
	}
	rdb := redis.NewClient(&o)
	t.Cleanup(func() { _ = rdb.Close() })
	s, err := New(rdb, Config{Timeout: time.Second, Refusals: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

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

// slowly is options of a client that hang in each place that go-redis calls.
func slowly(wait func()) map[string]redis.Options {
	return map[string]redis.Options{
		"OnConnect":                  {OnConnect: func(context.Context, *redis.Conn) error { wait(); return nil }},
		"OnConnect that asks":        {OnConnect: func(ctx context.Context, c *redis.Conn) error { wait(); return c.Ping(ctx).Err() }},
		"CredentialsProvider":        {CredentialsProvider: func() (string, string) { wait(); return "", "" }},
		"CredentialsProviderContext": {CredentialsProviderContext: func(context.Context) (string, string, error) { wait(); return "", "", nil }},
		"StreamingCredentials":       {StreamingCredentialsProvider: &source{wait: wait}},
		"Dialer": {Dialer: func(context.Context, string, string) (net.Conn, error) {
			wait()
			return nil, errors.New("late")
		}},
	}
}

// The budget holds whatever the options of the client do, and what hangs does
// not pile up.
func TestBudgetHoldsWhateverTheOptionsDo(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	for name, o := range slowly(func() { <-end }) {
		l := limiter(t, withOptions(t, o), ratelimit.Config{})
		before, most := runtime.NumGoroutine(), time.Duration(0)
		for range 300 {
			begin := time.Now()
			if d := l.Take(context.Background(), ratelimit.StringKey("a"), 1); !d.Degraded {
				t.Fatalf("%s: %+v", name, d)
			}
			most = max(most, time.Since(begin))
			<-time.After(time.Millisecond)
		}
		if most > 150*time.Millisecond { // of 25, on a busy machine
			t.Errorf("%s: a decision took %v", name, most)
		}
		c := open(t, withOptions(t, o), "pile", ratelimit.PerHour(20))
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				if err := c.Reset(ctx, keyOf(i)); err == nil { // each on its own connection
					t.Errorf("%s: connected", name)
				}
			})
		}
		wg.Wait()
		// A dialler is go-redis' own affair: one goroutine for each place in its pool.
		if n := runtime.NumGoroutine() - before; n > poolSize+3*hooksAtOnce {
			t.Errorf("%s: %d goroutines are left", name, n)
		}
	}
}

// Credentials that always come later than a budget are used nevertheless.
func TestLateCredentialsAreKept(t *testing.T) {
	for name, o := range slowly(func() { <-time.After(60 * time.Millisecond) }) {
		switch name {
		case "Dialer", "OnConnect", "OnConnect that asks":
			continue
		}
		l := limiter(t, withOptions(t, o), ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100_000)}})
		await(t, name, func() bool { return !l.Take(context.Background(), ratelimit.StringKey("a"), 1).Degraded })
	}
}

// What panics is an error and neither the end of the process nor of the Store.
func TestPanicInAnOption(t *testing.T) {
	var calls atomic.Int64
	once := func() {
		if calls.Add(1) == 1 {
			panic("a nil map, once")
		}
	}
	for name, o := range slowly(once) {
		if name == "Dialer" {
			continue
		}
		calls.Store(0)
		c := open(t, withOptions(t, o), "panic", ratelimit.PerHour(100))
		if _, err := c.Take(context.Background(), keyOf(1), 1, false); !errors.Is(err, errPanicked) {
			t.Errorf("%s: %v", name, err)
		}
		await(t, name, func() bool {
			got, err := c.Take(context.Background(), keyOf(1), 1, false)
			return err == nil && got.Granted == 1
		})
	}
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
