package main

import (
	"fmt"
	"strings"
	"testing"
)

// resetToken returns the token of the mail that was sent to an account.
func (s *server) resetToken(t *testing.T, to string) string {
	t.Helper()
	select {
	case mail := <-s.mails:
		if token, ok := strings.CutPrefix(mail, to+": reset your password with the token "); ok {
			return token
		}
		t.Fatalf("the mail is %q", mail)
	default:
		t.Fatal("no mail")
	}
	return ""
}

func (s *server) confirmation(email, token, password string) string {
	return fmt.Sprintf(`{"email":"%s","token":"%s","password":"%s"}`, email, token, password)
}

// The owner resets the password: all sessions end, also those of a thief. The answer to a
// request does not tell which accounts exist.
func TestQuickstartResetsAPassword(t *testing.T) {
	s := serve(t, settings{})
	b, thief := newBrowser(t, s.URL), newBrowser(t, s.URL)
	stolen := thief.login(t, walt, s.creds.waltPassword).wantTokens(t)
	request := func(email string) answer {
		return b.curl(t, "POST", "/v1/password-reset", "", `{"email":"`+email+`"}`)
	}
	confirm := func(email, token, password string) answer {
		return b.curl(t, "POST", "/v1/password-reset/confirm", "", s.confirmation(email, token, password))
	}
	known, unknown := request("Walt@notes.example").want(t, 202, ""), request("nina@notes.example").want(t, 202, "")
	if known.body != unknown.body || len(s.mails) != 1 {
		t.Errorf("%s and %s, %d mails", known.body, unknown.body, len(s.mails))
	}
	first := s.resetToken(t, walt)
	request(walt).want(t, 202, "")
	token := s.resetToken(t, walt)
	const chosen = "correct horse battery"

	confirm(walt, token, "short").want(t, 400, "validation_failed")
	confirm(walt, "guess", chosen).want(t, 400, "reset_token_invalid")
	confirm(walt, first, chosen).want(t, 400, "reset_token_invalid") // a later mail replaces it
	confirm(anna, token, chosen).want(t, 400, "reset_token_invalid")
	confirm("nina@notes.example", token, chosen).want(t, 400, "reset_token_invalid")
	thief.me(t, stolen.token).want(t, 200, "")

	confirm(walt, token, chosen).want(t, 204, "")
	confirm(walt, token, chosen).want(t, 400, "reset_token_invalid")
	thief.me(t, stolen.token).want(t, 401, "invalid_credentials")
	thief.refresh(t).want(t, 401, "session_ended")
	thief.me(t, s.creds.writer).want(t, 401, "invalid_credentials") // also a token of the owner without a session
	thief.me(t, s.creds.reader).want(t, 200, "")
	b.login(t, walt, s.creds.waltPassword).want(t, 401, "login_failed")
	fresh := b.login(t, walt, chosen).wantTokens(t)
	b.me(t, fresh.token).want(t, 200, "") // the login that follows is not affected
	b.refresh(t).wantTokens(t)

	if log := s.log.String(); strings.Contains(log, token) || strings.Contains(log, chosen) {
		t.Error("the log holds a secret")
	}
}
