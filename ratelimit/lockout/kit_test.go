package lockout_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

type guardRig = lockouttest.Rig

var (
	addrAt   = lockouttest.Addr
	noDelays = lockouttest.Plain
)

func newGuard(t testing.TB, cfg lockout.Config) *lockout.Guard {
	t.Helper()
	return mwtest.Must[*lockout.Guard](t)(lockout.New(cfg))
}

func newGuardOnStore(t testing.TB, s lockout.Store) *lockout.Guard {
	t.Helper()
	return newGuard(t, lockout.Config{Store: s, Secret: make([]byte, 32)})
}

// newRig returns a guard in memory, for a test with synthetic time.
func newRig(t *testing.T, cfg lockout.Config) guardRig {
	return guardRig{T: t, Guard: newGuard(t, cfg), Pass: time.Sleep, Tick: time.Millisecond}
}

// newSmallRig returns a guard with eight rows of 16 accounts.
func newSmallRig(t *testing.T, cfg lockout.Config) guardRig {
	cfg.MaxAccounts = 64
	return newRig(t, cfg)
}

// recorder is a store that records its calls, returns the given answers, and hangs
// until the context ends if hang is set.
type recorder struct {
	lockout.Store
	accounts [][16]byte
	keys     []lockout.Key
	state    lockout.State
	settled  []lockout.Outcome
	err      error
	hang     bool
}

func (s *recorder) record(ctx context.Context, account [16]byte) error {
	s.accounts = append(s.accounts, account)
	if s.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.err
}

func (s *recorder) Begin(ctx context.Context, k lockout.Key, _ lockout.Policy) (lockout.State, error) {
	s.keys = append(s.keys, k)
	return s.state, s.record(ctx, k.Account)
}

func (s *recorder) Settle(ctx context.Context, k lockout.Key, _ lockout.State, o lockout.Outcome, _ lockout.Policy) (lockout.State, error) {
	s.settled = append(s.settled, o)
	return s.state, s.record(ctx, k.Account)
}

func (s *recorder) Unlock(ctx context.Context, account [16]byte) error { return s.record(ctx, account) }
func (s *recorder) Forget(ctx context.Context, account [16]byte) error { return s.record(ctx, account) }
func (s *recorder) Issue(ctx context.Context, account [16]byte, _ [32]byte, _ time.Duration) error {
	return s.record(ctx, account)
}
func (s *recorder) Redeem(ctx context.Context, k lockout.Key, _ [32]byte, _ lockout.Policy) (bool, error) {
	s.keys = append(s.keys, k)
	return true, s.record(ctx, k.Account)
}
