package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	authnredis "github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit"
)

const issuer = "https://shop.example"

// users are logged in. Each process knows the sessions that another process has begun or ended,
// and verifies the tokens that another process has signed.
type users struct {
	sessions *session.Manager
	auth     *authn.Middleware
	perUser  *ratelimit.Limiter
}

// newUsers keeps the sessions in the Redis of client and the counts in limits. All processes need
// the same keyFile.
func newUsers(client redis.UniversalClient, keyFile string, limits ratelimit.Store) *users {
	store := must(authnredis.New(client, authnredis.Config{Prefix: "shop:authn"})).Sessions()
	tokens := must(jwtissuer.New(jwtissuer.Config{
		Issuer: issuer, Audience: []string{issuer}, KeyFile: jwtissuer.KeyFile{Path: keyFile},
	}))
	revocation := must(session.NewRevocation(session.RevocationConfig{Store: store}))
	verifier := must(jwtauth.New(jwtauth.Config{
		Issuer: issuer, Audience: []string{issuer}, Keys: tokens,
		Revoked: revocation.Revoked, // asks Redis at each request
	}))
	return &users{
		sessions: must(session.New(session.Config{
			Store:  store,
			Issuer: issuer,
			Issue: func(_ context.Context, s session.Session) (string, time.Time, error) {
				issued, err := tokens.Issue(jwtissuer.Grant{Subject: s.Subject, SessionID: s.ID, AuthTime: s.AuthTime})
				return issued.Token, issued.ExpiresAt, err
			},
			Grant: func(context.Context, session.Session) (session.Rights, error) {
				return session.Rights{}, nil // a real service looks the account up
			},
			CrossOrigin: http.NewCrossOriginProtection(),
		})),
		auth: must(authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})),
		perUser: must(ratelimit.New(ratelimit.Config{
			Name:   "reports",
			Limits: []ratelimit.Limit{ratelimit.PerHour(reportsPerHour)}, // of all processes together
			Key:    ratelimit.By(authn.PrincipalKey),
			Store:  limits,
		})),
	}
}

const reportsPerHour = 10

// begin answers a login with an access token, and with a refresh token in a cookie.
func (u *users) begin(w http.ResponseWriter, r *http.Request, account string) error {
	tokens, err := u.sessions.Start(w, r, session.Login{Principal: &authn.Principal{Subject: account}})
	if err != nil {
		return err
	}
	return tokens.Respond(w)
}

func (u *users) routes(mux *http.ServeMux) {
	text := func(format string) http.Handler {
		return httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			p, _ := authn.FromContext(r.Context())
			_, err := fmt.Fprintf(w, format, p.Subject)
			return err
		})
	}
	mux.Handle("GET /me", u.auth.Handler(text("%s\n")))
	mux.Handle("GET /report", u.auth.Handler(u.perUser.Handler(text("a report for %s\n"))))
	mux.HandleFunc("POST /refresh", u.sessions.ServeRefresh)
	mux.HandleFunc("POST /logout", u.sessions.ServeLogout)
}
