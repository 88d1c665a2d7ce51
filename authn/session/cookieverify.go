package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/source"
	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/internal/opaque"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Present reports whether r has the cookie, also more than once. An empty cookie is none.
func (c *Cookie) Present(r *http.Request) bool {
	value, count := source.Cookie(r.Header, c.cookie.name)
	return value != "" || count > 1
}

// Authenticate returns the principal of the session whose cookie is in r. Its Kind is
// "session", and its SessionID and TokenID are [Session].ID. It makes one call of the store,
// and a second one each time that it asks CookieConfig.Grant. It changes no cookie. The
// refusals are
//
//	400 session_cookie_invalid        two cookies of the name, or one of more than 4096 bytes
//	401 invalid_credentials           the cookie has another form
//	401 credentials_expired           the session has ended or expired, or never was
//	403 cross_origin                  by CookieConfig.CrossOrigin
//	503 authentication_unavailable    the store or CookieConfig.Grant did not answer
//
// The errors are those of package authn but for the first. The store cannot tell a session
// that has ended from one that never was, so a guess is answered with authn.ErrExpired too.
func (c *Cookie) Authenticate(r *http.Request) (*authn.Principal, error) {
	token, count := source.Cookie(r.Header, c.cookie.name)
	switch {
	case count > 1:
		return nil, refuseTwoCookies
	case token == "":
		return nil, authn.ErrNoCredentials
	case len(token) > maxCookie:
		return nil, refuseLongCookie
	}
	if err := source.CheckOrigin(c.cookie.crossOrigin, r); err != nil {
		return nil, authn.ErrCrossOrigin.With(err)
	}
	p, err := c.verify(r.Context(), token)
	switch {
	case err == nil:
		return p, nil
	case errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired):
		carrier.NoteCredential(r.Context(), token)
	case errors.Is(err, authn.ErrUnavailable) && r.Context().Err() != nil:
		// The client has left, or its time is over. That is no outage of the store.
		return nil, fmt.Errorf("session: %w", r.Context().Err())
	}
	return nil, err
}

// Challenge returns the same value for every error with the status 401: a scheme that is not
// registered, so that no browser asks for a password, and the realm if it is set.
func (c *Cookie) Challenge(realm string, _ error) string {
	if realm == "" {
		return challenge
	}
	return challenge + ` realm="` + realm + `"`
}

// The refusals of Authenticate.
var (
	refuseTwoCookies = errCookie.With(errTwoCookies)
	refuseLongCookie = errCookie.With(errLongCookie)
	refuseForm       = authn.ErrInvalid.With(errors.New("session: not the cookie of a session"))
	refuseUnknown    = authn.ErrExpired.With(errors.New("session: no session has this cookie, or it has expired"))
	refuseIssuer     = authn.ErrExpired.With(errors.New("session: the session is of another issuer than CookieConfig.Issuer"))
	refuseEnded      = authn.ErrExpired.With(errors.New("session: ended while CookieConfig.Grant was asked"))
)

// verify returns the principal of a token.
func (c *Cookie) verify(ctx context.Context, token string) (*authn.Principal, error) {
	sid, ok := opaque.SID(token)
	if !ok {
		return nil, refuseForm
	}
	record, outcome, err := c.use(ctx, sessionstore.Commit{SID: sid, Idle: c.cfg.Idle, Every: touchEvery})
	switch {
	case err != nil:
		return nil, err
	case outcome == sessionstore.Ended:
		return nil, refuseUnknown
	}
	state, err := opaque.Decode(record.State)
	if err != nil {
		return nil, err
	}
	if tag := family.TagOf(c.issuer, state.Subject); sid[:family.TagLen] != string(tag[:]) {
		return nil, refuseIssuer
	}
	asked := state.GrantedAt
	if asked.IsZero() {
		asked = record.Started
	}
	// The clock of the store may run back in a failover.
	if age := record.Now.Sub(asked); age < 0 || age >= grantEvery {
		if err := c.renew(ctx, &record, &state); err != nil {
			return nil, err
		}
	}
	return &authn.Principal{
		Kind: "session", Issuer: c.issuer, Subject: state.Subject, ClientID: state.ClientID, TokenID: sid, SessionID: sid,
		Tenant: state.Tenant, Scopes: state.Scopes, Roles: state.Roles, ACR: state.ACR, AuthTime: state.AuthTime,
		IssuedAt: record.Started, ExpiresAt: record.Expires,
	}, nil
}

// use calls the store within the budget. Unlike call, it allocates no function.
func (c *Cookie) use(ctx context.Context, commit sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	bounded, cancel := context.WithTimeout(ctx, c.budget)
	defer cancel()
	record, outcome, err := c.store.Commit(bounded, commit)
	if err != nil {
		return record, outcome, storeFailed(ctx, err)
	}
	return record, outcome, nil
}

// renew asks CookieConfig.Grant for the rights of the session, and stores them. A session
// that has ended meanwhile is refused. If another request has stored its answer meanwhile,
// that one stays in the store, and each request gets the answer that it has asked for.
func (c *Cookie) renew(ctx context.Context, record *sessionstore.Record, state *opaque.State) error {
	d, err := decode(record)
	if err != nil {
		return err
	}
	granted, event, err := c.grant(ctx, c.cfg.Grant, d.session(record))
	switch {
	case errors.Is(err, ErrEnded):
		return authn.ErrExpired.With(err)
	case err != nil:
		return err
	}
	state.Scopes, state.Roles, state.GrantedAt = granted.Scopes, granted.Roles, record.Now
	after, outcome, err := c.use(ctx, sessionstore.Commit{SID: record.SID, Idle: c.cfg.Idle, Old: record.State, New: state.Encode()})
	switch {
	case err != nil:
		return err
	case outcome == sessionstore.Ended:
		return refuseEnded
	}
	granted.LastUsedAt, granted.ExpiresAt = after.LastUsed, after.Expires
	record.Expires = after.Expires
	event.Kind, event.Session = Refreshed, granted
	c.emit(ctx, event)
	return nil
}
