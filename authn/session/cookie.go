package session

import (
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session/internal/opaque"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A Cookie authenticates browsers by a cookie that names a session in the store. It is an
// authn.Authenticator for pages and for the back end of a front end. It is safe for
// concurrent use; make one with [NewCookie].
type Cookie struct {
	*Sessions
	cfg    CookieConfig
	cookie cookieRules
}

var _ authn.Authenticator = (*Cookie)(nil)

// Start begins a session for a user that has just logged in, and sets the cookie. It writes
// no body, and checks no origin: a login handler has its own protection. The secret is always
// new, so a cookie that was planted before the login opens nothing.
//
// A session whose cookie comes with r is ended first, whatever its subject. The errors are
// those of [Manager.Start], without Config.Issue.
func (c *Cookie) Start(w http.ResponseWriter, r *http.Request, l Login) (Session, error) {
	ctx := r.Context()
	if err := c.cookie.endOld(r, c.endToken); err != nil {
		return Session{}, err
	}
	d, err := newData(c.issuer, byOpaque, l, time.Now())
	if err != nil {
		return Session{}, err
	}
	token, sid := opaque.New(c.tag(d.Subject))
	state := opaque.State{
		AuthTime: time.Unix(d.AuthTime, 0), Subject: d.Subject, ClientID: d.ClientID, Tenant: d.Tenant, ACR: d.ACR,
		Scopes: d.Scopes, Roles: d.Roles,
	}
	s, _, err := c.create(ctx, &d, sessionstore.Creation{
		SID: sid, Data: d.encode(), State: state.Encode(), Idle: c.cfg.Idle, Absolute: c.cfg.Absolute,
		Max: c.cfg.MaxSessions, Refuse: c.cfg.RefuseAtMax, Keep: c.keep,
	})
	if err != nil {
		return Session{}, err
	}
	w.Header().Set("Cache-Control", noStore)
	c.cookie.set(w, token, c.cfg.Absolute) // the store decides about Idle
	return s, nil
}

// End ends the session whose cookie comes with r, clears the cookie, and writes no body, so
// the caller can answer with a redirect. Without a session it clears the cookie too. It
// refuses r as ServeLogout does; then the cookie stays.
func (c *Cookie) End(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", noStore)
	token, err := c.cookie.check(r)
	if err != nil {
		return err
	}
	if err := c.endToken(r.Context(), token); err != nil {
		return err
	}
	c.cookie.set(w, "", 0)
	return nil
}

// ServeLogout answers POST with 204: it ends the session of the cookie and clears the cookie.
// It ignores the body. The refusals are
//
//	400 session_cookie_invalid    two cookies of the name, or one of more than 4096 bytes
//	403 cross_origin              by CookieConfig.CrossOrigin
//	405 method_not_allowed        not POST
//	503                           the store did not answer: the session may still be good
func (c *Cookie) ServeLogout(w http.ResponseWriter, r *http.Request) {
	_, r = carrier.Ensure(r)
	if err := c.End(w, r); err != nil {
		c.cookie.deny(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// endToken ends the session of a cookie. A cookie without a session is no error.
func (c *Cookie) endToken(ctx context.Context, token string) error {
	sid, ok := opaque.SID(token)
	if !ok {
		return nil
	}
	ended, err := c.end(ctx, []string{sid})
	c.emitEnded(ctx, "", ended)
	return err
}
