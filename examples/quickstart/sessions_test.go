package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A browser logs in, refreshes and logs out. After the logout, no access token of the session
// passes.
func TestQuickstartRefreshesAndLogsOut(t *testing.T) {
	t.Run("in memory", refreshAndLogOut)
	t.Run("in Redis", func(t *testing.T) {
		t.Setenv("REDIS_URL", "redis://"+redistest.Start(t).Addr+"/0")
		refreshAndLogOut(t)
	})
}

func refreshAndLogOut(t *testing.T) {
	p := start(t)
	b := newBrowser(t, p.env["BASE"])
	b.refresh(t).want(t, 401, "unauthenticated") // no cookie

	login := b.login(t, "  Walt@Notes.Example ", p.env["WALT_PASSWORD"]).wantTokens(t)
	first, before := b.refreshToken(t), b.copyJar(t)
	if !strings.HasPrefix(first, "rt1_") {
		t.Fatalf("the cookie is %q", first)
	}
	if me := b.me(t, login.token).want(t, 200, ""); !strings.Contains(me.body, `"subject":"walt"`) {
		t.Errorf("me is %s", me.body)
	}
	b.curl(t, "POST", "/v1/notes", login.token, `{"title":"mine"}`).want(t, 201, "")

	next := b.refresh(t).wantTokens(t)
	if next.token == login.token || b.refreshToken(t) == first {
		t.Error("the refresh gave the old tokens")
	}
	b.me(t, next.token).want(t, 200, "")
	b.me(t, login.token).want(t, 200, "") // until it expires, or the session ends
	b.curl(t, "GET", "/v1/token/refresh", "", "").want(t, 405, "method_not_allowed")
	b.me(t, first).want(t, 401, "invalid_credentials") // a refresh token is no access token

	other := newBrowser(t, p.env["BASE"])
	elsewhere := other.login(t, walt, p.env["WALT_PASSWORD"]).wantTokens(t)

	after := b.copyJar(t)
	b.curl(t, "POST", "/v1/logout", "", "").want(t, 204, "")
	if b.refreshToken(t) != "" {
		t.Error("the cookie is still there")
	}
	b.me(t, login.token).want(t, 401, "invalid_credentials")
	b.me(t, next.token).want(t, 401, "invalid_credentials")
	b.refresh(t).want(t, 401, "unauthenticated")
	before.refresh(t).want(t, 401, "session_ended")
	after.refresh(t).want(t, 401, "session_ended")
	b.curl(t, "POST", "/v1/logout", "", "").want(t, 204, "") // twice is no error

	other.me(t, elsewhere.token).want(t, 200, "") // another session goes on
	other.refresh(t).wantTokens(t)

	log := p.logged(t, `cause="jwtauth: revoked"`)
	for _, never := range []string{p.env["WALT_PASSWORD"], login.token, next.token, first, other.refreshToken(t)} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
}

// Four tabs of one browser wake together, each with the same cookie.
func TestQuickstartRefreshesFourTabs(t *testing.T) {
	p := start(t)
	b := newBrowser(t, p.env["BASE"])
	b.login(t, walt, p.env["WALT_PASSWORD"]).wantTokens(t)
	old := b.refreshToken(t)
	var tabs [4]browser
	var waits [4]func() answer
	for i := range tabs {
		tabs[i] = b.copyJar(t)
	}
	for i, tab := range tabs {
		waits[i] = tab.begin(t, "POST", "/v1/token/refresh", "", "")
	}
	for _, wait := range waits {
		b.me(t, wait().wantTokens(t).token).want(t, 200, "")
	}
	for i := range tabs {
		if got := tabs[i].refreshToken(t); got == old || got != tabs[0].refreshToken(t) {
			t.Errorf("tab %d has the cookie %q, and tab 0 %q", i, got, tabs[0].refreshToken(t))
		}
	}
	for _, tab := range tabs { // the last answers come to the same cookie
		tab.refresh(t).wantTokens(t)
	}
	if log := p.log.String(); strings.Contains(log, "reused") {
		t.Errorf("the tabs were taken for a thief:\n%s", log)
	}
}

// A thief has copied the cookie. The owner refreshes, and the thief comes after the grace.
func TestQuickstartEndsAReusedSession(t *testing.T) {
	s := serve(t, settings{grace: time.Second})
	owner := newBrowser(t, s.URL)
	login := owner.login(t, walt, s.creds.waltPassword).wantTokens(t)
	other := newBrowser(t, s.URL)
	elsewhere := other.login(t, walt, s.creds.waltPassword).wantTokens(t)

	thief := owner.copyJar(t)
	thief.readOnly = true // it keeps the spent token
	next := owner.refresh(t).wantTokens(t)
	stolen := thief.refresh(t)
	for range 50 { // within the grace it may be another tab
		if stolen.status != 200 {
			break
		}
		time.Sleep(100 * time.Millisecond)
		stolen = thief.refresh(t)
	}
	stolen.want(t, 401, "session_ended")
	if log := s.log.String(); !strings.Contains(log, `level=WARN msg="refresh token reused" subject=walt`) {
		t.Errorf("the log lacks the reuse:\n%s", log)
	}
	owner.refresh(t).want(t, 401, "session_ended")
	owner.me(t, login.token).want(t, 401, "invalid_credentials")
	owner.me(t, next.token).want(t, 401, "invalid_credentials")
	other.me(t, elsewhere.token).want(t, 200, "")
	other.refresh(t).wantTokens(t)
	owner.login(t, walt, s.creds.waltPassword).wantTokens(t) // the owner begins anew
}

// A user sees the own sessions, and ends one of them or all others.
func TestQuickstartListsAndEndsSessions(t *testing.T) {
	p := start(t)
	var browsers [4]browser
	var tokens [4]string
	for i := range browsers {
		browsers[i] = newBrowser(t, p.env["BASE"])
		tokens[i] = browsers[i].login(t, walt, p.env["WALT_PASSWORD"]).wantTokens(t).token
	}
	stranger := newBrowser(t, p.env["BASE"])
	foreign := stranger.login(t, anna, p.env["ANNA_PASSWORD"]).wantTokens(t).token
	list := func(token string) (all []Session, current string) {
		t.Helper()
		a := stranger.curl(t, "GET", "/v1/sessions", token, "").want(t, 200, "")
		var got Sessions
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		for _, s := range got.Sessions {
			if s.Current {
				current += s.ID
			}
			if !strings.HasPrefix(s.Label, "curl/") || time.Since(s.Started) > time.Minute || s.LastUsed.Before(s.Started) {
				t.Errorf("session %+v", s)
			}
		}
		return got.Sessions, current
	}
	all, second := list(tokens[1])
	if len(all) != 4 || second == "" {
		t.Fatalf("%+v", all)
	}
	_, first := list(tokens[0])

	me := browsers[0]
	me.curl(t, "DELETE", "/v1/sessions/"+first, foreign, "").want(t, 404, "not_found") // of another user
	me.curl(t, "DELETE", "/v1/sessions/none", tokens[0], "").want(t, 404, "not_found")
	me.curl(t, "DELETE", "/v1/sessions/"+second, tokens[0], "").want(t, 204, "")
	me.curl(t, "DELETE", "/v1/sessions/"+second, tokens[0], "").want(t, 404, "not_found")
	browsers[1].me(t, tokens[1]).want(t, 401, "invalid_credentials")
	browsers[1].refresh(t).want(t, 401, "session_ended")
	browsers[2].me(t, tokens[2]).want(t, 200, "")

	if a := me.curl(t, "DELETE", "/v1/sessions", tokens[0], "").want(t, 200, ""); a.body != `{"ended":2}` {
		t.Errorf("%s", a.body)
	}
	for i, want := range []int{200, 401, 401, 401} {
		if a := browsers[i].me(t, tokens[i]); a.status != want {
			t.Errorf("session %d: %d %s", i, a.status, a.body)
		}
	}
	if all, current := list(tokens[0]); len(all) != 1 || current != first {
		t.Errorf("%+v", all)
	}
	stranger.me(t, foreign).want(t, 200, "")

	me.curl(t, "GET", "/v1/sessions", "", "").want(t, 401, "unauthenticated")
	me.curl(t, "GET", "/v1/sessions", p.env["WRITER"], "").want(t, 403, "session_required") // a token without a session
	me.curl(t, "DELETE", "/v1/sessions", p.env["WRITER"], "").want(t, 403, "session_required")
	me.curl(t, "DELETE", "/v1/sessions/"+first, p.env["WRITER"], "").want(t, 403, "session_required")
}
