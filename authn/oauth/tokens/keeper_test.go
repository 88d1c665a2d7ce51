package tokens_test

import (
	"bytes"
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
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestSaveAndRemove(t *testing.T) {
	k := newKeeper(t, new(tokenstore.Memory), new(rotator).refresh)
	want := oauth.Tokens{Access: "a", Refresh: "r", ID: "i", Expires: time.UnixMilli(time.Now().Add(time.Hour).UnixMilli())}
	save(t, k, "ann", oauth.Tokens{Access: "older"})
	save(t, k, "ann", want)
	for i, want := range []oauth.Tokens{want, {}} {
		if got, err := k.Remove(t.Context(), "ann"); err != nil || got.Access != want.Access || got.Refresh != want.Refresh || got.ID != want.ID || !got.Expires.Equal(want.Expires) {
			t.Errorf("%d: another result (%v)", i, err)
		}
	}
	for owner, tk := range map[string]oauth.Tokens{"": want, "ann": {}} {
		if err := k.Save(t.Context(), owner, tk); !errors.Is(err, httperr.ErrInternal) {
			t.Errorf("%q: %v", owner, err)
		}
	}
}

// A spy is a store that shows what it has.
type spy struct {
	tokenstore.Memory
	mu   sync.Mutex
	seen []byte
	last map[string][]byte
}

func (s *spy) Swap(ctx context.Context, name string, old, next []byte, keep time.Duration) (bool, error) {
	s.mu.Lock()
	s.seen = append(append(append(s.seen, name...), old...), next...)
	if s.last == nil {
		s.last = map[string][]byte{}
	}
	s.last[name] = bytes.Clone(next)
	s.mu.Unlock()
	return s.Memory.Swap(ctx, name, old, next, keep)
}

// The store sees neither a token nor an owner, and a value counts under its own name only.
func TestValuesAreSealed(t *testing.T) {
	store := new(spy)
	k := newKeeper(t, store, new(rotator).refresh)
	for _, owner := range []string{"ann-hunter2", "bob-hunter2"} {
		save(t, k, owner, oauth.Tokens{Access: owner, Refresh: "hunter2", ID: "hunter2"})
	}
	if bytes.Contains(store.seen, []byte("hunter2")) {
		t.Errorf("the store has seen %q", store.seen)
	}
	var names []string
	for name := range store.last {
		names = append(names, name)
	}
	if len(names) != 2 || len(names[0]) != 43 {
		t.Fatalf("the names are %q", names)
	}
	// The values change places.
	a, b := store.last[names[0]], store.last[names[1]]
	for i, value := range [][]byte{b, a} {
		if ok, err := store.Memory.Swap(t.Context(), names[i], store.last[names[i]], value, time.Hour); !ok || err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, k, "ann-hunter2", tokens.ErrNone)
	if removed, err := k.Remove(t.Context(), "ann-hunter2"); err != nil || removed.Access != "" {
		t.Errorf("a value of another owner: %v", err)
	}
}

// A key is replaced while values of the older one are in use.
func TestKeysRotate(t *testing.T) {
	store := new(tokenstore.Memory)
	next := bytes.Repeat([]byte("n"), 32)
	refresh := new(rotator).refresh
	save(t, newKeeper(t, store, refresh, key), "ann", oauth.Tokens{Access: "a"})
	both := newKeeper(t, store, refresh, next, key)
	wantAccess(t, both, "ann", "a")
	wantErr(t, newKeeper(t, store, refresh, next), "ann", tokens.ErrNone)
	save(t, both, "ann", oauth.Tokens{Access: "b"})
	wantAccess(t, newKeeper(t, store, refresh, next), "ann", "b")
	wantErr(t, newKeeper(t, store, refresh, key), "ann", tokens.ErrNone)
	save(t, newKeeper(t, store, refresh, key), "ann", oauth.Tokens{Access: "c"}) // over a value that does not open
	wantAccess(t, newKeeper(t, store, refresh, key), "ann", "c")
}

// Each call of the store that fails once is made again if that is safe, and otherwise is 503.
// After the outage the tokens are there, or the user logs in again; no refresh token is spent
// twice.
func TestStoreOutage(t *testing.T) {
	for call := 1; call <= 8; call++ {
		for _, twice := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p, store := &rotator{life: time.Hour}, new(failingStore)
				k := newKeeper(t, store, p.refresh)
				save(t, k, "ann", p.tokens())
				time.Sleep(time.Hour)
				store.calls = 0
				store.fails = func(c int) bool { return c == call || twice && c == call+1 }
				access, err := k.Access(t.Context(), "ann")
				if err != nil && !errors.Is(err, authn.ErrUnavailable) || err == nil && access != "a1" {
					t.Errorf("call %d fails: %q, %v", call, access, err)
				}
				store.fails = nil
				time.Sleep(31 * time.Second)
				access, err = k.Access(t.Context(), "ann")
				lost := call == 4 && twice // the answer of the provider could not be stored
				if !lost && (access != "a1" || err != nil || p.reuse) || lost && !errors.Is(err, tokens.ErrNone) {
					t.Errorf("after call %d: %q, %v, reuse %v", call, access, err, p.reuse)
				}
			})
		}
	}
	store := &failingStore{fails: func(int) bool { return true }}
	k := newKeeper(t, store, new(rotator).refresh)
	wantErr(t, k, "ann", authn.ErrUnavailable)
	if err := k.Save(t.Context(), "ann", oauth.Tokens{Access: "a"}); !errors.Is(err, authn.ErrUnavailable) || !errors.Is(err, errStore) {
		t.Error(err)
	}
	if _, err := k.Remove(t.Context(), "ann"); !errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Access(ctx, "ann"); !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
		t.Errorf("a client that has left: %v", err)
	}
}

// Changes of other processes between a Load and its Swap are seen.
func TestContest(t *testing.T) {
	store := new(failingStore)
	other := newKeeper(t, &store.Memory, new(rotator).refresh)
	k := newKeeper(t, store, new(rotator).refresh)
	store.before = map[int]func(){2: func() { save(t, other, "ann", oauth.Tokens{Access: "b"}) }}
	save(t, k, "ann", oauth.Tokens{Access: "a"})
	wantAccess(t, other, "ann", "a")
	store.calls = 0
	store.before = map[int]func(){2: func() { save(t, other, "ann", oauth.Tokens{Access: "c"}) }}
	if removed, err := k.Remove(t.Context(), "ann"); err != nil || removed.Access != "c" {
		t.Errorf("%q %v", removed.Access, err)
	}
	always := map[int]func(){}
	for i := range 10 {
		always[2*i] = func() { save(t, other, "ann", oauth.Tokens{Access: "d"}) }
	}
	store.calls, store.before = 0, always
	if err := k.Save(t.Context(), "ann", oauth.Tokens{Access: "a"}); !errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
	store.calls = 0
	if _, err := k.Remove(t.Context(), "ann"); !errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
}

func TestConfigFaults(t *testing.T) {
	good := tokens.Config{Store: new(tokenstore.Memory), Keys: [][]byte{key}, Refresh: new(rotator).refresh}
	for name, c := range map[string]struct {
		change func(*tokens.Config)
		faults []string
	}{
		"good":    {func(*tokens.Config) {}, nil},
		"nothing": {func(c *tokens.Config) { *c = tokens.Config{} }, []string{"tokens: Store: is nil", "tokens: Keys: is empty", "tokens: Refresh: is nil"}},
		"store":   {func(c *tokens.Config) { c.Store = (*tokenstore.Memory)(nil) }, []string{"tokens: Store: is nil"}},
		"keys":    {func(c *tokens.Config) { c.Keys = [][]byte{key, key[1:]} }, []string{"tokens: Keys[1]: is shorter"}},
		"early":   {func(c *tokens.Config) { c.Early = time.Hour }, []string{`tokens: Early: "1h0m0s": `}},
		"keep":    {func(c *tokens.Config) { c.Keep = time.Minute }, []string{`tokens: Keep: "1m0s": `}},
	} {
		cfg := good
		c.change(&cfg)
		_, err := tokens.New(cfg)
		if mwtest.Faults(t, err, c.faults...); t.Failed() {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
