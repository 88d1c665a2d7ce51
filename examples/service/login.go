package main

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/validate"
)

// Login is the body of POST /login. All spellings of an email are one account.
type Login struct {
	Email    string `json:"email" mod:"trim,lower" validate:"required,email,max=254"`
	Password string `json:"password" validate:"required,max=1000"`
}

// SetPassword is the body of PUT /me/password.
type SetPassword struct {
	Password string `json:"password" validate:"required,min=15,max=1000"`
}

// Me is the response to GET /me.
type Me struct {
	Email  string   `json:"email"`
	Tenant string   `json:"tenant"`
	Scopes []string `json:"scopes"`
	Roles  []string `json:"roles"`
}

// accounts logs users in and out.
type accounts struct {
	users   *users
	guard   *lockout.Guard // counts failed logins
	cookies *session.Cookie
}

func (a *accounts) routes(l limits) []routes.Route {
	const (
		noCredential = "the caller has no session yet"
		noObject     = "the account of the caller itself"
	)
	login := validate.Middleware[Login]()(httperr.HandlerFunc(a.login))
	return []routes.Route{
		{Pattern: "POST /login", Public: noCredential, NoObject: noCredential, Limits: l.login, Handler: login},
		{Pattern: "POST /logout", Public: "a session that has ended may log out too", NoObject: noObject,
			Handler: http.HandlerFunc(a.cookies.ServeLogout)},
		{Pattern: "GET /me", AnyCaller: "each caller may ask for its own name", NoObject: noObject, Limits: l.data,
			Handler: validate.Handler(a.me)},
		{Pattern: "PUT /me/password", Require: authz.Fresh(freshLogin), NoObject: noObject, Limits: l.login,
			Handler: validate.Handler(a.setPassword)},
	}
}

// errLogin has one text for an unknown email and for a wrong password.
var errLogin = &httperr.Error{
	Status:  http.StatusUnauthorized,
	Code:    "login_failed",
	Message: "The email or the password is wrong.",
	Header:  http.Header{"Www-Authenticate": {"Session"}}, // no registered scheme, so no browser asks for a password
}

// login starts a session. A page of another site cannot cause one: JSON needs a preflight, and
// the service allows no other origin.
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
	defer func() { _, _ = attempt.Failure(ctx) }() // without effect after Success and Cancel
	who, ok, err := a.users.check(ctx, in.Email, in.Password)
	if err != nil {
		_ = attempt.Cancel(ctx) // an outage of the database is no guess
		return err
	}
	if !ok {
		return errLogin
	}
	_ = attempt.Success(ctx) // its error is in the record, and no reason to refuse the login
	rights := who.rights()
	_, err = a.cookies.Start(w, r, session.Login{Label: r.UserAgent(), Principal: &authn.Principal{
		Issuer: issuer, Subject: who.subject, Tenant: who.tenant, Scopes: rights.Scopes, Roles: rights.Roles,
	}})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *accounts) me(ctx context.Context, _ *struct{}) (*Me, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	who, ok, err := a.users.bySubject(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, httperr.ErrNotFound // removed a moment ago
	}
	return &Me{Email: who.email, Tenant: p.Tenant, Scopes: p.Scopes, Roles: p.Roles}, nil
}

// setPassword changes the password of the caller, and ends its other sessions: one of them may be
// the reason for the change.
func (a *accounts) setPassword(ctx context.Context, in *SetPassword) (*struct{}, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	if err := a.users.setPassword(ctx, p.Subject, in.Password); err != nil {
		return nil, err
	}
	_, err := a.cookies.RevokeOthers(ctx, p.Subject, p.SessionID)
	return nil, err
}
