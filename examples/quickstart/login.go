package main

import (
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/validate"
)

// Login is the body of POST /v1/login. All spellings of an email are one account.
type Login struct {
	Email    string `json:"email" mod:"trim,lower" validate:"required,email,max=254"`
	Password string `json:"password" validate:"required,max=1000"`
}

// loginAccount returns the account of a login, as a key for a limit.
func loginAccount(r *http.Request) (string, bool) {
	in, ok := validate.From[Login](r)
	return in.Email, ok
}

// errLogin has one text for an unknown email and for a wrong password.
var errLogin = &httperr.Error{
	Status:  http.StatusUnauthorized,
	Code:    "login_failed",
	Message: "The email or the password is wrong.",
	Header:  http.Header{"Www-Authenticate": {"Session"}}, // no registered scheme, so no browser asks for a password
}

// login answers the access token, and sets the cookie with the refresh token.
func (a *accounts) login(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, ok := validate.From[Login](r)
	if !ok {
		return httperr.ErrInternal // the route lacks validate.Middleware[Login]
	}
	addr, _ := clientip.FromContext(ctx)
	attempt, err := a.guard.Begin(ctx, in.Email, addr)
	if err != nil {
		return err // 429 with Retry-After, before a password is hashed
	}
	defer func() { _, _ = attempt.Failure(ctx) }() // without effect after Success
	who, ok := a.users.check(in.Email, in.Password)
	if !ok {
		return errLogin
	}
	_ = attempt.Success(ctx) // its error is in the record, and no reason to refuse the login

	tokens, err := a.sessions.Start(w, r, session.Login{
		Principal: &authn.Principal{Subject: who.subject, ClientID: clientID, Scopes: who.scopes, Roles: who.roles},
		Label:     r.UserAgent(),
	})
	if err != nil {
		return err
	}
	return tokens.Respond(w)
}
