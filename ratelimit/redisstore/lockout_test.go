package redisstore

import (
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var secret = []byte("a secret for tests, of 32 bytes.")

func guards(tb testing.TB, s *Store, name string) *logins {
	tb.Helper()
	return mwtest.Must[lockout.Store](tb)(s.Lockout(name)).(*logins)
}

func guarded(tb testing.TB, s lockout.Store, cfg lockout.Config) *lockout.Guard {
	tb.Helper()
	cfg.Store, cfg.Secret = s, secret
	cfg.MaxAccounts = 0 // of the cases that package lockout runs too: Redis has room
	if cfg.Budget == 0 {
		cfg.Budget = time.Minute // Config.Timeout is what ends a call
	}
	return mwtest.Must[*lockout.Guard](tb)(lockout.New(cfg))
}

// TestLockoutBehaves runs what the memory store does too, by the clock of Redis.
func TestLockoutBehaves(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	store := newStore(t, server.Addr, Config{Timeout: time.Second})
	for i, b := range lockouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			b.Run(lockouttest.Rig{
				T: t, Guard: guarded(t, guards(t, store, "behaves-"+strconv.Itoa(i)), b.Config),
				Pass: clock.Shift, Tick: 400 * time.Millisecond,
			})
		})
	}
}

func TestLockoutRefusesNames(t *testing.T) {
	s := newStore(t, "127.0.0.1:1", Config{})
	for _, name := range []string{"", "a b", "a:b", "{a}", string(make([]byte, 65))} {
		if l, err := s.Lockout(name); l != nil {
			t.Errorf("%q: a store", name)
		} else {
			mwtest.Faults(t, err, "ratelimit/redisstore: name")
		}
	}
}
