package wiki

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/migrate/tokens"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/validate"
)

// Settings are the values that differ from one deployment to the next.
type Settings struct {
	Sessions sessionstore.Store    // new(sessionstore.Memory), or authn/redisstore for several processes
	Old      *sessions.CookieStore // of before
	Until    time.Time             // its cookies are adopted
	Sink     audit.Sink
}

var errLogin = &httperr.Error{Status: http.StatusUnauthorized, Code: "login_failed", Message: "The user or the password is wrong."}

type after struct {
	store   *Store
	cookies *session.Cookie
	guard   *lockout.Guard
	old     tokens.OldSession
}

// Login is the form of POST /login.
type Login struct {
	User     string `form:"user" validate:"required,min=1,max=100"`
	Password string `form:"password" validate:"required,min=1,max=200"`
}

// Edit is the form of POST /edit.
type Edit struct {
	Text string `form:"text" validate:"required,max=5000"`
}

// After is the site after the move.
func After(store *Store, s Settings) (http.Handler, error) {
	cookies, err := session.NewCookie(session.CookieConfig{
		Store: s.Sessions, Issuer: "https://wiki.example",
		Grant: func(_ context.Context, s session.Session) (session.Rights, error) {
			if _, ok := store.users[s.Subject]; !ok {
				return session.Rights{}, session.ErrEnded
			}
			return session.Rights{}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	required, err1 := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
	optional, err2 := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}, Optional: true, ExpiredAsAnonymous: true})
	guard, err3 := lockout.New(lockout.Config{})
	login, err4 := validate.New[Login](validate.Config{})
	edit, err5 := validate.New[Edit](validate.Config{})
	mux, err6 := routes.New(routes.Config{Authenticate: required.Handler})
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	a := &after{store, cookies, guard, oldSession(s.Old)}
	mux.Handle(routes.Route{Pattern: "GET /{$}", Handler: optional.Handler(http.HandlerFunc(a.page)), Public: "everybody may read",
		NoObject: "there is one page"})
	mux.Handle(routes.Route{Pattern: "POST /login", Handler: login.Middleware(httperr.HandlerFunc(a.login)), Public: "here users log in",
		NoObject: "a session is no object"})
	mux.Handle(routes.Route{Pattern: "POST /logout", Handler: httperr.HandlerFunc(a.logout),
		Public: "it ends the session that comes with it", NoObject: "a session is no object"})
	mux.Handle(routes.Route{Pattern: "POST /edit", Handler: edit.Middleware(http.HandlerFunc(a.edit)), AnyCaller: "each user may write",
		NoObject: "there is one page"})
	site, err := mux.Build()
	if err != nil {
		return nil, err
	}
	return chain(tokens.Adopt(cookies, a.old, s.Until, site), s.Sink)
}

// oldSession reads the cookies of gorilla/sessions.
func oldSession(old *sessions.CookieStore) tokens.OldSession {
	return tokens.OldSession{
		User: func(r *http.Request) string {
			s, _ := old.Get(r, "wiki")
			user, _ := s.Values["user"].(string)
			return user
		},
		End: func(w http.ResponseWriter, r *http.Request) {
			s, _ := old.Get(r, "wiki")
			s.Options.MaxAge = -1
			_ = s.Save(r, w)
		},
		Keep: true, // until the new build stays
	}
}

// chain puts the layers around the site.
func chain(site http.Handler, sink audit.Sink) (http.Handler, error) {
	errs, err1 := httperr.New(httperr.Config{Sink: sink})
	ip, err2 := clientip.New(clientip.Direct())
	hdr, err3 := headers.New(headers.Browser())
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return errs.Handler(ip.Handler(hdr.Handler(site))), nil
}

func (a *after) page(w http.ResponseWriter, r *http.Request) {
	user := ""
	if p, ok := authn.FromContext(r.Context()); ok {
		user = p.Subject
	}
	page(w, a.store.read(), user)
}

func (a *after) login(w http.ResponseWriter, r *http.Request) error {
	in, _ := validate.From[Login](r)
	addr, _ := clientip.FromContext(r.Context())
	attempt, err := a.guard.Begin(r.Context(), in.User, addr)
	if err != nil {
		return err
	}
	defer func() { _, _ = attempt.Failure(r.Context()) }() // counts as failed unless Success was called
	if !a.store.check(in.User, in.Password) {
		return errLogin
	}
	_ = attempt.Success(r.Context())
	if _, err := a.cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: in.User}}); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (a *after) logout(w http.ResponseWriter, r *http.Request) error {
	if err := a.cookies.End(w, r); err != nil {
		return err
	}
	a.old.End(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (a *after) edit(w http.ResponseWriter, r *http.Request) {
	in, _ := validate.From[Edit](r)
	a.store.write(in.Text)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
