package session_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const siteCookie = "__Host-Http-session"

// A site is a service whose pages are behind a session.Cookie.
type site struct {
	*session.Cookie
	t       testing.TB
	store   *store
	handler http.Handler
	page    mwtest.Spy

	mu     sync.Mutex
	events []session.Event
	asked  int
	grant  func(session.Session) (session.Rights, error)
}

// newSite returns a site whose configurations are changed by change and by changeAuth.
func newSite(t testing.TB, change func(*session.CookieConfig), changeAuth func(*authn.Config)) *site {
	t.Helper()
	s := &site{t: t, store: newStore()}
	cfg := session.CookieConfig{
		Store: s.store, Issuer: issuer,
		Grant: func(_ context.Context, one session.Session) (session.Rights, error) {
			s.mu.Lock()
			s.asked++
			grant := s.grant
			s.mu.Unlock()
			if grant != nil {
				return grant(one)
			}
			return session.Rights{Scopes: one.Scopes, Roles: one.Roles}, nil
		},
		Observe: func(_ context.Context, e session.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		},
	}
	if change != nil {
		change(&cfg)
	}
	s.Cookie = mwtest.Must[*session.Cookie](t)(session.NewCookie(cfg))
	authCfg := authn.Config{Authenticators: []authn.Authenticator{s.Cookie}, Realm: "notes"}
	if changeAuth != nil {
		changeAuth(&authCfg)
	}
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authCfg))
	mux := http.NewServeMux()
	mux.HandleFunc("/logout", s.ServeLogout)
	mux.Handle("/login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := s.Start(w, r, session.Login{Principal: ann(r.FormValue("user")), Label: "a browser"})
		return err
	}))
	mux.Handle("/", auth.Handler(&s.page))
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	s.handler = errs.Handler(mux)
	return s
}

// login logs a user in with the cookie of the browser, and returns the new cookie.
func (s *site) login(old, user string) (cookie string) {
	s.t.Helper()
	r := s.request("POST", old)
	r.URL.Path, r.URL.RawQuery = "/login", "user="+user
	res := mwtest.Do(s.handler, r)
	if res.StatusCode != 200 {
		s.t.Fatalf("login: status %d", res.StatusCode)
	}
	return cookieOf(res)
}

// request returns a request of a page of the site.
func (s *site) request(method, cookie string) *http.Request {
	r := httptest.NewRequest(method, issuer+"/", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: siteCookie, Value: cookie})
	}
	return r
}

// opens requires that a page opens, and returns its principal.
func (s *site) opens(cookie string) *authn.Principal {
	s.t.Helper()
	res := mwtest.Do(s.handler, s.request("GET", cookie))
	if res.StatusCode != 200 {
		s.t.Fatalf("status %d", res.StatusCode)
	}
	p, _ := authn.FromContext(s.page.Last().Context())
	return p
}

// refuses requires the refusal of a page.
func (s *site) refuses(r *http.Request, status int, code string) {
	s.t.Helper()
	calls := s.page.Calls()
	res := mwtest.Do(s.handler, r)
	e, err := mwtest.ReadEnvelope(res)
	if err != nil || res.StatusCode != status || e.Code != code {
		s.t.Errorf("%d %s %v, want %d %s", res.StatusCode, e.Code, err, status, code)
	}
	if len(res.Header["Set-Cookie"]) > 0 || s.page.Calls() != calls {
		s.t.Errorf("%s: a refusal sets a cookie or runs the page", code)
	}
}

func (s *site) setGrant(g func(session.Session) (session.Rights, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grant = g
}

// grants returns how often Grant was asked since the last call.
func (s *site) grants() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, s.asked = s.asked, 0
	return n
}

// seen returns the events since the last call.
func (s *site) seen() (events []session.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.events = s.events, nil
	return events
}

func TestCookieStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		w, r := httptest.NewRecorder(), s.request("POST", "")
		r.Header.Set("Sec-Fetch-Site", "cross-site") // the login handler has its own protection
		started, err := s.Start(w, r, session.Login{Principal: ann(""), Label: "Firefox"})
		if err != nil {
			t.Fatal(err)
		}
		set := w.Header().Get("Set-Cookie")
		want := regexp.MustCompile(`^__Host-Http-session=st1_[A-Z2-7]{26}_[A-Z2-7]{52}; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax$`)
		if !want.MatchString(set) || w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() > 0 {
			t.Errorf("%v", w.Header())
		}
		if strings.Contains(set, started.ID) || strings.Contains(set, started.ID[27:]) {
			t.Error("the cookie holds the session ID")
		}
		if started.Label != "Firefox" || !started.EndsAt.Equal(time.Now().Add(14*24*time.Hour)) {
			t.Errorf("%+v", started)
		}
		if e := s.seen(); len(e) != 1 || e[0].Kind != session.Started || e[0].Session.ID != started.ID {
			t.Errorf("%+v", e)
		}
		p := s.opens(cookieOf(w.Result()))
		if p.Kind != "session" || p.Issuer != issuer || p.Subject != "ann" || p.ClientID != "web" || p.Tenant != "acme" || p.ACR != "2" ||
			p.SessionID != started.ID || !slices.Equal(p.Scopes, []string{"read", "write"}) || !slices.Equal(p.Roles, []string{"editor"}) ||
			!p.AuthTime.Equal(started.AuthTime) || !p.IssuedAt.Equal(started.StartedAt) || !p.ExpiresAt.Equal(started.ExpiresAt) {
			t.Errorf("%+v", p)
		}
	})
}

// The store has a hash: none of its texts is a part of the secret.
func TestCookieIsHashed(t *testing.T) {
	s := newSite(t, nil, nil)
	cookie := s.login("", "ann")
	records, _, err := s.store.Memory.List(t.Context(), cookie[4:30])
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	all := records[0].SID + string(records[0].Data) + string(records[0].State)
	for secret, n := cookie[31:], 8; len(secret) >= n; secret = secret[1:] {
		if strings.Contains(all, secret[:n]) {
			t.Error("the store has a part of the secret")
		}
	}
}

// A login ends the session of the same browser, of any subject, and no other one.
func TestCookieLoginRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		other, bob := s.login("", "ann"), s.login("", "bob")
		cookie := s.login(bob, "ann")
		s.refuses(s.request("GET", bob), 401, "credentials_expired")
		s.opens(other)
		s.opens(cookie)
		planted := "st1_" + strings.Repeat("A", 26) + "_" + strings.Repeat("B", 52)
		if next := s.login(planted, "ann"); next == planted || next == cookie {
			t.Error("the login keeps a secret from before")
		}
		s.refuses(s.request("GET", planted), 401, "credentials_expired")
		s.login("not a session", "ann")
	})
}

func TestCookieStartFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *session.CookieConfig) { c.MaxSessions, c.RefuseAtMax = 1, true }, nil)
		cookie := s.login("", "ann")
		s.opens(cookie)
		login := func(cookie string) *http.Request {
			r := s.request("POST", cookie)
			r.URL.Path = "/login"
			return r
		}
		s.refuses(login(""), 409, "too_many_sessions")
		for _, call := range []string{"End", "Create"} {
			s.store.fail(s.store.before, call, errDown)
			s.refuses(login(cookie), 503, "authentication_unavailable")
			s.store.fail(s.store.before, call, nil)
		}
		for _, l := range []session.Login{{}, {Principal: &authn.Principal{Issuer: "https://other.example", Subject: "ann"}}} {
			w := httptest.NewRecorder()
			if _, err := s.Start(w, s.request("POST", ""), l); err == nil || len(w.Header()) > 0 {
				t.Errorf("%v %v", err, w.Header())
			}
		}
	})
}

func TestCookieLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		logout := func(cookie string, change func(*http.Request)) *http.Request {
			r := s.request("POST", cookie)
			r.URL.Path = "/logout"
			if change != nil {
				change(r)
			}
			return r
		}
		cookie := s.login("", "ann")
		s.refuses(logout(cookie, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }), 403, "cross_origin")
		s.refuses(logout(cookie, func(r *http.Request) { r.Method = "GET" }), 405, "method_not_allowed")
		s.refuses(logout(cookie, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: siteCookie, Value: "x"}) }), 400, "session_cookie_invalid")
		s.store.fail(s.store.before, "End", errDown)
		s.refuses(logout(cookie, nil), 503, "authentication_unavailable")
		s.store.fail(s.store.before, "End", nil)
		s.opens(cookie)
		for range 2 { // the second time there is no session
			res := mwtest.Do(s.handler, logout(cookie, nil))
			if c := res.Cookies(); res.StatusCode != 204 || len(c) != 1 || c[0].Name != siteCookie || c[0].Value != "" || c[0].MaxAge != -1 {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
			if res.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer can be cached")
			}
		}
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")
		for _, e := range s.seen()[1:] {
			if e.Kind != session.Ended || e.Session.ID == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// The sessions of a Cookie are listed and ended like those of a Manager with the same store.
func TestCookieSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, nil)
		s := newSite(t, func(c *session.CookieConfig) { c.Store = a.store }, nil)
		one, two := s.login("", "ann"), s.login("", "ann")
		b := a.newBrowser()
		b.login()
		keep := s.opens(one)
		if token := principalOf(a.last()); keep.Issuer != token.Issuer || keep.Subject != token.Subject {
			t.Errorf("%+v is another owner than that of the access token", keep)
		}
		all, err := s.List(t.Context(), "ann")
		if err != nil || len(all) != 3 {
			t.Fatalf("%+v %v", all, err)
		}
		for _, listed := range all {
			if listed.Label != "a browser" || listed.Issuer != issuer || listed.Subject != "ann" {
				t.Errorf("%+v", listed)
			}
		}
		if n, err := s.RevokeOthers(t.Context(), "ann", keep.SessionID); n != 2 || err != nil {
			t.Errorf("%d %v", n, err)
		}
		s.opens(one)
		s.refuses(s.request("GET", two), 401, "credentials_expired")
		b.post("/refresh", 401)
		if !a.revoked(a.last()) {
			t.Error("the access token of the Manager outlives RevokeOthers")
		}
		if err := a.Revoke(t.Context(), "ann", keep.SessionID); err != nil {
			t.Error(err)
		}
		s.refuses(s.request("GET", one), 401, "credentials_expired")
		three := s.login("", "ann")
		if n, err := s.RevokeSubject(t.Context(), "ann"); n != 1 || err != nil {
			t.Errorf("%d %v", n, err)
		}
		s.refuses(s.request("GET", three), 401, "credentials_expired")
		s.opens(s.login("", "ann"))
	})
}

func TestCookieUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		w := httptest.NewRecorder()
		up := session.Upstream{Issuer: "https://idp.example", SID: "1"}
		if _, err := s.Start(w, s.request("POST", ""), session.Login{Principal: ann(""), Upstream: up}); err != nil {
			t.Fatal(err)
		}
		cookie := cookieOf(w.Result())
		s.opens(cookie)
		if n, err := s.RevokeUpstream(t.Context(), up, time.Now()); n != 1 || err != nil {
			t.Errorf("%d %v", n, err)
		}
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")
	})
}
