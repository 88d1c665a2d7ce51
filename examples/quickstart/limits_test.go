package main

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// count sends n requests. It returns how many a limit did not refuse, and the last response.
func count(n int, request func() *http.Response) (admitted int, last *http.Response) {
	for range n {
		if last = request(); last.StatusCode != http.StatusTooManyRequests {
			admitted++
		}
	}
	return admitted, last
}

func wantLimited(t *testing.T, res *http.Response) {
	t.Helper()
	mwtest.Refused(t, res, 429, "rate_limited")
	if after := res.Header.Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After %q", after)
	}
}

// Each tier admits its quota, and counts each of its keys by itself.
func TestQuickstartLimits(t *testing.T) {
	json := []string{"Content-Type", "application/json"}
	for _, tc := range []struct {
		name   string
		quota  int
		send   func(*testing.T, *process) *http.Response
		other  func(*testing.T, *process) *http.Response // with another key; nil if there is none
		status int                                       // of other
	}{
		{"general", 100, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "GET", "/healthz", "")
		}, nil, 0},
		{"data", 60, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "GET", "/v1/notes", "", p.as("READER")...)
		}, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "GET", "/v1/notes", "", p.as("OTHER")...)
		}, 200},
		{"writes", 30, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "POST", "/v1/notes", `{"title":"t"}`, append(p.as("WRITER"), json...)...)
		}, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "POST", "/v1/notes", `{"title":"t"}`, append(p.as("OTHER"), json...)...)
		}, 201},
		{"admin", 20, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "GET", "/v1/boom", "", p.as("ADMIN")...)
		}, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "GET", "/v1/boom", "", p.as("WRITER")...)
		}, 403},
		{"password reset", 3, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "POST", "/v1/password-reset", `{"email":"nina@notes.example"}`, json...)
		}, func(t *testing.T, p *process) *http.Response {
			return p.do(t, "POST", "/v1/password-reset", `{"email":"nils@notes.example"}`, json...)
		}, 202},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := start(t)
			admitted, last := count(tc.quota+2, func() *http.Response { return tc.send(t, p) })
			if admitted != tc.quota {
				t.Errorf("%d requests admitted, want %d", admitted, tc.quota)
			}
			wantLimited(t, last)
			if tc.name != "password reset" { // whose refusal describes its own limit alone
				wantCommonHeaders(t, last)
			}
			if tc.other == nil {
				return
			}
			if res := tc.other(t, p); res.StatusCode != tc.status {
				t.Errorf("another key: %d, want %d", res.StatusCode, tc.status)
			}
		})
	}
}

// Five failed logins of an account from an address are admitted in 15 minutes. The lockout may
// refuse some of them earlier, because they come too fast. Logins with the right password do not count.
func TestQuickstartLimitsLogins(t *testing.T) {
	p := start(t)
	login := func(email, password string) *http.Response {
		return p.do(t, "POST", "/v1/login", `{"email":"`+email+`","password":"`+password+`"}`, "Content-Type", "application/json")
	}
	for range 6 {
		if res := login(walt, p.env["WALT_PASSWORD"]); res.StatusCode != 200 {
			t.Fatalf("the owner: %d", res.StatusCode)
		}
	}
	for _, email := range []string{walt, "nina@notes.example"} { // an account that does not exist is limited alike
		for i := range 5 {
			res := login(email, "guess")
			if delayed := i >= 3 && res.StatusCode == 429; !delayed {
				mwtest.Refused(t, res, 401, "login_failed")
				continue
			}
			mwtest.Refused(t, res, 429, "login_delayed")
			if res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		wantLimited(t, login(email, "guess"))
	}
	wantLimited(t, login(walt, p.env["WALT_PASSWORD"]))
	if res := login(anna, p.env["ANNA_PASSWORD"]); res.StatusCode != 200 {
		t.Errorf("another account: %d", res.StatusCode)
	}
}
