package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// revokes requires that the token of p is revoked, or is not.
func (a *app) revokes(p *authn.Principal, want bool) {
	a.t.Helper()
	if got, err := a.Revoked(context.Background(), p); got != want || err != nil {
		a.t.Errorf("revoked %v %v, want %v: %+v", got, err, want, p)
	}
}

func token(change func(*authn.Principal)) *authn.Principal {
	p := &authn.Principal{Kind: "jwt", Issuer: issuer, Subject: "ann", TokenID: "a", IssuedAt: time.Now(), ExpiresAt: time.Now().Add(15 * time.Minute)}
	if change != nil {
		change(p)
	}
	return p
}

// A token that was revoked stays revoked at exp + 60 s, the most leeway of a verifier.
func TestRevokedTokenStaysRevoked(t *testing.T) {
	for _, life := range []time.Duration{time.Minute, 15 * time.Minute, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, nil)
			p := token(func(p *authn.Principal) { p.ExpiresAt = time.Now().Add(life) })
			if err := a.RevokeToken(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			time.Sleep(life + 59*time.Second)
			a.revokes(p, true)
			a.revokes(token(func(p *authn.Principal) { p.TokenID = "b" }), false)
			a.revokes(token(func(p *authn.Principal) { p.Subject = "bob" }), false)
			a.revokes(token(func(p *authn.Principal) { p.Issuer = "https://other.example" }), false)
		})
	}
}

// The same for the access tokens of a session, also for one that Issue signed just before.
func TestEndedSessionStaysRevoked(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		b.post("/refresh", 200)
		s := a.last()
		b.post("/logout", 204)
		time.Sleep(15*time.Minute + 59*time.Second)
		if !a.revoked(s) {
			t.Error("the access token is good again")
		}
	})
}

// A token of another issuer may live for 24 hours. What revokes it lives for the leeway of a
// verifier longer, by each call that revokes.
func TestRevokedSubjectStaysRevoked(t *testing.T) {
	for name, revoke := range map[string]func(context.Context, *app, *site) error{
		"Revocation.RevokeTokensOf": func(ctx context.Context, a *app, _ *site) error { return a.RevokeTokensOf(ctx, issuer, "ann") },
		"Revocation.RevokeSession":  func(ctx context.Context, a *app, _ *site) error { return a.RevokeSession(ctx, issuer, "ann", "sid") },
		"Manager.RevokeSubject": func(ctx context.Context, a *app, _ *site) error {
			_, err := a.RevokeSubject(ctx, "ann")
			return err
		},
		"Cookie.RevokeSubject": func(ctx context.Context, _ *app, s *site) error {
			_, err := s.RevokeSubject(ctx, "ann")
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, nil)
			s := newSite(t, func(cfg *session.CookieConfig) { cfg.Store = a.store }, nil)
			p := token(func(p *authn.Principal) { p.SessionID, p.ExpiresAt = "sid", time.Now().Add(24*time.Hour) })
			if err := revoke(t.Context(), a, s); err != nil {
				t.Fatal(name, err)
			}
			time.Sleep(24*time.Hour + 59*time.Second)
			t.Log(name)
			a.revokes(p, true)
		})
	}
}

// The same for one ended session of a Cookie, whose ID a token may carry.
func TestEndedCookieSessionStaysRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		s := newSite(t, func(cfg *session.CookieConfig) { cfg.Store = a.store }, nil)
		s.login("", "ann")
		all, err := s.List(t.Context(), "ann")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if err := s.Revoke(t.Context(), "ann", all[0].ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour + 59*time.Second)
		if !a.revoked(all[0]) {
			t.Error("a token of the session is good again")
		}
	})
}

func TestEmptyIdentifiers(t *testing.T) {
	a := newApp(t, nil)
	for _, p := range []*authn.Principal{nil, {}, token(func(p *authn.Principal) { p.Subject = "" }), token(func(p *authn.Principal) { p.TokenID = "" })} {
		if err := a.RevokeToken(t.Context(), p); err == nil {
			t.Errorf("%+v can be revoked", p)
		}
	}
	for _, ids := range [][2]string{{"", "sid"}, {"ann", ""}} {
		if err := a.RevokeSession(t.Context(), issuer, ids[0], ids[1]); err == nil {
			t.Errorf("%q", ids)
		}
	}
	if err := a.RevokeTokensOf(t.Context(), issuer, ""); err == nil {
		t.Error("no subject is a subject")
	}
	a.revokes(token(func(p *authn.Principal) { p.TokenID = "" }), false)
	a.revokes(token(func(p *authn.Principal) { p.Subject = "" }), true)
	a.revokes(nil, true)
}

// Logout everywhere at 100.4 s refuses a token of 100.2 s, and accepts the login of 100.6 s.
func TestNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		at := func(ms int) time.Time {
			return time.Unix(time.Now().Unix(), 0).Add(time.Duration(ms) * time.Millisecond)
		}
		time.Sleep(time.Until(at(1200)))
		before := a.logins("ann", 1)[0] // a second passes
		time.Sleep(time.Until(at(1000)) % time.Second)
		time.Sleep(400 * time.Millisecond)
		if err := a.RevokeTokensOf(t.Context(), issuer, "ann"); err != nil {
			t.Fatal(err)
		}
		notBefore := time.Now()
		time.Sleep(200 * time.Millisecond)
		tokens, err := a.Begin(t.Context(), session.Login{Principal: ann("")})
		if err != nil {
			t.Fatal(err)
		}
		second := time.Unix(notBefore.Unix(), 0)
		a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = before.ID, second }), true)
		a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = tokens.Session.ID, second }), false)
		for _, sid := range []string{"", "sid of another issuer"} {
			a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = sid, second }), true)
			a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = sid, second.Add(-time.Hour) }), true)
			a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = sid, second.Add(time.Second) }), false)
			a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = sid, time.Time{} }), true)
		}
		a.revokes(token(func(p *authn.Principal) { p.Subject, p.IssuedAt = "bob", time.Time{} }), false)
		// A session that the store does not have is judged like a token without one.
		unknown := another(tokens.Session.ID)
		a.revokes(token(func(p *authn.Principal) { p.SessionID, p.IssuedAt = unknown, second }), true)
		time.Sleep(25 * time.Hour)
		a.revokes(token(func(p *authn.Principal) { p.IssuedAt = time.Time{} }), false)
	})
}

func TestRevokeSessionOfAnotherIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		p := token(func(p *authn.Principal) { p.Issuer, p.SessionID = "https://idp.example", "08a5019c" })
		a.revokes(p, false)
		if err := a.RevokeSession(t.Context(), p.Issuer, p.Subject, p.SessionID); err != nil {
			t.Fatal(err)
		}
		a.revokes(p, true)
		a.revokes(token(func(p *authn.Principal) { p.Issuer, p.TokenID = "https://idp.example", "08a5019c" }), false)
		if err := a.RevokeSession(t.Context(), issuer, "ann", a.logins("ann", 1)[0].ID); err == nil {
			t.Error("the refresh token would live")
		}
	})
}

// With another Config.Issuer than the iss of the tokens, a logout would not be found.
func TestWrongIssuerIsDetected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		s := a.logins("ann", 1)[0]
		for _, p := range []*authn.Principal{
			token(func(p *authn.Principal) { p.SessionID, p.Issuer = s.ID, issuer+"/" }),
			token(func(p *authn.Principal) { p.SessionID, p.Subject = s.ID, "bob" }),
		} {
			if _, err := a.Revoked(t.Context(), p); err == nil || !strings.Contains(err.Error(), "Config.Issuer") {
				t.Errorf("%v", err)
			}
		}
	})
}

// hang is a store whose Check never answers.
type hang struct {
	sessionstore.Store
	calls int
}

func (h *hang) Check(ctx context.Context, _ sessionstore.Query) (sessionstore.Verdict, error) {
	h.calls++
	<-ctx.Done()
	return sessionstore.Verdict{}, ctx.Err()
}

func TestRevocationWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(hang)
		var states []error
		closed := mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: h, OnState: func(err error) { states = append(states, err) }}))
		p := token(nil)
		for range 5 {
			start := time.Now()
			if revoked, err := closed.Revoked(t.Context(), p); revoked || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 25*time.Millisecond {
				t.Errorf("%v %v after %v", revoked, err, time.Since(start))
			}
		}
		if len(states) != 1 || states[0] == nil {
			t.Errorf("%v", states)
		}
		for range 10 { // the breaker is open
			if _, err := closed.Revoked(t.Context(), p); err == nil || h.calls != 5 {
				t.Errorf("%v after %d calls", err, h.calls)
			}
		}
		open := mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: h, DangerouslyFailOpen: true}))
		if revoked, err := open.Revoked(t.Context(), p); revoked || err != nil {
			t.Errorf("%v %v", revoked, err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := open.Revoked(gone, p); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that left: %v", err)
		}
	})
}

// While one check probes a store that has failed, the other checks leave the store alone.
func TestRevocationProbesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(hang)
		v := mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: h, Budget: time.Second}))
		for range 5 {
			_, _ = v.Revoked(t.Context(), token(nil))
		}
		time.Sleep(2 * time.Second)
		go func() { _, _ = v.Revoked(t.Context(), token(nil)) }()
		for range 3 {
			time.Sleep(200 * time.Millisecond)
			go func() { _, _ = v.Revoked(t.Context(), token(nil)) }()
		}
		synctest.Wait()
		if h.calls != 6 {
			t.Errorf("%d calls, want 5 and one probe", h.calls)
		}
		time.Sleep(time.Minute)
	})
}

func TestRevocationConfig(t *testing.T) {
	_, err := session.NewRevocation(session.RevocationConfig{AccessLifetime: time.Second, Budget: time.Hour})
	mwtest.Faults(t, err, "session: Store: is nil", `session: AccessLifetime: "1s"`, `session: Budget: "1h0m0s"`)
	for _, budget := range []time.Duration{time.Millisecond, time.Second} {
		if _, err := session.NewRevocation(session.RevocationConfig{Store: newStore(), Budget: budget}); err != nil {
			t.Errorf("a limit is refused: %v", err)
		}
	}
}

// A check is one call of the store.
func TestRevokedIsOneCall(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		a.store.count()
		a.revoked(a.last())
		if calls := a.store.count(); len(calls) != 1 {
			t.Errorf("%q", calls)
		}
	})
}

// instant is a store that answers at once, to count the allocations of the check alone.
type instant struct{ sessionstore.Store }

func (instant) Check(context.Context, sessionstore.Query) (sessionstore.Verdict, error) {
	return sessionstore.Verdict{}, nil
}

func TestRevokedAllocs(t *testing.T) {
	v := mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: instant{}}))
	a := newApp(t, nil)
	tokens, err := a.Begin(t.Context(), session.Login{Principal: ann("")})
	if err != nil {
		t.Fatal(err)
	}
	p := principalOf(tokens.Session)
	ctx := context.Background()
	mwtest.MaxAllocs(t, "Revoked", 4, func() { _, _ = v.Revoked(ctx, p) })
}

// A token that expires in the year 9999 or never is revoked, and stays so.
func TestRevokeLongLived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		for id, at := range map[string]time.Time{"far": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "never": {}} {
			p := token(func(p *authn.Principal) { p.ExpiresAt, p.TokenID = at, id })
			if err := a.RevokeToken(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			a.revokes(p, true)
			time.Sleep(48 * time.Hour)
			a.revokes(p, true)
		}
	})
}
