package browser

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Accounts has a login, and a page and an action for a user who has logged in. POST /login starts
// a session of each kind of package session, so that both cookies are in the browser.
func Accounts() (http.Handler, error) {
	outer, err := httperr.New(httperr.Config{})
	if err != nil {
		return nil, err
	}
	store := new(sessionstore.Memory)
	rights := func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil }
	cookies, err := session.NewCookie(session.CookieConfig{Store: store, Issuer: "https://shop.test", Grant: rights})
	if err != nil {
		return nil, err
	}
	tokens, err := session.New(session.Config{
		Store:  store,
		Issuer: "https://shop.test",
		Grant:  rights,
		Issue: func(context.Context, session.Session) (string, time.Time, error) {
			return "no handler here takes access tokens", time.Now().Add(time.Minute), nil
		},
		CrossOrigin: http.NewCrossOriginProtection(),
	})
	if err != nil {
		return nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		// A real login has checked a password here.
		login := session.Login{Principal: &authn.Principal{Subject: "ann"}}
		if _, err := cookies.Start(w, r, login); err != nil {
			return err
		}
		pair, err := tokens.Start(w, r, login)
		if err != nil {
			return err
		}
		return pair.Respond(w)
	}))
	mux.Handle("/account", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := authn.FromContext(r.Context()) // auth lets no request without a user pass
		_, _ = fmt.Fprintf(w, "%s of %s", r.Method, user.Subject)
	})))
	return outer.Handler(mux), nil
}
