package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// logins begins n sessions of a subject, a second apart.
func (a *app) logins(subject string, n int) (all []session.Session) {
	a.t.Helper()
	for range n {
		tokens, err := a.Begin(a.t.Context(), session.Login{Principal: ann(subject), Label: "phone"})
		if err != nil {
			a.t.Fatal(err)
		}
		all = append(all, tokens.Session)
		time.Sleep(time.Second)
	}
	a.seen()
	return all
}

func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		all := a.logins("ann", 3)
		a.logins("bob", 1)
		got, err := a.List(t.Context(), "ann")
		if err != nil || len(got) != 3 {
			t.Fatal(got, err)
		}
		for i, s := range got {
			want := all[2-i]
			if s.ID != want.ID || s.Label != "phone" || s.Subject != "ann" || !s.StartedAt.Equal(want.StartedAt) || !s.LastUsedAt.Equal(want.StartedAt) {
				t.Errorf("%+v, want %+v", s, want)
			}
		}
		if got, err := a.List(t.Context(), "carl"); err != nil || len(got) > 0 {
			t.Error(got, err)
		}
	})
}

func TestRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		all := a.logins("ann", 4)
		bob := a.logins("bob", 1)[0]
		ctx := t.Context()
		for _, id := range []string{bob.ID, "", "garbage", another(all[0].ID), all[0].ID + "A"} {
			if err := a.Revoke(ctx, "ann", id); !errors.Is(err, httperr.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if err := a.Revoke(ctx, "ann", all[0].ID); err != nil || !a.revoked(all[0]) {
			t.Error(err)
		}
		if err := a.Revoke(ctx, "ann", all[0].ID); !errors.Is(err, httperr.ErrNotFound) {
			t.Error(err)
		}
		if n, err := a.RevokeOthers(ctx, "ann", all[2].ID); n != 2 || err != nil || !a.revoked(all[1]) || a.revoked(all[2]) || !a.revoked(all[3]) {
			t.Error(n, err)
		}
		if n, err := a.RevokeOthers(ctx, "ann", all[2].ID); n != 0 || err != nil {
			t.Error(n, err)
		}
		if a.revoked(bob) || a.kinds() != "ended ended ended" {
			t.Error("other events")
		}
		if n, err := a.RevokeOthers(ctx, "ann", ""); n != 1 || err != nil || !a.revoked(all[2]) {
			t.Error(n, err)
		}
	})
}

func TestRevokeSubject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		all := a.logins("ann", 2)
		bob := a.logins("bob", 1)[0]
		if n, err := a.RevokeSubject(t.Context(), "ann"); n != 2 || err != nil || a.kinds() != "ended ended" {
			t.Error(n, err)
		}
		if !a.revoked(all[0]) || !a.revoked(all[1]) || a.revoked(bob) || a.revoked(a.logins("ann", 1)[0]) {
			t.Error("the wrong sessions have ended")
		}
	})
}

// A failure of the store is an error of the caller, and never a success.
func TestSessionsWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		s := a.logins("ann", 2)[0]
		ctx := t.Context()
		for _, call := range []string{"List", "End", "RevokeSubject"} {
			a.store.fail(a.store.before, call, errDown)
		}
		_, list := a.List(ctx, "ann")
		_, others := a.RevokeOthers(ctx, "ann", s.ID)
		_, subject := a.RevokeSubject(ctx, "ann")
		for call, err := range map[string]error{"List": list, "Revoke": a.Revoke(ctx, "ann", s.ID), "RevokeOthers": others, "RevokeSubject": subject} {
			if !errors.Is(err, authn.ErrUnavailable) || !errors.Is(err, errDown) {
				t.Errorf("%s: %v", call, err)
			}
		}
		if a.kinds() != "" {
			t.Error("an event of a session that has not ended")
		}
	})
}

// A session that has just expired has a good access token. A change of the password ends it.
func TestRevokeOthersOfExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *session.Config) { c.Idle, c.Absolute = 15*time.Minute, 20*time.Minute })
		old := a.newBrowser()
		old.login()
		time.Sleep(14 * time.Minute)
		old.post("/refresh", 200)
		s := a.last()
		time.Sleep(7 * time.Minute)
		keep := a.logins("ann", 1)[0]
		if all, err := a.List(t.Context(), "ann"); err != nil || len(all) != 1 || all[0].ID != keep.ID {
			t.Errorf("%+v, %v", all, err)
		}
		if n, err := a.RevokeOthers(t.Context(), "ann", keep.ID); n != 1 || err != nil || !a.revoked(s) || a.revoked(keep) {
			t.Errorf("%d ended, %v", n, err)
		}
	})
}

// A user logs out, or changes the password, and closes the page at once.
func TestUserHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		gone, leave := context.WithCancel(t.Context())
		leave()
		all := a.logins("ann", 3)
		if n, err := a.RevokeOthers(gone, "ann", all[0].ID); n != 2 || err != nil {
			t.Errorf("%d ended, %v", n, err)
		}
		b := a.newBrowser()
		b.login()
		s := a.last()
		b.send(b.request("/logout").WithContext(gone))
		if !a.revoked(s) {
			t.Error("the session lives")
		}
	})
}
