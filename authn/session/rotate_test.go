package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// An acceptance case is a story with the status of each refresh in it.
func acceptance(t *testing.T, change func(*session.Config), run func(t *testing.T, a *app, b *browser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, change)
		b := a.newBrowser()
		b.login()
		a.seen()
		run(t, a, b)
	})
}

func lostReply(c *session.Config) { c.LostReply = 24 * time.Hour }

// answers requires the status of a refresh, and returns the cookie that it sets.
func answers(t *testing.T, res *http.Response, status int) string {
	t.Helper()
	if res.StatusCode != status {
		t.Fatalf("status %d, want %d", res.StatusCode, status)
	}
	if cookies := len(res.Header.Values("Set-Cookie")); (cookies == 1) != (status == 200) {
		t.Errorf("status %d with %d cookies", status, cookies)
	}
	if res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", res.Header.Get("Cache-Control"))
	}
	return cookieOf(res)
}

func TestThreeTabs(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		rt1 := answers(t, b.refresh(rt0), 200)
		time.Sleep(50 * time.Millisecond)
		if rt1 == rt0 || answers(t, b.refresh(rt1), 200) != rt1 {
			t.Error("the current token did not give itself")
		}
		time.Sleep(50 * time.Millisecond)
		if answers(t, b.refresh(rt0), 200) != rt1 {
			t.Error("the predecessor gave another token")
		}
		if kinds := a.kinds(); kinds != "refreshed refreshed replayed" || a.revoked(a.last()) {
			t.Error(kinds)
		}
	})
}

func TestReuseEndsTheSession(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		rt1 := answers(t, b.refresh(rt0), 200)
		time.Sleep(31 * time.Second)
		rt2 := answers(t, b.refresh(rt1), 200)
		time.Sleep(9 * time.Second)
		if answers(t, b.refresh(rt1), 200) != rt2 {
			t.Error("the predecessor gave another token")
		}
		a.seen()
		time.Sleep(time.Second)
		s := a.last()
		for i := range 3 { // one theft is one event
			res := b.refresh(rt0)
			answers(t, res, 401)
			mwtest.Refused(t, res, 401, "session_ended")
			want := audit.AuthFailed
			if i == 0 {
				want |= audit.SessionReuse
			}
			if rec := a.record(); rec.Events != want || i == 0 && rec.Principal != "ann" || rec.Credential == "" {
				t.Errorf("record %+v", rec)
			}
		}
		events := a.seen()
		if len(events) != 1 || events[0].Kind != session.Reused || events[0].Session.ID != s.ID || events[0].SinceRotation != 10*time.Second {
			t.Errorf("%+v", events)
		}
		answers(t, b.refresh(rt2), 401)
		if !a.revoked(s) {
			t.Error("the access tokens are good")
		}
	})
}

// Two replies overtake each other, and the jar keeps the older cookie.
func TestRepliesOvertake(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		first := b.send(b.request("/refresh"))
		time.Sleep(time.Second)
		second := b.send(b.request("/refresh"))
		b.receive(second)
		b.receive(first)
		time.Sleep(15 * time.Minute)
		b.post("/refresh", 200)
		if a.kinds() != "refreshed replayed refreshed" {
			t.Error("not one rotation")
		}
	})
}

// The session ID is in every access token. It is not good for an attack on its session.
func TestSessionIDIsNoFamily(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		tail := strings.Repeat("A", 52) + "_" + strings.Repeat("B", 26)
		answers(t, b.refresh("rt1_"+a.last().ID+"_"+tail), 401)
		// Also garbage with the family ID itself ends nothing.
		answers(t, b.refresh(b.jar[:57]+tail), 401)
		answers(t, b.refresh(b.jar[:len(b.jar)-1]+string(b.jar[len(b.jar)-1]^3)), 401)
		if a.kinds() != "" || a.revoked(a.last()) {
			t.Error("an event, or a revocation")
		}
		b.post("/refresh", 200)
	})
}

func TestGrant(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		answer := func(rights session.Rights, err error) {
			a.setGrant(func(s session.Session) (session.Rights, error) {
				if !slices.Equal(s.Scopes, []string{"read", "write"}) || s.Subject != "ann" {
					t.Errorf("Grant got %+v", s)
				}
				return rights, err
			})
		}
		for _, tc := range []struct {
			rights            session.Rights
			scopes            []string
			withheld, ignored []string
		}{
			{session.Rights{Scopes: []string{"write"}, Roles: []string{"boss"}}, []string{"write"}, []string{"read"}, nil},
			{session.Rights{Scopes: []string{"admin", "write", "read"}}, []string{"read", "write"}, nil, []string{"admin"}},
			{session.Rights{}, nil, []string{"read", "write"}, nil},
		} {
			answer(tc.rights, nil)
			a.seen()
			b.post("/refresh", 200)
			s, e := a.last(), a.seen()[0]
			if !slices.Equal(s.Scopes, tc.scopes) || !slices.Equal(s.Roles, tc.rights.Roles) || !slices.Equal(e.Withheld, tc.withheld) || !slices.Equal(e.Ignored, tc.ignored) {
				t.Errorf("%+v: issued %+v, event %+v", tc.rights, s, e)
			}
		}
		answer(session.Rights{}, errDown)
		mwtest.Refused(t, b.send(b.request("/refresh")), 503, "authentication_unavailable")
		if rec := a.record(); rec.Events != audit.StoreDegraded {
			t.Errorf("%+v", rec)
		}
		answer(session.Rights{}, nil)
		b.post("/refresh", 200)
		a.seen()
		answer(session.Rights{}, fmt.Errorf("no such user: %w", session.ErrEnded))
		mwtest.Refused(t, b.send(b.request("/refresh")), 401, "session_ended")
		if a.kinds() != "ended" || !a.revoked(a.last()) {
			t.Error("not ended")
		}
		answer(session.Rights{}, nil)
		answers(t, b.refresh(b.jar), 401)
	})
}

// The user database is down for ten minutes.
func TestUserDatabaseDown(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		a.setGrant(func(session.Session) (session.Rights, error) { return session.Rights{}, errDown })
		for range 60 {
			answers(t, b.refresh(b.jar), 503)
			time.Sleep(10 * time.Second)
		}
		a.setGrant(nil)
		b.post("/refresh", 200)
	})
}

// A hundred refreshes in 20 hours extend neither the login nor the session.
func TestRefreshExtendsNothing(t *testing.T) {
	acceptance(t, func(c *session.Config) { c.Idle, c.Absolute = 20*time.Hour, 20*time.Hour }, func(t *testing.T, a *app, b *browser) {
		first := a.last()
		sessions, err := a.List(t.Context(), "ann")
		if err != nil || len(sessions) != 1 {
			t.Fatal(sessions, err)
		}
		start := time.Now()
		for range 99 {
			time.Sleep(12 * time.Minute)
			res := b.post("/refresh", 200)
			s := a.last()
			if !s.AuthTime.Equal(first.AuthTime) || s.ACR != "2" || s.ID != first.ID || !s.EndsAt.Equal(sessions[0].EndsAt) {
				t.Fatalf("%+v, first %+v", s, first)
			}
			if left := 20*time.Hour - time.Since(start); time.Duration(res.Cookies()[0].MaxAge)*time.Second > left {
				t.Fatalf("Max-Age %d, and %v are left", res.Cookies()[0].MaxAge, left)
			}
		}
		time.Sleep(12 * time.Minute)
		mwtest.Refused(t, b.refresh(b.jar), 401, "session_ended")
		if strings.Contains(a.kinds(), "reused") {
			t.Error("an expired session is no theft")
		}
	})
}

func TestIdleSessionExpires(t *testing.T) {
	acceptance(t, func(c *session.Config) { c.Idle = time.Hour }, func(t *testing.T, a *app, b *browser) {
		for range 3 {
			time.Sleep(59 * time.Minute)
			if age := b.post("/refresh", 200).Cookies()[0].MaxAge; age != 3600 {
				t.Errorf("Max-Age %d", age)
			}
		}
		time.Sleep(time.Hour)
		answers(t, b.refresh(b.jar), 401)
	})
}

// The store fails before a write, and after it.
func TestStoreFails(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		for _, call := range []string{"Read", "Commit"} {
			for _, when := range []map[string]error{a.store.before, a.store.after} {
				a.store.fail(when, call, errDown)
				answers(t, b.refresh(rt0), 503)
				if rec := a.record(); rec.Events != audit.StoreDegraded {
					t.Errorf("%+v", rec)
				}
				a.store.fail(when, call, nil)
			}
		}
		b.post("/refresh", 200)
		time.Sleep(time.Minute)
		b.post("/refresh", 200)
		if strings.Contains(a.kinds(), "reused") {
			t.Error("a lost reply of the store is no theft")
		}
	})
}

// A thief hangs up before the session has ended.
func TestThiefHangsUp(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		b.post("/refresh", 200)
		time.Sleep(time.Minute)
		ctx, leave := context.WithCancel(t.Context())
		a.store.hook = func(call string) func() {
			if call == "Read" {
				return leave
			}
			return nil
		}
		spent := &browser{app: a, jar: rt0}
		b.send(spent.request("/refresh").WithContext(ctx))
		if a.kinds() != "refreshed reused" || !a.revoked(a.last()) {
			t.Error("the session lives")
		}
	})
}

// A phone loses an answer and sleeps.
func TestLostReply(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		answers(t, b.refresh(rt0), 200)
		time.Sleep(20 * time.Minute)
		b.post("/refresh", 200)
		time.Sleep(20 * time.Minute)
		b.post("/refresh", 200)
		events := a.seen()
		if len(events) != 3 || events[1].Kind != session.Replayed || events[1].SinceRotation != 20*time.Minute {
			t.Errorf("%+v", events)
		}
	})
}

func TestFollowerIsCaught(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		stolen := b.jar
		b.post("/refresh", 200)
		time.Sleep(5 * time.Minute)
		thief := answers(t, b.refresh(stolen), 200)
		time.Sleep(10 * time.Minute)
		answers(t, b.refresh(b.jar), 401)
		answers(t, b.refresh(thief), 401)
		if a.kinds() != "refreshed replayed reused" || !a.revoked(a.last()) {
			t.Error("not caught")
		}
	})
}

// A login in tab B, while a refresh in tab A is under way, decides what the jar holds.
func TestLoginDuringRefresh(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		old := a.last()
		underWay := b.request("/refresh")
		b.login() // tab B: ends the session of the cookie
		if !a.revoked(old) || a.kinds() != "ended started" {
			t.Error("the old session lives")
		}
		res := b.send(underWay)
		answers(t, res, 401)
		b.receive(res)
		b.post("/refresh", 200)
	})
}

// The process clock is an hour off. The same happens.
func TestProcessClock(t *testing.T) {
	for _, shift := range []time.Duration{time.Hour, -time.Hour} {
		acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
			a.store.shift = shift
			b.login()
			rt0 := b.jar
			b.post("/refresh", 200)
			if rt1 := b.jar; answers(t, b.refresh(rt0), 200) != rt1 {
				t.Error("no grace")
			}
			time.Sleep(20 * time.Minute)
			rt2 := answers(t, b.refresh(b.jar), 200)
			time.Sleep(20 * time.Minute)
			b.post("/refresh", 200) // rt2 was lost
			answers(t, b.refresh(rt2), 200)
			time.Sleep(20 * time.Minute)
			if age := b.post("/refresh", 200).Cookies()[0].MaxAge; age != 14*24*3600 {
				t.Errorf("Max-Age %d", age)
			}
			answers(t, b.refresh(rt0), 401)
			if !a.revoked(a.last()) {
				t.Error("not revoked")
			}
		})
	}
}

func TestNativeClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		ctx := t.Context()
		tokens, err := a.Begin(ctx, session.Login{Principal: ann("")})
		if err != nil || tokens.Refresh == "" || tokens.Access == "" || tokens.Session.Issuer != issuer {
			t.Fatal(tokens, err)
		}
		next, err := a.Rotate(ctx, tokens.Refresh)
		if err != nil || next.Refresh == tokens.Refresh || next.Access == tokens.Access {
			t.Fatal(next, err)
		}
		// One session never changes its transport, and a mistake ends nothing.
		answers(t, a.newBrowser().refresh(next.Refresh), 401)
		b := a.newBrowser()
		b.login()
		if _, err := a.Rotate(ctx, b.jar); !errors.Is(err, session.ErrEnded) {
			t.Error(err)
		}
		b.post("/refresh", 200)
		if _, err = a.Rotate(ctx, next.Refresh); err != nil {
			t.Error(err)
		}
		if err := a.End(ctx, tokens.Refresh); err != nil {
			t.Error(err)
		}
		if tokens, err := a.Rotate(ctx, next.Refresh); !errors.Is(err, session.ErrEnded) || tokens.Refresh != "" || tokens.Access != "" {
			t.Error(tokens, err)
		}
		for _, token := range []string{"", "garbage", next.Refresh} {
			if err := a.End(ctx, token); err != nil {
				t.Errorf("End of %q: %v", token, err)
			}
		}
	})
}

// 64 uses of one token at a time have one successor, and each gets an access token whose
// expiry the store knows.
func TestOneSuccessor(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		var ready, wg sync.WaitGroup
		ready.Add(64)
		a.store.hook = func(call string) func() {
			if call != "Read" {
				return nil
			}
			return func() { ready.Done(); ready.Wait() } // all have read before the first commits
		}
		cookies := make([]string, 64)
		for i := range cookies {
			wg.Go(func() { cookies[i] = answers(t, b.refresh(b.jar), 200) })
		}
		wg.Wait()
		if all := slices.Compact(slices.Sorted(slices.Values(cookies))); len(all) != 1 || all[0] == b.jar {
			t.Errorf("%d successors", len(all))
		}
		if n := len(a.store.count()); n != 2+2*64-1 { // Create of the login, and no third call for any of them
			t.Errorf("%d calls", n)
		}
	})
}

// A logout that comes while Issue is slow: the access token is not sent.
func TestLogoutDuringIssue(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		s := a.last()
		a.issue = func(session.Session) (string, time.Time, error) {
			other := &browser{app: a, jar: b.jar}
			other.post("/logout", 204)
			return "late", time.Now().Add(15 * time.Minute), nil
		}
		res := b.refresh(b.jar)
		answers(t, res, 401)
		mwtest.Refused(t, res, 401, "session_ended")
		if !a.revoked(s) {
			t.Error("the access tokens are good")
		}
	})
}

func TestIssueFaults(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		for name, tc := range map[string]struct {
			token  string
			life   time.Duration
			err    error
			status int
		}{
			"beyond AccessLifetime": {"a", 15*time.Minute + 2*time.Second, nil, 500},
			"rounded up":            {"a", 15*time.Minute + 900*time.Millisecond, nil, 200},
			"expired":               {"a", 0, nil, 500},
			"no token":              {"", time.Minute, nil, 500},
			"an error":              {"", 0, errDown, 500},
			"an outage":             {"", 0, authn.ErrUnavailable.With(errDown), 503},
		} {
			a.issue = func(session.Session) (string, time.Time, error) { return tc.token, time.Now().Add(tc.life), tc.err }
			before := b.jar
			res := b.refresh(before)
			if answers(t, res, tc.status); tc.status == 200 {
				b.receive(res)
			}
			if res := b.send(a.newBrowser().request("/login")); res.StatusCode != tc.status || (cookieOf(res) == "") != (tc.status != 200) {
				t.Errorf("%s: login %d", name, res.StatusCode)
			}
		}
		a.issue = nil
		b.post("/refresh", 200)
	})
}

// A refresh is two calls of the store.
func TestRoundTrips(t *testing.T) {
	acceptance(t, lostReply, func(t *testing.T, a *app, b *browser) {
		rt0 := b.jar
		a.store.count()
		for name, refresh := range map[string]func() *http.Response{
			"rotation": func() *http.Response { return b.send(b.request("/refresh")) },
			"replay":   func() *http.Response { return b.refresh(rt0) },
		} {
			answers(t, refresh(), 200)
			if calls := a.store.count(); !slices.Equal(calls, []string{"Read", "Commit"}) {
				t.Errorf("%s: %q", name, calls)
			}
		}
	})
}
