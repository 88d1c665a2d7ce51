package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// ServeCallback answers the browser that comes back from the provider. It must be at the path
// of Config.RedirectURL. After Config.OnLogin it writes a page that leads to the ReturnTo of
// the login.
//
// A callback that belongs to no login under way gets a page that makes the browser send one more
// request from this site, with all cookies. If Config.SID finds a live session in that request, it
// leads to Config.DefaultPage. Otherwise it is refused with ErrFlow. The refusals are
//
//	400 login_flow_unknown            took over 10 minutes, was finished, or began elsewhere
//	400 login_response_invalid        forged, mixed up, or an ID token that is not accepted
//	403 login_denied                  the provider answered with an error, or has ended the session
//	405 method_not_allowed            not GET; with Config.FormPost, not POST
//	503 authentication_unavailable    the provider does not answer as it must: log in again later
//
// and the errors of Config.OnLogin.
func (c *Client) ServeCallback(w http.ResponseWriter, r *http.Request) {
	_, r = carrier.Ensure(r)
	setHeaders(w.Header())
	var err error
	if r.Method == http.MethodGet && r.URL.RawQuery == againQuery {
		err = c.serveAgain(w, r)
	} else {
		err = c.finish(w, r)
	}
	if err != nil {
		c.refuse(w, r, err)
	}
}

// finish verifies the authorization response in r and finishes its login.
func (c *Client) finish(w http.ResponseWriter, r *http.Request) error {
	answer, err := c.readResponse(w, r)
	if err != nil {
		return err
	}
	f, sent := c.keys.Find(r, answer.state, time.Now())
	if f == nil {
		if id, _, ok := flow.SplitState(answer.state); ok && sent {
			flow.Set(w, flow.Prefix+id, "", c.cfg.FormPost)
		}
		return c.askAgain(w)
	}
	// The cookie is good for one answer, also for one that is refused.
	flow.Set(w, flow.Prefix+f.ID, "", c.cfg.FormPost)
	id, err := c.verify(r.Context(), f, answer)
	switch {
	case errors.Is(err, errUsedCode):
		noteRefusedCode(r.Context(), err)
		return c.askAgain(w)
	case err != nil:
		return err
	}
	if err := c.cfg.OnLogin(w, r, id); err != nil {
		return err
	}
	if err := c.endIfLoggedOut(r.Context(), f, id); err != nil {
		w.Header().Del("Set-Cookie") // of the session
		flow.Set(w, flow.Prefix+f.ID, "", c.cfg.FormPost)
		return err
	}
	note(r.Context(), &id, carrier.AuthSucceeded)
	writeContinue(w, id.ReturnTo)
	return nil
}

// verify checks that answer is the one to f, redeems its code, and returns the user.
func (c *Client) verify(ctx context.Context, f loginFlow, answer response) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Budget)
	defer cancel()
	p, err := c.providers.get(ctx)
	if err != nil {
		return Identity{}, unavailable(ctx, "%w", err)
	}
	if err := answer.check(c, p, f); err != nil {
		return Identity{}, err
	}
	switch {
	case answer.errorCode == "temporarily_unavailable", answer.errorCode == "server_error":
		return Identity{}, unavailable(ctx, "the provider answered with error %q", answer.errorCode)
	case answer.errorCode != "":
		return Identity{}, ErrDenied.With(fmt.Errorf("oauth: the provider answered with error %q", errorCode(answer.errorCode)))
	case answer.code == "":
		return Identity{}, ErrResponse.With(errNoCode)
	}
	t, err := c.exchange(ctx, p, f, answer.code)
	if err != nil {
		return Identity{}, err
	}
	id, err := c.identity(ctx, p, f, t)
	if err == nil {
		err = c.checkLoggedOut(ctx, f, id)
	}
	if err != nil {
		return Identity{}, err
	}
	id.Tokens = t
	id.PreviousSID, id.ReturnTo = f.PreviousSID, c.returnTo(f)
	return id, nil
}
