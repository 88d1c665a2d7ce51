package redisstore

import (
	"net/netip"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// newStore returns a Store for the server at addr. It is closed at the end of the test.
func newStore(tb testing.TB, addr string, cfg Config) *Store {
	tb.Helper()
	return newStoreFor(tb, redis.NewClient(&redis.Options{Addr: addr}), cfg)
}

func newStoreFor(tb testing.TB, client redis.UniversalClient, cfg Config) *Store {
	tb.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Second
	}
	s := mwtest.Must[*Store](tb)(New(client, cfg))
	tb.Cleanup(func() { _, _ = s.Close(), client.Close() })
	return s
}

// makeKey returns a key, its record, and the record of its successor and of the key during
// the overlap.
func makeKey(tb testing.TB) (key string, record, next, previous apikey.Record) {
	tb.Helper()
	a := authenticator(tb, new(apikey.MemoryStore))
	key, record, err := a.Generate(apikey.Record{
		Subject: "ann", Scopes: []string{"notes:read"}, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		ExpiresAt: time.Now().Add(time.Hour),
	})
	if err == nil {
		_, next, previous, err = a.Rotate(record, time.Now().Add(2*time.Hour), time.Minute)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return key, record, next, previous
}

func authenticator(tb testing.TB, s apikey.Store) *apikey.Authenticator {
	tb.Helper()
	return mwtest.Must[*apikey.Authenticator](tb)(apikey.New(apikey.Config{Store: s, Prefix: "notes", Env: "live"}))
}
