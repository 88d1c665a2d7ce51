// Package site is a small site with notes. Its users log in at an identity provider, and their
// session is a cookie. No token reaches a script of its pages.
package site

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
)

// Config says where the site is, and which provider logs its users in.
type Config struct {
	Origin                         string // of the site, such as https://notes.example
	Issuer, ClientID, ClientSecret string
	CookieKey                      []byte // 32 random bytes
}

// A Site is the handler of the site.
type Site struct {
	Handler http.Handler

	users   users
	cookies *session.Cookie
	login   *oauth.Client
}

// New returns a Site. With several processes, authn/redisstore takes the place of both stores.
func New(cfg Config) (*Site, error) {
	s := &Site{}
	var err error
	s.cookies, err = session.NewCookie(session.CookieConfig{Store: new(sessionstore.Memory), Issuer: cfg.Origin, Grant: s.grant})
	if err != nil {
		return nil, err
	}
	s.login, err = oauth.New(oauth.Config{
		Issuer:         cfg.Issuer,
		ClientID:       cfg.ClientID,
		ClientSecret:   cfg.ClientSecret,
		RedirectURL:    cfg.Origin + "/login/callback",
		CookieKeys:     [][]byte{cfg.CookieKey},
		Scopes:         []string{"openid", "email", "profile"},
		SID:            s.sid,
		OnLogin:        s.onLogin,
		OnLogout:       s.onLogout,
		Logouts:        new(logoutstore.Memory),
		AfterLogoutURL: cfg.Origin + "/",
	})
	if err != nil {
		return nil, err
	}
	// A stale cookie must not hide the public page, and the private one leads to the login.
	public, errPublic := authn.New(authn.Config{Authenticators: []authn.Authenticator{s.cookies}, Optional: true, ExpiredAsAnonymous: true})
	private, errPrivate := authn.New(authn.Config{Authenticators: []authn.Authenticator{s.cookies}, Deny: toLogin})
	outer, errOuter := httperr.New(httperr.Config{})
	browser := headers.Browser()
	browser.CSP.FormAction = []string{"'self'", originOf(cfg.Issuer)}        // the logout goes on at the provider
	browser.CSP.InsecureAllowHTTP = strings.HasPrefix(cfg.Issuer, "http://") // oauth.New accepts that on loopback alone
	hdr, errHeaders := headers.New(browser)
	if err := errors.Join(errPublic, errPrivate, errOuter, errHeaders); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", s.login.ServeStart)
	mux.HandleFunc("/login/callback", s.login.ServeCallback)
	mux.HandleFunc("/backchannel-logout", s.login.ServeBackChannelLogout)
	mux.Handle("POST /logout", httperr.HandlerFunc(s.logout))
	mux.Handle("GET /{$}", public.Handler(httperr.HandlerFunc(s.home)))
	mux.Handle("GET /notes", private.Handler(httperr.HandlerFunc(s.notes)))
	mux.Handle("POST /notes", private.Handler(httperr.HandlerFunc(s.addNote)))
	s.Handler = outer.Handler(hdr.Handler(httperr.WrapMux(mux)))
	return s, nil
}

// Close ends the requests to the provider.
func (s *Site) Close() error { return s.login.Close() }

func originOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return "'none'"
	}
	return u.Scheme + "://" + u.Host
}

// toLogin leads a browser without a session to the login, and from there back.
func toLogin(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || e.Status != http.StatusUnauthorized || r.Method != http.MethodGet {
		httperr.Write(w, r, err)
		return
	}
	http.Redirect(w, r, "/login?return_to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}

// sid returns the session of r.
func (s *Site) sid(r *http.Request) string {
	p, err := s.cookies.Authenticate(r)
	if err != nil {
		return ""
	}
	return p.SessionID
}

// onLogin starts a session. A session whose cookie came with the callback ends in Start, so
// PreviousSID is not needed here: the cookie has SameSite=Lax.
func (s *Site) onLogin(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
	user := s.users.findOrCreate(id)
	_, err := s.cookies.Start(w, r, session.Login{
		Principal: &authn.Principal{Subject: user, AuthTime: id.AuthTime, ACR: id.ACR},
		Upstream:  session.Upstream{Issuer: id.Issuer, SID: id.SID, Subject: id.Subject},
	})
	return err
}

// onLogout ends the sessions of a logout at the provider.
func (s *Site) onLogout(ctx context.Context, l oauth.Logout) error {
	_, err := s.cookies.RevokeUpstream(ctx, session.Upstream{Issuer: l.Issuer, SID: l.SID, Subject: l.Subject}, l.Until)
	return err
}

// grant ends the session of a user who is gone.
func (s *Site) grant(_ context.Context, of session.Session) (session.Rights, error) {
	if s.users.nameOf(of.Subject) == "" {
		return session.Rights{}, session.ErrEnded
	}
	return session.Rights{}, nil
}

// logout ends the session here, and then that at the provider.
func (s *Site) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.cookies.End(w, r); err != nil {
		return err
	}
	target, err := s.login.LogoutURL(r.Context(), "")
	if err != nil || target == "" {
		target = "/" // the session here is over in any case
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}
