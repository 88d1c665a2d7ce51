package tokens_test

import (
	"context"
	"errors"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/tokens"
	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var key = []byte(strings.Repeat("k", 32))

// A rotator is a provider that rotates refresh tokens. The second use of one ends them all.
type rotator struct {
	mu    sync.Mutex
	n     int // of the newest tokens
	life  time.Duration
	reuse bool
	err   error
	calls int
	slow  func() // runs before the answer
}

func (p *rotator) refresh(_ context.Context, refresh string) (oauth.Tokens, error) {
	if p.slow != nil {
		p.slow()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	switch {
	case p.err != nil:
		return oauth.Tokens{}, p.err
	case p.reuse || refresh != "r"+strconv.Itoa(p.n):
		p.reuse = true
		return oauth.Tokens{}, oauth.ErrGrant
	}
	p.n++
	return p.tokens(), nil
}

func (p *rotator) tokens() oauth.Tokens {
	return oauth.Tokens{Access: "a" + strconv.Itoa(p.n), Refresh: "r" + strconv.Itoa(p.n), Expires: time.Now().Add(p.life)}
}

func newKeeper(t testing.TB, store tokenstore.Store, refresh func(context.Context, string) (oauth.Tokens, error), keys ...[]byte) *tokens.Keeper {
	t.Helper()
	if len(keys) == 0 {
		keys = [][]byte{key}
	}
	return mwtest.Must[*tokens.Keeper](t)(tokens.New(tokens.Config{Store: store, Keys: keys, Refresh: refresh}))
}

func save(t testing.TB, k *tokens.Keeper, owner string, tk oauth.Tokens) {
	t.Helper()
	if err := k.Save(t.Context(), owner, tk); err != nil {
		t.Fatal(err)
	}
}

func wantAccess(t testing.TB, k *tokens.Keeper, owner, want string) {
	t.Helper()
	if got, err := k.Access(t.Context(), owner); got != want || err != nil {
		t.Errorf("the access token is %q, want %q (%v)", got, want, err)
	}
}

func wantErr(t testing.TB, k *tokens.Keeper, owner string, want error) {
	t.Helper()
	if got, err := k.Access(t.Context(), owner); got != "" || !errors.Is(err, want) {
		t.Errorf("the access token is %q, %v, want the error %v", got, err, want)
	}
}

// A failingStore fails at some calls, and runs a function before one.
type failingStore struct {
	tokenstore.Memory
	mu     sync.Mutex
	calls  int
	fails  func(call int) bool
	before map[int]func()
}

var errStore = errors.New("the store is down")

func (s *failingStore) call() error {
	s.mu.Lock()
	s.calls++
	call := s.calls
	run := s.before[call]
	s.mu.Unlock()
	if run != nil {
		run()
	}
	if s.fails != nil && s.fails(call) {
		return errStore
	}
	return nil
}

func (s *failingStore) Load(ctx context.Context, name string) ([]byte, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	return s.Memory.Load(ctx, name)
}

func (s *failingStore) Swap(ctx context.Context, name string, old, next []byte, keep time.Duration) (bool, error) {
	if err := s.call(); err != nil {
		return false, err
	}
	return s.Memory.Swap(ctx, name, old, next, keep)
}

// redisTimeout leaves time to a machine that is busy.
const redisTimeout = time.Second

func newJar(t testing.TB) *cookiejar.Jar {
	t.Helper()
	return mwtest.Must[*cookiejar.Jar](t)(cookiejar.New(nil))
}
