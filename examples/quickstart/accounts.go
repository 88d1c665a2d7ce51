package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/validate"
)

// accounts logs users in, keeps them logged in, and logs them out.
type accounts struct {
	users    *users
	guard    *lockout.Guard
	sessions *session.Manager
	limits   limits
	mail     func(to, text string)
}

func newAccounts(cfg settings, store sessionstore.Store, l limits) *accounts {
	a := &accounts{
		users:  newUsers(cfg.creds),
		guard:  must(lockout.New(cfg.lockout)), // examples/redis has one for several processes
		limits: l,
		mail:   cfg.mail,
	}
	crossOrigin := http.NewCrossOriginProtection()
	a.sessions = must(session.New(session.Config{
		Store:       store,
		Issuer:      issuer,
		Issue:       issueFor(cfg.creds.issuer),
		Grant:       a.users.rights,
		CrossOrigin: must(crossOrigin, crossOrigin.AddTrustedOrigin(frontEnd)),
		Grace:       cfg.grace,
		Observe:     reportReuse(cfg.logger),
	}))
	return a
}

// routes adds the routes of users that log in. auth is around those that need an access token.
func (a *accounts) routes(mux *http.ServeMux, auth *authn.Middleware) {
	// A page of another site cannot post JSON without a preflight, which cors refuses.
	login := a.limits.login.Handler(httperr.HandlerFunc(a.login))
	mux.Handle("POST /v1/login", validate.Middleware[Login]()(login))
	mux.HandleFunc("/v1/token/refresh", a.sessions.ServeRefresh)
	mux.HandleFunc("/v1/logout", a.sessions.ServeLogout)
	mux.Handle("POST /v1/password-reset", validate.Handler(a.requestReset))
	mux.Handle("POST /v1/password-reset/confirm", validate.Handler(a.confirmReset))
	mux.Handle("GET /v1/sessions", auth.Handler(a.limits.data.Handler(validate.Handler(a.list))))
	mux.Handle("DELETE /v1/sessions", auth.Handler(a.limits.data.Handler(validate.Handler(a.endOthers))))
	mux.Handle("DELETE /v1/sessions/{id}", auth.Handler(a.limits.data.Handler(validate.Handler(a.endOne))))
}

// issueFor returns session.Config.Issue: it signs the access token of a session. With the ID
// of the session in the token, a logout revokes the token too.
func issueFor(i *jwtissuer.Issuer) func(context.Context, session.Session) (string, time.Time, error) {
	return func(_ context.Context, s session.Session) (string, time.Time, error) {
		issued, err := i.Issue(jwtissuer.Grant{
			Subject: s.Subject, ClientID: s.ClientID, SessionID: s.ID, AuthTime: s.AuthTime,
			Scopes: s.Scopes, Roles: s.Roles, Lifetime: 15 * time.Minute,
		})
		return issued.Token, issued.ExpiresAt, err
	}
}

// reportReuse returns session.Config.Observe: it logs that two parties had the tokens of one
// session, which has been ended. A real service also tells the user.
func reportReuse(logger *slog.Logger) func(context.Context, session.Event) {
	return func(ctx context.Context, e session.Event) {
		if e.Kind == session.Reused {
			logger.WarnContext(ctx, "refresh token reused", "subject", e.Session.Subject, "session", e.Session.ID)
		}
	}
}
