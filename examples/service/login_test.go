package main

import (
	"encoding/base64"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/go-sallyport/sallyport/authn/session"
)

func TestLoginAndLogout(t *testing.T) {
	p := start(t)
	carl := p.login(t, "Carl@ACME.example", "acme", "clerk")
	p.want(t, carl, "GET", "/me", "", 200, `"tenant":"acme"`, `"clerk"`)
	p.want(t, "", "GET", "/me", "", 401, "unauthenticated")
	p.want(t, carl, "POST", "/logout", "", 204)
	p.want(t, carl, "GET", "/me", "", 401)
}

// An unknown email and a wrong password have the same answer, and guesses lock before the hash.
func TestGuesses(t *testing.T) {
	p := start(t)
	password, err := p.users.add(t.Context(), "carl@acme.example", "acme", "clerk")
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "", "POST", "/login", `{"email":"nobody@acme.example","password":"a"}`, 401, "login_failed")
	p.want(t, "", "POST", "/login", `{"email":"carl@acme.example","password":"a"}`, 401, "login_failed")
	locked := false
	for range 10 {
		res, _ := p.do(t, "", "POST", "/login", `{"email":" CARL@acme.example","password":"a"}`)
		locked = locked || res.StatusCode == 429 && res.Header.Get("Retry-After") != ""
	}
	if !locked {
		t.Error("ten guesses, and no delay")
	}
	p.want(t, "", "POST", "/login", `{"email":"carl@acme.example","password":"`+password+`"}`, 429)
}

// A change of the password ends the other sessions.
func TestSetPassword(t *testing.T) {
	p := start(t)
	here := p.login(t, "carl@acme.example", "acme", "clerk")
	p.want(t, here, "PUT", "/me/password", `{"password":"short"}`, 400, "min_length")
	p.want(t, here, "PUT", "/me/password", `{"password":"correct horse battery"}`, 204)
	there := p.loginAs(t, "carl@acme.example", "correct horse battery")
	p.want(t, here, "PUT", "/me/password", `{"password":"another horse battery"}`, 204)
	p.want(t, here, "GET", "/me", "", 200)
	p.want(t, there, "GET", "/me", "", 401)
}

// A user that was removed or moved loses its sessions when the session asks for its rights.
func TestGrant(t *testing.T) {
	p := start(t)
	p.login(t, "carl@acme.example", "acme", "clerk")
	carl, ok, err := p.users.check(t.Context(), "carl@acme.example", "wrong")
	if ok || err != nil {
		t.Fatal(ok, err)
	}
	if r, err := p.users.grant(t.Context(), session.Session{Subject: carl.subject, Tenant: "acme"}); err != nil || len(r.Scopes) != 2 {
		t.Error(r, err)
	}
	for _, s := range []session.Session{{Subject: carl.subject, Tenant: "globex"}, {Subject: "removed", Tenant: "acme"}} {
		if _, err := p.users.grant(t.Context(), s); err != session.ErrEnded {
			t.Error(s, err)
		}
	}
}

func TestPassword(t *testing.T) {
	hash := hashPassword("correct horse")
	if !isPassword("correct horse", hash) || isPassword("correct hors", hash) || hash == hashPassword("correct horse") {
		t.Error(hash)
	}
	weaker := "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" // other parameters than the constants
	weaker += base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte("password"), []byte("somesalt"), 1, 64, 1, argonLen))
	if !isPassword("password", weaker) || isPassword("Password", weaker) {
		t.Error("a hash with other parameters")
	}
	for _, bad := range []string{"", weaker[:20], "$argon2id$v=19$m=64,t=0,p=0$c29tZXNhbHQ$YQ", "$argon2i" + weaker[9:]} {
		if isPassword("password", bad) {
			t.Error(bad)
		}
	}
}
