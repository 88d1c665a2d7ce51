package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/login", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site") // the login handler has its own protection
		tokens, err := a.Start(w, r, session.Login{Principal: ann("")})
		if err != nil {
			t.Fatal(err)
		}
		if tokens.Refresh != "" || tokens.Access != "access-1" || tokens.Session.Subject != "ann" || tokens.Session.StartedAt.IsZero() {
			t.Errorf("%+v", tokens)
		}
		if w.Body.Len() > 0 || w.Header().Get("Cache-Control") != "no-store" || len(w.Result().Cookies()) != 1 {
			t.Error(w.Header())
		}
		s := a.last()
		if s.ID == "" || s.Issuer != issuer || s.Tenant != "acme" || s.ClientID != "web" || !s.AuthTime.Equal(time.Now()) || !slices.Equal(s.Scopes, []string{"read", "write"}) {
			t.Errorf("%+v", s)
		}
		if strings.Contains(w.Header().Get("Set-Cookie"), s.ID) {
			t.Error("the cookie holds the session ID")
		}
	})
}

// A login ends the sessions whose cookies come with it, of any subject, and no other.
func TestStartEndsTheOldSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		other, b := a.newBrowser(), a.newBrowser()
		other.login()
		otherSession := a.last()
		b.post("/login?user=bob", 200)
		bob := a.last()
		b.post("/login", 200)
		if !a.revoked(bob) || a.revoked(otherSession) || a.revoked(a.last()) {
			t.Error("the wrong sessions have ended")
		}
		forged := b.jar[:57] + other.jar[57:]
		(&browser{app: a, jar: forged}).login()
		b.post("/refresh", 200)
		other.post("/refresh", 200)
	})
}

func TestStartFails(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		for _, call := range []string{"Read", "End", "Create"} {
			a.store.fail(a.store.before, call, errDown)
			res := b.send(b.request("/login"))
			mwtest.Refused(t, res, 503, "authentication_unavailable")
			if len(res.Cookies()) > 0 {
				t.Errorf("%s: sets a cookie", call)
			}
			a.store.fail(a.store.before, call, nil)
		}
		for name, l := range map[string]session.Login{
			"no principal":     {},
			"no subject":       {Principal: &authn.Principal{Issuer: issuer}},
			"another issuer":   {Principal: &authn.Principal{Issuer: "https://accounts.google.com", Subject: "ann"}},
			"upstream of none": {Principal: ann(""), Upstream: session.Upstream{SID: "x"}},
			"upstream half":    {Principal: ann(""), Upstream: session.Upstream{Issuer: "x"}},
		} {
			if tokens, err := a.Begin(t.Context(), l); err == nil || tokens.Refresh != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if all, _ := a.List(t.Context(), "ann"); len(all) > 0 {
			t.Errorf("%d sessions", len(all))
		}
	})
}

func TestMaxSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, func(c *session.Config) { c.MaxSessions = 2 })
		var all []session.Session
		for range 3 {
			a.newBrowser().login()
			all = append(all, a.last())
			time.Sleep(time.Second)
		}
		if !a.revoked(all[0]) || a.revoked(all[1]) || a.revoked(all[2]) || a.kinds() != "started started ended started" {
			t.Error("not the oldest session has ended")
		}
		a = newApp(t, func(c *session.Config) { c.MaxSessions, c.RefuseAtMax = 1, true })
		b := a.newBrowser()
		b.login()
		mwtest.Refused(t, a.newBrowser().post("/login", 409), 409, "too_many_sessions")
		b.login() // its own session makes room
	})
}

// A label is for people: it is cleaned and not refused.
func TestLabel(t *testing.T) {
	a := newApp(t, nil)
	for label, want := range map[string]string{
		"Firefox on Linux": "Firefox on Linux", "a\r\nb\x00": "ab", "\xff": "", strings.Repeat("é", 100): strings.Repeat("é", 64), "x" + strings.Repeat("é", 100): "x" + strings.Repeat("é", 63),
	} {
		tokens, err := a.Begin(context.Background(), session.Login{Principal: ann(""), Label: label})
		if err != nil || tokens.Session.Label != want || !utf8.ValidString(want) {
			t.Errorf("%q: %q %v", label, tokens.Session.Label, err)
		}
	}
}

func TestUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		ctx := t.Context()
		begin := func(subject string, u session.Upstream) session.Session {
			tokens, err := a.Begin(ctx, session.Login{Principal: ann(subject), Upstream: u})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			return tokens.Session
		}
		idp := func(sid, sub string) session.Upstream {
			return session.Upstream{Issuer: "https://idp.example", SID: sid, Subject: sub}
		}
		one, two := begin("ann", idp("s1", "u1")), begin("ann", idp("s2", "u1"))
		bob, other := begin("bob", idp("s3", "u1")), begin("ann", session.Upstream{Issuer: "https://other.example", SID: "s1", Subject: "u1"})
		plain := begin("ann", session.Upstream{})
		at := time.Now()
		if n, err := a.RevokeUpstream(ctx, idp("s1", "u1"), at); n != 1 || err != nil || !a.revoked(one) || a.revoked(two) {
			t.Error(n, err)
		}
		time.Sleep(time.Millisecond)
		late := begin("ann", idp("s4", "u1"))
		if n, err := a.RevokeUpstream(ctx, idp("", "u1"), at); n != 2 || err != nil || !a.revoked(two) || !a.revoked(bob) {
			t.Error(n, err)
		}
		if a.revoked(late) || a.revoked(other) || a.revoked(plain) {
			t.Error("other sessions have ended")
		}
		for _, u := range []session.Upstream{{}, {Issuer: "x"}, {SID: "x"}} {
			if _, err := a.RevokeUpstream(ctx, u, at); err == nil {
				t.Errorf("%+v is accepted", u)
			}
		}
	})
}

// The identity provider ends its session while the login is under way.
func TestUpstreamLogoutDuringLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		u := session.Upstream{Issuer: "https://idp.example", SID: "s1"}
		a.store.hook = func(call string) func() {
			if call == "Link" {
				if _, err := a.RevokeUpstream(t.Context(), u, time.Now().Add(time.Second)); err != nil {
					t.Error(err)
				}
			}
			return nil
		}
		if tokens, err := a.Begin(t.Context(), session.Login{Principal: ann(""), Upstream: u}); !errors.Is(err, session.ErrEnded) || tokens.Refresh != "" {
			t.Error(tokens, err)
		}
		if !a.revoked(a.last()) {
			t.Error("the session lives")
		}
		a.store.hook = nil
		a.store.fail(a.store.before, "Link", errDown)
		if _, err := a.Begin(t.Context(), session.Login{Principal: ann(""), Upstream: u}); !errors.Is(err, authn.ErrUnavailable) || !a.revoked(a.last()) {
			t.Error(err)
		}
	})
}

// With a narrow path, a sibling host can plant cookies of the name. They do not keep the
// owner from logging in.
func TestPlantedCookies(t *testing.T) {
	a := newApp(t, func(c *session.Config) { c.CookiePath = "/v1" })
	r := httptest.NewRequest("POST", "/v1/login", nil)
	for range 40 {
		r.AddCookie(&http.Cookie{Name: "__Secure-refresh", Value: "planted"})
	}
	w := httptest.NewRecorder()
	if _, err := a.Start(w, r, session.Login{Principal: ann("")}); err != nil {
		t.Fatal(err)
	}
	if set := w.Header().Get("Set-Cookie"); !strings.HasPrefix(set, "__Secure-refresh=rt1_") || !strings.Contains(set, "; Path=/v1; ") {
		t.Error("no such cookie")
	}
}

// The session was created and the reply was lost. It takes no place of MaxSessions.
func TestStartLostCreate(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		a.store.fail(a.store.after, "Create", errDown)
		mwtest.Refused(t, b.send(b.request("/login")), 503, "authentication_unavailable")
		if all, _ := a.List(t.Context(), "ann"); len(all) > 0 {
			t.Errorf("%d sessions", len(all))
		}
	})
}

// The store has no text that is not UTF-8. The subject would be another one after a refresh.
func TestNotUTF8(t *testing.T) {
	a := newApp(t, nil)
	for name, change := range map[string]func(*session.Login){
		"subject":  func(l *session.Login) { l.Principal.Subject = "ann\xff" },
		"tenant":   func(l *session.Login) { l.Principal.Tenant = "\xff" },
		"scope":    func(l *session.Login) { l.Principal.Scopes = []string{"read", "\xff"} },
		"role":     func(l *session.Login) { l.Principal.Roles = []string{"\xff"} },
		"upstream": func(l *session.Login) { l.Upstream = session.Upstream{Issuer: "x", SID: "\xff"} },
	} {
		l := session.Login{Principal: ann("")}
		change(&l)
		if tokens, err := a.Begin(t.Context(), l); err == nil || tokens.Refresh != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
