package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/authz/routes"
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

func newAccounts(cfg settings, u *users, store sessionstore.Store, l limits) *accounts {
	a := &accounts{
		users:  u,
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

// routes returns the routes of users that log in.
func (a *accounts) routes() []routes.Route {
	const (
		noCredential = "the caller has no access token yet"
		ownSessions  = "a user has the sessions of its own subject, and session.Manager reads no other"
	)
	// A page of another site cannot post JSON without a preflight, which cors refuses.
	login := validate.Middleware[Login]()(a.limits.login.Handler(httperr.HandlerFunc(a.login)))
	public := func(pattern string, h http.Handler) routes.Route {
		return routes.Route{Pattern: pattern, Public: noCredential, NoObject: noCredential, Handler: h}
	}
	own := func(pattern string, h http.Handler) routes.Route {
		return routes.Route{
			Pattern: pattern, AnyCaller: "the handler wants a caller that has logged in", NoObject: ownSessions,
			Limits: []routes.Limit{a.limits.data}, Handler: h,
		}
	}
	return []routes.Route{
		public("POST /v1/login", login),
		public("POST /v1/token/refresh", http.HandlerFunc(a.sessions.ServeRefresh)),
		public("POST /v1/logout", http.HandlerFunc(a.sessions.ServeLogout)),
		public("POST /v1/password-reset", validate.Handler(a.requestReset)),
		public("POST /v1/password-reset/confirm", validate.Handler(a.confirmReset)),
		own("GET /v1/sessions", validate.Handler(a.list)),
		own("DELETE /v1/sessions", validate.Handler(a.endOthers)),
		own("DELETE /v1/sessions/{id}", validate.Handler(a.endOne)),
	}
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
