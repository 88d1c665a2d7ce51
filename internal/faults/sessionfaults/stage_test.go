package sessionfaults

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// A stage is a store with a network before it, on which a proof is performed.
type stage struct {
	name    string
	virtual bool                                // its time is that of a bubble of package synctest
	open    func(testing.TB) sessionstore.Store // the store, as one more process has it
	reset   func()                              // cuts all connections
	grace   time.Duration                       // the shortest one that is long for the retries of the proofs
}

// onEachStage performs a proof on the memory store in virtual time, and on Redis.
func onEachStage(t *testing.T, proof func(*testing.T, stage)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { proof(t, memoryStage()) })
	})
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { proof(t, redisStage(t, b)) })
	}
}

// onCalibratedStages performs a proof that must detect a mistake, where no other mistake can
// be in the way.
func onCalibratedStages(t *testing.T, proof func(*testing.T, stage)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { proof(t, memoryStage()) })
	})
	t.Run(calibration.name, func(t *testing.T) { proof(t, redisStage(t, calibration)) })
}

// memoryStage is a memory store behind a network.
func memoryStage() stage {
	store, cuts := new(sessionstore.Memory), new(atomic.Int64)
	return stage{
		name:    "memory",
		virtual: true,
		open:    func(testing.TB) sessionstore.Store { return wire{store, cuts} },
		reset:   func() { cuts.Add(1) },
		grace:   2 * time.Second,
	}
}

// A wire is the network before a memory store. A call that is under way when the connections
// are cut fails, and may have been applied.
type wire struct {
	sessionstore.Store
	cuts *atomic.Int64
}

var errCut = errors.New("the connection was reset")

// carry makes a call that is under way for up to 2 ms before it is applied, and again after.
func (w wire) carry(call func()) error {
	before := w.cuts.Load()
	time.Sleep(rand.N(2 * time.Millisecond))
	if w.cuts.Load() != before {
		return errCut
	}
	call()
	time.Sleep(rand.N(2 * time.Millisecond))
	if w.cuts.Load() != before {
		return errCut
	}
	return nil
}

func (w wire) Create(ctx context.Context, c sessionstore.Creation) (out sessionstore.Created, err error) {
	cut := w.carry(func() { out, err = w.Store.Create(ctx, c) })
	return out, errors.Join(err, cut)
}

func (w wire) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	cut := w.carry(func() { r, found, err = w.Store.Read(ctx, sid) })
	return r, found, errors.Join(err, cut)
}

func (w wire) Commit(ctx context.Context, c sessionstore.Commit) (r sessionstore.Record, o sessionstore.Outcome, err error) {
	cut := w.carry(func() { r, o, err = w.Store.Commit(ctx, c) })
	return r, o, errors.Join(err, cut)
}

func (w wire) End(ctx context.Context, sids []string, keep time.Duration) (ended []string, err error) {
	cut := w.carry(func() { ended, err = w.Store.End(ctx, sids, keep) })
	return ended, errors.Join(err, cut)
}

func (w wire) Check(ctx context.Context, q sessionstore.Query) (v sessionstore.Verdict, err error) {
	cut := w.carry(func() { v, err = w.Store.Check(ctx, q) })
	return v, errors.Join(err, cut)
}

// A checker decides about the access tokens of sessions, in a process of its own.
type checker struct{ *session.Revocation }

func newChecker(tb testing.TB, store sessionstore.Revocations, budget time.Duration) checker {
	tb.Helper()
	v, err := session.NewRevocation(session.RevocationConfig{Store: store, Budget: budget})
	if err != nil {
		tb.Fatal(err)
	}
	return checker{v}
}

// passes reports whether an access token of a session is accepted.
func (c checker) passes(tb testing.TB, subject, sid string) bool {
	tb.Helper()
	revoked, err := c.Revoked(tb.Context(), accessToken(subject, sid))
	if err != nil {
		tb.Fatal(err)
	}
	return !revoked
}

// accessToken returns the principal of an access token of a session, as package jwtauth does.
func accessToken(subject, sid string) *authn.Principal {
	return &authn.Principal{Issuer: issuer, Subject: subject, TokenID: "jti of " + sid, SessionID: sid, IssuedAt: time.Now()}
}
