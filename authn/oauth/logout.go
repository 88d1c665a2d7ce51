package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A Logout is a logout at the provider (OpenID Connect Back-Channel Logout 1.0). It ends the
// sessions whose Identity had the Issuer and the SID, or the Issuer and the Subject if SID is
// empty, and that began at Until or before.
type Logout struct {
	Issuer  string
	SID     string    // session at the provider; "" stands for all sessions of Subject
	Subject string    // may be empty beside a SID
	Until   time.Time // the time of the logout, or up to a minute later; never in the future by more than a second
}

// clockLeeway is how far the clock of the provider may be away, as package jwtauth accepts it.
const clockLeeway = time.Minute

// ServeBackChannelLogout answers a logout token, which the provider posts to the URL that is
// registered there as backchannel_logout_uri. It calls Config.OnLogout, and then answers 200.
// The refusals are
//
//	400 logout_token_invalid          missing, forged, of another client, expired, or used before
//	405 method_not_allowed            not POST
//	503 authentication_unavailable    the keys, Config.Logouts or Config.OnLogout failed
//
// and the errors of Config.OnLogout that are a *httperr.Error. A logout that was answered with
// 503 is not done, and its token is not used: the provider may send it again.
func (c *Client) ServeBackChannelLogout(w http.ResponseWriter, r *http.Request) {
	_, r = carrier.Ensure(r)
	setHeaders(w.Header())
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Budget)
	defer cancel()
	token, err := c.readLogout(w, r)
	if err == nil {
		err = c.logOut(ctx, token)
	}
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// readLogout returns the logout token in r.
func (c *Client) readLogout(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return "", httperr.ErrMethodNotAllowed.WithHeader("Allow", http.MethodPost)
	}
	if c.cfg.OnLogout == nil {
		return "", httperr.ErrInternal.With(errNoOnLogout)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || len(r.PostForm["logout_token"]) != 1 {
		return "", ErrLogoutToken.With(errLogoutForm)
	}
	return r.PostForm.Get("logout_token"), nil
}

// logOut verifies a logout token and ends the sessions that it names. Its use is noted last, so
// that a logout which fails can be tried again.
func (c *Client) logOut(ctx context.Context, token string) error {
	t, err := c.idTokens.VerifyLogout(ctx, token)
	switch {
	case errors.Is(err, authn.ErrInvalid), errors.Is(err, authn.ErrExpired):
		return ErrLogoutToken.With(err)
	case err != nil:
		return err
	}
	use := c.logoutName("jti", t.Issuer, t.TokenID)
	switch used, err := c.cfg.Logouts.Noted(ctx, use); {
	case err != nil:
		return unavailable(ctx, "Config.Logouts: %w", err)
	case !used.IsZero():
		return ErrLogoutToken.With(errUsedLogout)
	}
	now := time.Now()
	// A login that is under way must not finish after this logout. Note it before OnLogout ends
	// the sessions that there are, so that no login falls between the two.
	if err := c.cfg.Logouts.Note(ctx, c.endedName(t), now, flow.Life+clockLeeway); err != nil {
		return unavailable(ctx, "Config.Logouts: %w", err)
	}
	until := t.IssuedAt.Add(clockLeeway)
	if until.After(now) {
		until = now
	}
	// The clock of a session store may have the fraction of a second that iat has not.
	l := Logout{Issuer: t.Issuer, SID: t.SessionID, Subject: t.Subject, Until: until.Add(time.Second)}
	if err := c.callOnLogout(ctx, l); err != nil {
		return err
	}
	if err := c.cfg.Logouts.Note(ctx, use, now, t.ExpiresAt.Sub(now)+2*clockLeeway); err != nil {
		return unavailable(ctx, "Config.Logouts: %w", err)
	}
	return nil
}

// checkLoggedOut refuses a login whose session at the provider has ended since the login began.
func (c *Client) checkLoggedOut(ctx context.Context, f loginFlow, id Identity) error {
	if c.cfg.Logouts == nil {
		return nil
	}
	names := []string{c.logoutName("sub", id.Issuer, id.Subject)}
	if id.SID != "" {
		names = append(names, c.logoutName("sid", id.Issuer, id.SID))
	}
	for _, name := range names {
		switch ended, err := c.cfg.Logouts.Noted(ctx, name); {
		case err != nil:
			return unavailable(ctx, "Config.Logouts: %w", err)
		case !ended.IsZero() && !f.Start().After(ended):
			return ErrDenied.With(errLoggedOut)
		}
	}
	return nil
}

// endIfLoggedOut ends the session that OnLogin has started, if a logout came between
// checkLoggedOut and its start. A later logout finds the session itself.
func (c *Client) endIfLoggedOut(ctx context.Context, f loginFlow, id Identity) error {
	err := c.checkLoggedOut(ctx, f, id)
	if !errors.Is(err, ErrDenied) {
		return err
	}
	l := Logout{Issuer: id.Issuer, SID: id.SID, Subject: id.Subject, Until: time.Now().Add(time.Second)}
	if endErr := c.callOnLogout(ctx, l); endErr != nil {
		return endErr
	}
	return err
}

func (c *Client) callOnLogout(ctx context.Context, l Logout) error {
	err := c.cfg.OnLogout(ctx, l)
	if _, ok := errors.AsType[*httperr.Error](err); ok || err == nil {
		return err
	}
	return unavailable(ctx, "Config.OnLogout: %w", err)
}

// endedName returns the name of what t ends: one session, or all sessions of a subject.
func (c *Client) endedName(t jwtauth.LogoutToken) string {
	if t.SessionID != "" {
		return c.logoutName("sid", t.Issuer, t.SessionID)
	}
	return c.logoutName("sub", t.Issuer, t.Subject)
}

// logoutName returns a name for Config.Logouts, which tells its reader nothing.
func (c *Client) logoutName(kind, issuer, value string) string {
	sum := sha256.Sum256([]byte(c.name + "\n" + kind + "\n" + issuer + "\n" + value)) // only the last may have a line end
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
