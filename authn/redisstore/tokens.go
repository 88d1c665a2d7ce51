package redisstore

import (
	"context"
	_ "embed" // the script is a file of its own, so that editors read it as Lua
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// Tokens is a tokenstore.Store in Redis: the sealed tokens that users have at an identity
// provider. It is safe for concurrent use. The clock of Redis ends the values.
type Tokens struct {
	store  *Store
	script *redisscript.Script
}

var (
	//go:embed tokens.lua
	tokensSource string
	tokensScript = redisscript.New(tokensSource, 0)

	_ tokenstore.Store = (*Tokens)(nil)
)

// Tokens returns the tokens that have the Prefix of s. It does not connect.
func (s *Store) Tokens() *Tokens { return &Tokens{store: s, script: tokensScript} }

func (t *Tokens) key(name string) string { return t.store.prefix + ":tokens:" + name }

// Load implements tokenstore.Store.
func (t *Tokens) Load(ctx context.Context, name string) (value []byte, err error) {
	if err := t.store.checkEviction(ctx); err != nil {
		return nil, err
	}
	err = t.store.do(ctx, func(ctx context.Context) (err error) {
		value, err = t.store.client.Get(ctx, t.key(name)).Bytes()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return value, err
}

// Swap implements tokenstore.Store.
func (t *Tokens) Swap(ctx context.Context, name string, old, next []byte, keep time.Duration) (bool, error) {
	if old == nil {
		old = []byte{} // go-redis sends nil in another way
	}
	if next == nil {
		next = []byte{}
	}
	reply, err := t.store.write(ctx, t.script, []string{t.key(name)}, old, next, millis(keep))
	if err != nil {
		return false, err
	}
	return reply[0] == "swapped", nil
}
