package lockout_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

type nilStore struct{ lockout.Store }

// storeFunc is a store that is a function.
type storeFunc func() nilStore

func (f storeFunc) Begin(ctx context.Context, k lockout.Key, p lockout.Policy) (lockout.State, error) {
	return f().Begin(ctx, k, p)
}

func (f storeFunc) Settle(ctx context.Context, k lockout.Key, s lockout.State, o lockout.Outcome, p lockout.Policy) (lockout.State, error) {
	return f().Settle(ctx, k, s, o, p)
}

func (f storeFunc) Redeem(ctx context.Context, k lockout.Key, token [32]byte, p lockout.Policy) (bool, error) {
	return f().Redeem(ctx, k, token, p)
}

func (f storeFunc) Issue(ctx context.Context, account [16]byte, token [32]byte, ttl time.Duration) error {
	return f().Issue(ctx, account, token, ttl)
}

func (f storeFunc) Unlock(ctx context.Context, a [16]byte) error { return f().Unlock(ctx, a) }
func (f storeFunc) Forget(ctx context.Context, a [16]byte) error { return f().Forget(ctx, a) }

func TestNewReturnsAllFaultsAtOnce(t *testing.T) {
	_, err := lockout.New(lockout.Config{
		PerAddress: 101, PerAccount: 101, DelayAfter: -1, ChallengeAfter: -1, MaxKnown: 9, MaxAccounts: 1<<20 + 1,
		Window: time.Second, FirstDelay: 2 * time.Minute, MaxDelay: -1, KnownFor: time.Second, TokenFor: 25 * time.Hour,
		Budget: time.Hour, Store: (*nilStore)(nil), Secret: []byte("hunter2"),
	})
	mwtest.Faults(t, err,
		`lockout: PerAddress: "101": not between 1 and 100`,
		`lockout: PerAccount: "101": not between 100 and 100, from PerAddress up; leave it out for 30, or PerAddress if that is more`,
		`lockout: DelayAfter: "-1": not between 1 and 100`,
		`lockout: ChallengeAfter: "-1": not between 0 and 100`,
		`lockout: MaxKnown: "9": not between 1 and 8`,
		`lockout: MaxAccounts: "1048577": not between 1 and 1048576`,
		`lockout: Window: "1s": not between 1m0s and 720h0m0s`,
		`lockout: MaxDelay: "-1ns": not between 1ms and 1m0s, up to Window`,
		`lockout: FirstDelay: "2m0s": not between 1ms and 1ms`,
		`lockout: KnownFor: "1s": not between 1m0s and 8784h0m0s`,
		`lockout: TokenFor: "25h0m0s": not between 1m0s and 24h0m0s`,
		`lockout: Budget: "1h0m0s": not between 1ms and 1m0s`,
		`lockout: Store: is a nil pointer or function; leave it out for the memory of this process`,
		`lockout: Secret: 7 bytes`,
	)
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the secret is in the error")
	}
	_, err = lockout.New(lockout.Config{KnownFor: time.Hour, Window: 2 * time.Hour, MaxKnown: -1})
	mwtest.Faults(t, err,
		`lockout: MaxKnown: "-1": not between 1 and 8`,
		`lockout: KnownFor: "1h0m0s": not between 2h0m0s and 8784h0m0s`,
	)
	_, err = lockout.New(lockout.Config{Store: storeFunc(nil), Secret: make([]byte, 32)})
	mwtest.Faults(t, err, "lockout: Store: is a nil pointer or function")
	_, err = lockout.New(lockout.Config{Store: nilStore{}})
	mwtest.Faults(t, err, "lockout: Secret: missing")
}

// New refuses an option that has no effect, because its author believes in it.
func TestNewRefusesOptionsThatTheStoreIgnores(t *testing.T) {
	secret := make([]byte, 32)
	for name, tc := range map[string]struct {
		cfg  lockout.Config
		want []string
	}{
		"Budget without Store": {lockout.Config{Budget: time.Second}, []string{
			`lockout: Budget: "1s": has no meaning without Store; set Store, or leave it out`,
		}},
		"MaxAccounts with Store": {lockout.Config{Store: nilStore{}, Secret: secret, MaxAccounts: 5}, []string{
			`lockout: MaxAccounts: "5": has no meaning with a Store, which has room of its own; leave out one of the two`,
		}},
		"the default, written out": {lockout.Config{Store: nilStore{}, Secret: secret, MaxAccounts: 1 << 14}, []string{
			`lockout: MaxAccounts: "16384": has no meaning with`,
		}},
		"beside other faults": {lockout.Config{Budget: 250 * time.Millisecond, MaxAccounts: -1, PerAddress: -1}, []string{
			`lockout: Budget: "250ms": has no meaning`, `lockout: MaxAccounts: "-1": not between 1 and 1048576`, `lockout: PerAddress: "-1": not between`,
		}},
		"one fault for a field": {lockout.Config{Budget: time.Hour}, []string{`lockout: Budget: "1h0m0s": not between 1ms and 1m0s`}},
		"Budget with Store":     {lockout.Config{Store: nilStore{}, Secret: secret, Budget: time.Second}, nil},
		"Secret without Store":  {lockout.Config{Secret: secret, MaxAccounts: 5}, nil}, // the hashes stay the same after a restart
	} {
		t.Run(name, func(t *testing.T) {
			g, err := lockout.New(tc.cfg)
			mwtest.Faults(t, err, tc.want...)
			if (g == nil) != (len(tc.want) > 0) {
				t.Errorf("%v with error %v", g, err)
			}
		})
	}
}

func TestDefaultsFitTheGivenFields(t *testing.T) {
	for _, cfg := range []lockout.Config{
		{}, {PerAddress: 1}, {PerAddress: 100}, {PerAddress: 2, PerAccount: 2}, {Window: time.Minute}, {MaxAccounts: 1},
		{ChallengeAfter: 10}, {FirstDelay: 5 * time.Minute}, {MaxDelay: time.Millisecond}, {Secret: make([]byte, 32)},
	} {
		if _, err := lockout.New(cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestSecretIsCopied(t *testing.T) {
	secret := make([]byte, 32)
	store := new(recorder)
	g := newGuard(t, lockout.Config{Store: store, Secret: secret})
	_ = g.Unlock(t.Context(), "ann")
	secret[0] = 1
	_ = g.Unlock(t.Context(), "ann")
	if store.accounts[0] != store.accounts[1] {
		t.Error("a change of the slice has changed the key")
	}
	other := newGuard(t, lockout.Config{Store: store, Secret: secret})
	_ = other.Unlock(t.Context(), "ann")
	if store.accounts[1] == store.accounts[2] {
		t.Error("the secret is not in the hash")
	}
}

func TestDelay(t *testing.T) {
	p := lockout.Policy{DelayAfter: 3, FirstDelay: time.Second, MaxDelay: 10 * time.Second}
	for n, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 10, 10} {
		if got := p.Delay(n); got != want*time.Second {
			t.Errorf("after %d: %v, want %d s", n, got, want)
		}
	}
	p = lockout.Policy{DelayAfter: 1, FirstDelay: time.Millisecond, MaxDelay: 30 * 24 * time.Hour}
	if got := p.Delay(100); got != p.MaxDelay {
		t.Errorf("after 100: %v", got)
	}
}
