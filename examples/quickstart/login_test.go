package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// What a client sends to the login is validated, and the two reasons for a refusal look alike.
func TestQuickstartLogin(t *testing.T) {
	p := start(t)
	post := func(body string, headers ...string) *http.Response {
		return p.do(t, "POST", "/v1/login", body, append([]string{"Content-Type", "application/json"}, headers...)...)
	}
	for _, tc := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"no body", "", 400, "body_required"},
		{"no password", `{"email":"walt@notes.example"}`, 400, "validation_failed"},
		{"no email", `{"email":"walt","password":"x"}`, 400, "validation_failed"},
		{"unknown member", `{"email":"walt@notes.example","password":"x","admin":true}`, 400, "validation_failed"},
		{"long password", `{"email":"walt@notes.example","password":"` + strings.Repeat("x", 1001) + `"}`, 400, "validation_failed"},
		{"wrong password", `{"email":"walt@notes.example","password":"hunter2"}`, 401, "login_failed"},
		{"unknown user", `{"email":"nina@notes.example","password":"hunter2"}`, 401, "login_failed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := post(tc.body)
			wantCommonHeaders(t, res)
			mwtest.Refused(t, res, tc.status, tc.code)
			if res.Header.Get("Set-Cookie") != "" || tc.status == 401 && res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
	mwtest.Refused(t, p.do(t, "POST", "/v1/login", "email=walt@notes.example&password=x", "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")

	good := fmt.Sprintf(`{"email":"walt@notes.example","password":"%s"}`, p.env["WALT_PASSWORD"])
	res := post(good, "Origin", frontEnd)
	wantCommonHeaders(t, res)
	cookies := res.Cookies()
	if res.StatusCode != 200 || len(cookies) != 1 || res.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	if c := cookies[0]; c.Name != "__Host-Http-refresh" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %v", c)
	}
	// The front end may refresh and end the session, and no page of another site.
	cookie := cookies[0].Name + "=" + cookies[0].Value
	for _, path := range []string{"/v1/token/refresh", "/v1/logout"} {
		mwtest.Refused(t, p.do(t, "POST", path, "", "Cookie", cookie, "Origin", "https://evil.example"), 403, "cross_origin")
		mwtest.Refused(t, p.do(t, "POST", path, "", "Cookie", cookie, "Sec-Fetch-Site", "same-site"), 403, "cross_origin")
	}
	if res := p.do(t, "POST", "/v1/token/refresh", "", "Cookie", cookie, "Origin", frontEnd, "Sec-Fetch-Site", "same-site"); res.StatusCode != 200 {
		t.Errorf("a refresh of the front end: %d", res.StatusCode)
	}
	res = p.do(t, "OPTIONS", "/v1/sessions", "", "Origin", frontEnd, "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "authorization")
	if res.StatusCode != 204 || !slices.Equal(res.Header.Values("Access-Control-Allow-Methods"), []string{"DELETE"}) {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

// An attacker guesses from many addresses. The account is locked for all addresses from which
// its owner has never logged in.
func TestQuickstartLocksOut(t *testing.T) {
	s := serve(t, settings{lockout: lockout.Config{PerAddress: 4, PerAccount: 4, DelayAfter: 4}}) // without delays
	owner := newBrowser(t, s.URL)
	owner.login(t, walt, s.creds.waltPassword).wantTokens(t)
	for i := range 4 {
		attacker := newBrowser(t, s.URL)
		attacker.from = fmt.Sprintf("192.0.2.%d", i+1)
		attacker.login(t, walt, "guess").want(t, 401, "login_failed")
	}
	stranger := newBrowser(t, s.URL)
	stranger.from = "192.0.2.100"
	stranger.login(t, walt, s.creds.waltPassword).want(t, 429, "login_delayed")
	owner.login(t, walt, s.creds.waltPassword).wantTokens(t)
	stranger.login(t, anna, s.creds.annaPassword).wantTokens(t)

	// The owner gets in from a new address by a reset of the password.
	stranger.curl(t, "POST", "/v1/password-reset", "", `{"email":"`+walt+`"}`).want(t, 202, "")
	const chosen = "a password of the owner"
	stranger.curl(t, "POST", "/v1/password-reset/confirm", "", s.confirmation(walt, s.resetToken(t, walt), chosen)).want(t, 204, "")
	stranger.login(t, walt, chosen).wantTokens(t)
}
