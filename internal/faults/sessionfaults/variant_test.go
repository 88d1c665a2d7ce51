package sessionfaults

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// The variants are rules of rotation that are easy to choose and wrong. Each is the real
// Manager on a store that does not tell it the truth about the last rotation. The store
// learns from the context which token is presented.

type tokenKey struct{}

// presenting returns a context that says to a variant which token is presented.
func presenting(token string) context.Context {
	return context.WithValue(context.Background(), tokenKey{}, sha256.Sum256([]byte(secretOf(token))))
}

// secretOf returns the secret in the text of a refresh token.
func secretOf(token string) string {
	const from, n = len("rt1_") + 52 + len("_"), 52
	if len(token) < from+n {
		return ""
	}
	return token[from : from+n]
}

// A view is the part of the state of a family that the variants need. Its layout is that of
// package family, version 1.
type view struct {
	current, previous [32]byte
	confirmed         bool
}

func viewOf(state []byte) (v view) {
	if state[0] != 1 {
		panic("the layout of the state has changed")
	}
	v.confirmed = state[1] == 1
	copy(v.current[:], state[2:])
	copy(v.previous[:], state[34:])
	return v
}

// predecessorOnly accepts the predecessor, and rotates at every use of the current token.
type predecessorOnly struct{ sessionstore.Store }

func (s predecessorOnly) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	r, found, err = s.Store.Read(ctx, sid)
	if found && ctx.Value(tokenKey{}) == viewOf(r.State).current {
		r.Rotated = time.Time{} // so the family was not rotated a moment ago
	}
	return r, found, err
}

// givesAgain gives a successor that was never presented again, for 24 hours, instead of
// replacing it.
type givesAgain struct{ sessionstore.Store }

func (s givesAgain) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	r, found, err = s.Store.Read(ctx, sid)
	if !found || r.Rotated.IsZero() {
		return r, found, err
	}
	v := viewOf(r.State)
	if ctx.Value(tokenKey{}) == v.previous && !v.confirmed && r.Now.Sub(r.Rotated) < 24*time.Hour {
		r.Rotated = r.Now // so the grace of the predecessor has just begun
	}
	return r, found, err
}

func (s givesAgain) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	c.SealedFor = 24 * time.Hour
	return s.Store.Commit(ctx, c)
}

// graceless accepts no predecessor.
type graceless struct{ sessionstore.Store }

func (s graceless) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	r, found, err = s.Store.Read(ctx, sid)
	if found && ctx.Value(tokenKey{}) == viewOf(r.State).previous {
		r.Rotated = r.Now.Add(-time.Hour)
	}
	return r, found, err
}

// uncompared stores each change, whatever has happened since its state was read.
type uncompared struct{ sessionstore.Store }

func (s uncompared) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	r, o, err := s.Store.Commit(ctx, c)
	for err == nil && o == sessionstore.Conflict {
		c.Old = r.State
		r, o, err = s.Store.Commit(ctx, c)
	}
	return r, o, err
}

// afterLogout answers the commit of a session that has ended as if nothing had happened.
type afterLogout struct{ sessionstore.Store }

func (s afterLogout) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	r, o, err := s.Store.Commit(ctx, c)
	if err == nil && o == sessionstore.Ended {
		now := time.Now()
		return sessionstore.Record{SID: c.SID, State: c.New, Now: now, Expires: now.Add(c.Idle)}, sessionstore.Applied, nil
	}
	return r, o, err
}

// refreshOnly ends a session at logout, and leaves its access tokens as they are.
type refreshOnly struct{ sessionstore.Store }

func (s refreshOnly) Check(ctx context.Context, q sessionstore.Query) (sessionstore.Verdict, error) {
	v, err := s.Store.Check(ctx, q)
	v.Session = false
	return v, err
}
