package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
)

// A record is the tokens of an owner as the store has them, sealed. Times are milliseconds since
// 1970; 0 is no time.
type record struct {
	Access  string `json:"a"`
	Refresh string `json:"r,omitempty"`
	ID      string `json:"i,omitempty"`
	Expires int64  `json:"e,omitempty"` // of Access
	Claimed int64  `json:"c,omitempty"` // until then one process renews the tokens

	sealed []byte // the value in the store; nil for a record that is not stored
}

func newRecord(t oauth.Tokens) *record {
	r := &record{Access: t.Access, Refresh: t.Refresh, ID: t.ID}
	if !t.Expires.IsZero() {
		r.Expires = t.Expires.UnixMilli()
	}
	return r
}

func (r *record) tokens() oauth.Tokens {
	t := oauth.Tokens{Access: r.Access, Refresh: r.Refresh, ID: r.ID}
	if r.Expires != 0 {
		t.Expires = time.UnixMilli(r.Expires)
	}
	return t
}

// good reports whether the access token is good at a time. The provider may not tell when it
// expires.
func (r *record) good(at time.Time) bool { return r.Expires == 0 || at.UnixMilli() < r.Expires }

// nameOf returns the name of an owner in the store, which tells its reader nothing.
func nameOf(owner string) string {
	sum := sha256.Sum256([]byte(purpose + "\n" + owner))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// load returns the record under name. It is nil if there is no value that the keys open. sealed is
// the value in the store.
func (k *Keeper) load(ctx context.Context, name string) (r *record, sealed []byte, err error) {
	sealed, err = k.cfg.Store.Load(ctx, name)
	if err != nil {
		return nil, nil, unavailable(ctx, "the store: %w", err)
	}
	text, ok := k.keys.Open(sealed, name)
	r = &record{sealed: sealed}
	if !ok || json.Unmarshal(text, r) != nil {
		return nil, sealed, nil
	}
	return r, sealed, nil
}

// swap stores next in the place of the value old, and reports whether it was there. A nil next
// deletes the value.
func (k *Keeper) swap(ctx context.Context, name string, old []byte, next *record) (bool, error) {
	var value []byte
	if next != nil {
		text, err := json.Marshal(next)
		if err != nil {
			return false, err
		}
		value = k.keys.Seal(text, name)
		next.sealed = value
	}
	ok, err := k.cfg.Store.Swap(ctx, name, old, value, k.cfg.Keep)
	if err != nil { // the outcome is not known, and a Swap that is sent again is safe
		ok, err = k.cfg.Store.Swap(ctx, name, old, value, k.cfg.Keep)
	}
	if err != nil {
		return false, unavailable(ctx, "the store: %w", err)
	}
	return ok, nil
}

// unavailable returns the error of an outage. A client that has left is no outage.
func unavailable(ctx context.Context, format string, args ...any) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return authn.ErrUnavailable.With(fmt.Errorf("tokens: "+format, args...))
}
