package tokens_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/tokens"
	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
)

// An access token is renewed a minute before its end, and not earlier.
func TestAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		k := newKeeper(t, new(tokenstore.Memory), p.refresh)
		wantErr(t, k, "ann", tokens.ErrNone)
		save(t, k, "ann", p.tokens())
		wantAccess(t, k, "ann", "a0")
		wantErr(t, k, "Ann", tokens.ErrNone)
		time.Sleep(59*time.Minute - time.Second)
		wantAccess(t, k, "ann", "a0")
		time.Sleep(2 * time.Second)
		wantAccess(t, k, "ann", "a1")
		wantAccess(t, k, "ann", "a1")
		time.Sleep(3 * time.Hour) // long after its end
		wantAccess(t, k, "ann", "a2")
		if p.calls != 2 {
			t.Errorf("%d renewals", p.calls)
		}
		// Tokens that nobody uses end.
		time.Sleep(31 * 24 * time.Hour)
		wantErr(t, k, "ann", tokens.ErrNone)
	})
}

// Without a refresh token an access token lasts to its end, and without an end for ever.
func TestAccessWithoutRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{}
		k := newKeeper(t, new(tokenstore.Memory), p.refresh)
		save(t, k, "ann", oauth.Tokens{Access: "a", Expires: time.Now().Add(time.Hour)})
		save(t, k, "bob", oauth.Tokens{Access: "b"})
		time.Sleep(time.Hour - time.Second)
		wantAccess(t, k, "ann", "a")
		time.Sleep(time.Second)
		wantErr(t, k, "ann", tokens.ErrNone)
		time.Sleep(10 * 24 * time.Hour)
		wantAccess(t, k, "bob", "b")
		if p.calls != 0 {
			t.Errorf("%d renewals", p.calls)
		}
	})
}

// A hundred requests of each of three processes share one renewal. The others use the token
// that there is, or get 503 if it has expired.
func TestOneRenewalAtATime(t *testing.T) {
	for name, expired := range map[string]bool{"still good": false, "expired": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &rotator{life: time.Hour, slow: func() { time.Sleep(5 * time.Second) }}
				store := new(tokenstore.Memory)
				var keepers []*tokens.Keeper
				for range 3 {
					keepers = append(keepers, newKeeper(t, store, p.refresh))
				}
				save(t, keepers[0], "ann", p.tokens())
				time.Sleep(time.Hour - 30*time.Second)
				if expired {
					time.Sleep(time.Hour)
				}
				var all sync.WaitGroup
				var mu sync.Mutex
				got := map[string]int{}
				for i := range 300 {
					all.Go(func() {
						access, err := keepers[i%3].Access(t.Context(), "ann")
						mu.Lock()
						defer mu.Unlock()
						if errors.Is(err, authn.ErrUnavailable) {
							access = "503"
						} else if err != nil {
							t.Error(err)
						}
						got[access]++
					})
				}
				all.Wait()
				others := "a0"
				if expired {
					others = "503"
				}
				if got["a1"] != 100 || got[others] != 200 || p.calls != 1 || p.reuse {
					t.Errorf("%v, %d renewals, reuse %v", got, p.calls, p.reuse)
				}
				for _, k := range keepers {
					wantAccess(t, k, "ann", "a1")
				}
			})
		})
	}
}

// A careless store takes every Swap.
type careless struct{ tokenstore.Memory }

func (c *careless) Swap(ctx context.Context, name string, _, next []byte, keep time.Duration) (bool, error) {
	has, err := c.Load(ctx, name)
	if err != nil {
		return false, err
	}
	_, err = c.Memory.Swap(ctx, name, has, next, keep)
	return true, err
}

// On a store that does not compare, two processes use one refresh token, and the provider of the
// tests notices.
func TestSecondUseIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		store := new(careless)
		save(t, newKeeper(t, store, p.refresh), "ann", p.tokens())
		time.Sleep(time.Hour)
		// The second process loads the tokens before the first one claims them.
		late := &failingStore{before: map[int]func(){3: func() { wantAccess(t, newKeeper(t, store, p.refresh), "ann", "a1") }}}
		_, err := newKeeper(t, &before{store, late}, p.refresh).Access(t.Context(), "ann")
		if !errors.Is(err, tokens.ErrNone) || !p.reuse {
			t.Errorf("%v, reuse %v", err, p.reuse)
		}
	})
}

// before runs the functions of a failingStore before the calls of another store.
type before struct {
	tokenstore.Store
	calls *failingStore
}

func (b *before) Load(ctx context.Context, name string) ([]byte, error) {
	_ = b.calls.call()
	return b.Store.Load(ctx, name)
}

func (b *before) Swap(ctx context.Context, name string, old, next []byte, keep time.Duration) (bool, error) {
	_ = b.calls.call()
	return b.Store.Swap(ctx, name, old, next, keep)
}

// An outage of the provider costs nothing while the access token is good, and ends no tokens.
func TestProviderOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		k := newKeeper(t, new(tokenstore.Memory), p.refresh)
		save(t, k, "ann", p.tokens())
		p.err = errors.New("down")
		time.Sleep(time.Hour - 30*time.Second)
		wantAccess(t, k, "ann", "a0")
		time.Sleep(31 * time.Second)
		wantErr(t, k, "ann", authn.ErrUnavailable)
		p.err = nil
		wantAccess(t, k, "ann", "a1") // at once: the failed renewal has given its claim back
	})
}

// A refresh token that the provider refuses is deleted, and no other one.
func TestRefusedGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		k := newKeeper(t, new(tokenstore.Memory), p.refresh)
		save(t, k, "ann", p.tokens())
		time.Sleep(time.Hour)
		p.reuse = true
		wantErr(t, k, "ann", tokens.ErrNone)
		if _, err := k.Access(t.Context(), "ann"); errors.Is(err, oauth.ErrGrant) || p.calls != 1 {
			t.Errorf("the refused token is kept: %v, %d renewals", err, p.calls)
		}
		// While the provider refuses it, the user logs in again.
		save(t, k, "ann", p.tokens())
		time.Sleep(time.Hour)
		p.slow = func() { save(t, k, "ann", oauth.Tokens{Access: "new", Refresh: "other"}) }
		wantAccess(t, k, "ann", "new")
	})
}

// A login or a logout during a renewal wins.
func TestChangesDuringARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		k := newKeeper(t, new(tokenstore.Memory), p.refresh)
		save(t, k, "ann", p.tokens())
		time.Sleep(time.Hour)
		p.slow = func() { save(t, k, "ann", oauth.Tokens{Access: "new", Refresh: "other"}) }
		wantAccess(t, k, "ann", "new")

		save(t, k, "ann", p.tokens())
		time.Sleep(time.Hour)
		p.slow = func() {
			if removed, err := k.Remove(t.Context(), "ann"); err != nil || removed.Refresh != "r1" {
				t.Errorf("%+v %v", removed.Refresh, err)
			}
		}
		wantErr(t, k, "ann", tokens.ErrNone)
		p.slow = nil
		wantErr(t, k, "ann", tokens.ErrNone)
	})
}

// A client that leaves does not end the renewal, and neither does a process that dies for long.
func TestInterruptedRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &rotator{life: time.Hour}
		store := new(tokenstore.Memory)
		k := newKeeper(t, store, p.refresh)
		save(t, k, "ann", p.tokens())
		time.Sleep(time.Hour)
		ctx, leave := context.WithCancel(t.Context())
		p.slow = leave
		if access, err := k.Access(ctx, "ann"); access != "a1" || err != nil {
			t.Errorf("%q %v", access, err)
		}
		// A waiting client that leaves gets its own error.
		time.Sleep(time.Hour)
		p.slow = func() { time.Sleep(5 * time.Second) }
		var all sync.WaitGroup
		all.Go(func() { wantAccess(t, k, "ann", "a2") })
		time.Sleep(time.Second)
		waiting, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := k.Access(waiting, "ann"); err == nil {
			t.Error("the waiting client has not left")
		}
		all.Wait()
		// A process that has claimed the tokens and died.
		time.Sleep(time.Hour)
		p.slow = nil
		died := make(chan struct{})
		dead := newKeeper(t, store, func(context.Context, string) (oauth.Tokens, error) { <-died; return oauth.Tokens{}, errors.New("died") })
		go func() { _, _ = dead.Access(t.Context(), "ann") }()
		time.Sleep(29 * time.Second)
		wantErr(t, k, "ann", authn.ErrUnavailable)
		time.Sleep(2 * time.Second)
		wantAccess(t, k, "ann", "a3")
		close(died)
		synctest.Wait()
		wantAccess(t, k, "ann", "a3")
	})
}

// A panic of Refresh ends the renewal of its own request, and the waiting ones get an error.
func TestPanicOfRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, new(tokenstore.Memory), func(context.Context, string) (oauth.Tokens, error) {
			time.Sleep(time.Second)
			panic("refresh")
		})
		save(t, k, "ann", oauth.Tokens{Access: "a", Refresh: "r", Expires: time.Now()})
		go func() {
			defer func() { _ = recover() }()
			_, _ = k.Access(t.Context(), "ann")
		}()
		synctest.Wait()
		if _, err := k.Access(t.Context(), "ann"); err == nil {
			t.Error("the waiting request has no error")
		}
	})
}
