package session_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Many uses of one spent token at a time are one theft, and one event.
func TestSpentTokenManyTimes(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		spent := b.jar
		b.post("/refresh", 200)
		time.Sleep(time.Minute)
		a.seen()
		var ready, wg sync.WaitGroup
		ready.Add(16)
		a.store.hook = func(call string) func() {
			if call != "Read" {
				return nil
			}
			return func() { ready.Done(); ready.Wait() }
		}
		for range 16 {
			wg.Go(func() { answers(t, b.refresh(spent), 401) })
		}
		wg.Wait()
		if kinds := a.kinds(); kinds != "reused" {
			t.Error(kinds)
		}
	})
}

// A thousand spent tokens, each of a session of its own, are all noticed.
func TestReplaysAreCaught(t *testing.T) {
	acceptance(t, func(c *session.Config) { c.MaxSessions = 1000 }, func(t *testing.T, a *app, _ *browser) {
		for range 1000 {
			b := a.newBrowser()
			b.login()
			spent := b.jar
			b.post("/refresh", 200)
			b.jar, spent = spent, b.jar
			time.Sleep(31 * time.Second)
			a.seen()
			answers(t, b.refresh(b.jar), 401)
			if a.kinds() != "reused" || !a.revoked(a.last()) {
				t.Fatal("not noticed")
			}
			answers(t, b.refresh(spent), 401)
		}
	})
}

// A spent token of an expired session is no theft: the session is over for everybody.
func TestSpentTokenOfExpiredSession(t *testing.T) {
	acceptance(t, func(c *session.Config) { c.Idle, c.Absolute = 15*time.Minute, 20*time.Minute }, func(t *testing.T, a *app, b *browser) {
		spent := b.jar
		time.Sleep(10 * time.Minute)
		b.post("/refresh", 200)
		time.Sleep(10 * time.Minute)
		a.seen()
		a.store.count()
		answers(t, b.refresh(spent), 401)
		answers(t, b.refresh(b.jar), 401)
		if calls := a.store.count(); a.kinds() != "" || len(calls) != 2 {
			t.Errorf("%q", calls)
		}
	})
}

// After the grace, the store has neither the successor nor a key that leads to it.
func TestSealedForGraceOnly(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		b.post("/refresh", 200)
		read := func() sessionstore.Record {
			rec, found, err := a.store.Memory.Read(t.Context(), a.last().ID)
			if !found || err != nil {
				t.Fatal(found, err)
			}
			return rec
		}
		time.Sleep(29 * time.Second)
		if len(read().Sealed) == 0 {
			t.Error("gone too early")
		}
		time.Sleep(time.Second)
		if len(read().Sealed) > 0 {
			t.Error("kept for too long")
		}
	})
}

// A predecessor was admissible when it came, and the successor was used before it could be
// replaced. The request is answered with 503, and ends nothing.
func TestInterference(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		b.post("/refresh", 200)
		time.Sleep(10 * time.Minute)
		a.setGrant(func(s session.Session) (session.Rights, error) {
			a.setGrant(nil)
			b.post("/refresh", 200)
			return session.Rights{Scopes: s.Scopes}, nil
		})
		mwtest.Refused(t, b.refresh(rt0), 503, "authentication_unavailable")
		if a.kinds() != "refreshed refreshed" {
			t.Error("other events")
		}
		b.post("/refresh", 200)
		answers(t, b.refresh(rt0), 401) // it is spent now
	})
}

// The client of the store sends a commit again, because the reply was lost.
func TestCommitIsSentTwice(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		twice := &retrying{Memory: &a.store.Memory}
		m := newManagerOn(t, twice)
		tokens, err := m.Begin(t.Context(), session.Login{Principal: ann("")})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			next, err := m.Rotate(t.Context(), tokens.Refresh)
			if err != nil || next.Refresh == tokens.Refresh {
				t.Fatal(next, err)
			}
			tokens = next
			time.Sleep(time.Minute)
		}
		if len(twice.kinds) != 6 || twice.kinds[5] != session.Refreshed {
			t.Errorf("%q", twice.kinds)
		}
	})
}

// retrying sends each commit twice.
type retrying struct {
	*sessionstore.Memory
	kinds []session.EventKind
}

func (r *retrying) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	_, _, _ = r.Memory.Commit(ctx, c)
	return r.Memory.Commit(ctx, c)
}

func newManagerOn(t *testing.T, r *retrying) *session.Manager {
	cfg := valid()
	cfg.Store = r
	cfg.Issue = func(context.Context, session.Session) (string, time.Time, error) {
		return "access", time.Now().Add(time.Minute), nil
	}
	cfg.Observe = func(_ context.Context, e session.Event) { r.kinds = append(r.kinds, e.Kind) }
	return mwtest.Must[*session.Manager](t)(session.New(cfg))
}

// AccessLifetime was made shorter. A logout still ends the tokens that were issued before.
func TestShorterAccessLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *session.Config) { c.AccessLifetime = time.Hour })
		a.issue = func(session.Session) (string, time.Time, error) { return "access", time.Now().Add(time.Hour), nil }
		s := a.logins("ann", 1)[0]
		cfg := valid()
		cfg.Store, cfg.AccessLifetime, cfg.Grace = a.store, time.Minute, 30*time.Second
		short := mwtest.Must[*session.Manager](t)(session.New(cfg))
		if err := short.Revoke(t.Context(), "ann", s.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + 58*time.Second)
		if !a.revoked(s) {
			t.Error("the access token is good within the leeway of a verifier")
		}
	})
}

// A session that had to make room is revoked for as long as any other.
func TestMaxSessionsRevokes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *session.Config) { c.MaxSessions = 1 })
		a.issue = func(session.Session) (string, time.Time, error) { return "access", time.Now().Add(time.Minute), nil }
		s := a.logins("ann", 2)[0]
		time.Sleep(15 * time.Minute)
		if !a.revoked(s) {
			t.Error("the access token is good")
		}
	})
}

// The process clock is an hour late or early. A revoked token stays revoked.
func TestRevokeTokenClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		p := token(func(p *authn.Principal) { p.ExpiresAt = time.Now().Add(-45 * time.Minute) })
		if err := a.RevokeToken(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15*time.Minute + 59*time.Second)
		a.revokes(p, true)
	})
}

// Clients that leave during a check do not open the circuit breaker for all others.
func TestClientsThatLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(hang)
		v := mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: h}))
		gone, leave := context.WithCancel(t.Context())
		leave()
		for range 20 {
			if _, err := v.Revoked(gone, token(nil)); err == nil {
				t.Error("accepted")
			}
		}
		if h.calls != 20 {
			t.Errorf("%d calls", h.calls)
		}
	})
}

// A cookie of a browser that does not send Fetch metadata, without an Origin, is a client
// that is no browser.
func TestNoFetchMetadata(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, _ *app, b *browser) {
		r := b.request("/refresh")
		r.Header = http.Header{"Cookie": r.Header["Cookie"]}
		answers(t, b.send(r), 200)
	})
}

// A slow answer must not put the token back that another tab has spent meanwhile.
func TestStaleAnswer(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		b.post("/refresh", 200) // rt1
		b.post("/refresh", 200) // confirms rt1
		time.Sleep(29 * time.Second)
		slow := b.request("/refresh")
		a.setGrant(func(s session.Session) (session.Rights, error) {
			a.setGrant(nil)
			time.Sleep(2 * time.Second)
			b.post("/refresh", 200) // another tab, which rotates
			return session.Rights{Scopes: s.Scopes}, nil
		})
		b.receive(b.send(slow))
		time.Sleep(15 * time.Minute)
		b.post("/refresh", 200)
	})
}

// The same for a predecessor: it has no successor any more that could be given.
func TestStaleReplay(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		b.post("/refresh", 200) // rt1
		time.Sleep(29 * time.Second)
		slow := (&browser{app: a, jar: rt0}).request("/refresh")
		a.setGrant(func(s session.Session) (session.Rights, error) {
			a.setGrant(nil)
			time.Sleep(2 * time.Second)
			b.post("/refresh", 200)
			return session.Rights{Scopes: s.Scopes}, nil
		})
		mwtest.Refused(t, b.send(slow), 503, "authentication_unavailable")
		time.Sleep(15 * time.Minute)
		b.post("/refresh", 200)
	})
}

// A client leaves during a slow Grant, and tries again after the grace. Its token is not spent.
func TestClientLeftDuringGrant(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		ctx, leave := context.WithCancel(t.Context())
		a.setGrant(func(s session.Session) (session.Rights, error) {
			a.setGrant(nil)
			leave()
			return session.Rights{Scopes: s.Scopes}, nil
		})
		b.send(b.request("/refresh").WithContext(ctx))
		time.Sleep(time.Minute)
		b.post("/refresh", 200)
	})
}

// The session of a spent token ends, and the reply is lost. The theft is an event all the same.
func TestReuseIsReported(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		b.post("/refresh", 200)
		time.Sleep(time.Minute)
		a.store.fail(a.store.after, "End", errDown)
		answers(t, b.refresh(rt0), 503)
		a.store.fail(a.store.after, "End", nil)
		answers(t, b.refresh(rt0), 401)
		if k := a.kinds(); k != "refreshed reused" {
			t.Error(k)
		}
	})
}

// Grant uses the slice that it got for its answer. The scopes do not get more.
func TestGrantChangesSlice(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		a.setGrant(func(s session.Session) (session.Rights, error) {
			s.Scopes = append(s.Scopes[:0], "admin")
			return session.Rights{Scopes: s.Scopes}, nil
		})
		b.post("/refresh", 200)
		if s := a.last(); slices.Contains(s.Scopes, "admin") {
			t.Error(s.Scopes)
		}
	})
}
