package apikey_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// store counts the calls of Find and can return an error or a wrong record.
type store struct {
	inner  *apikey.MemoryStore
	err    error          // if set, the result of every Find
	answer *apikey.Record // if set, the record for every ID
	calls  atomic.Int64
}

func (s *store) Find(ctx context.Context, id string) (apikey.Record, bool, error) {
	s.calls.Add(1)
	switch {
	case s.err != nil:
		return apikey.Record{}, false, s.err
	case s.answer != nil:
		return *s.answer, true, nil
	}
	return s.inner.Find(ctx, id)
}

func newStore() *store { return &store{inner: new(apikey.MemoryStore)} }

func build(t testing.TB, cfg apikey.Config) *apikey.Authenticator {
	t.Helper()
	if cfg.Prefix == "" {
		cfg.Prefix, cfg.Env = "notes", "live"
	}
	return mwtest.Must[*apikey.Authenticator](t)(apikey.New(cfg))
}

// buildWithStore returns an Authenticator and its empty store.
func buildWithStore(t testing.TB) (*apikey.Authenticator, *store) {
	t.Helper()
	s := newStore()
	return build(t, apikey.Config{Store: s}), s
}

func prefixes(text ...string) (p []netip.Prefix) {
	for _, s := range text {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

// grant is the record from which the tests generate their keys. The requests of
// httptest come from 192.0.2.1.
func grant() apikey.Record {
	return apikey.Record{
		Subject: "ann", ClientID: "cli", Tenant: "acme",
		Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"editor"},
		Networks:  prefixes("192.0.2.0/24", "2001:db8::/32"),
		ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second),
	}
}

// issue generates a key, changes its record and stores it.
func issue(t testing.TB, a *apikey.Authenticator, s *store, change func(*apikey.Record)) (string, apikey.Record) {
	t.Helper()
	key, rec, err := a.Generate(grant())
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&rec)
	}
	if err := s.inner.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	return key, rec
}

func request(keys ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for _, k := range keys {
		r.Header.Add("X-API-Key", k)
	}
	return r
}

func protect(t testing.TB, a *apikey.Authenticator, next http.Handler) http.Handler {
	t.Helper()
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	return m.Handler(next)
}

// allHaveFixes checks that each fault in err says its reason and its fix.
func allHaveFixes(t *testing.T, err error) {
	t.Helper()
	for _, leaf := range mwtest.Leaves(err) {
		if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Fix == "" || e.Reason == "" {
			t.Errorf("%T without reason and fix: %v", leaf, leaf)
		}
	}
}
