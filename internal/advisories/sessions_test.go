package advisories

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

const cookieName = "__Host-Http-session"

// site returns a service with cookie sessions: POST /login logs the user of the query in, and
// /notes says who is logged in.
func site(t *testing.T) http.Handler {
	t.Helper()
	return siteWith(t, new(sessionstore.Memory))
}

func siteWith(t *testing.T, store sessionstore.Store) http.Handler {
	t.Helper()
	cookies := must[*session.Cookie](t)(session.NewCookie(session.CookieConfig{
		Store: store, Issuer: notes,
		Grant:       func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
		CrossOrigin: http.NewCrossOriginProtection(),
	}))
	mux := http.NewServeMux()
	mux.Handle("POST /login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: r.URL.Query().Get("user")}})
		return err
	}))
	mux.HandleFunc("POST /logout", cookies.ServeLogout)
	mux.Handle("/notes", authenticated(t, say(func(r *http.Request) string {
		p, _ := authn.FromContext(r.Context())
		return p.Subject
	}), cookies))
	return mux
}

// fixation returns a naive service: the client chooses the ID of its session, and a login keeps it.
func fixation(*testing.T) http.Handler {
	users := map[string]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		id := "of " + r.URL.Query().Get("user")
		if c, err := r.Cookie(cookieName); err == nil {
			id = c.Value
		}
		users[id] = r.URL.Query().Get("user")
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id})
	})
	mux.HandleFunc("/notes", func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(cookieName)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if users[c.Value] == "" {
			users[c.Value] = "a new visitor"
		}
		_, _ = io.WriteString(w, users[c.Value])
	})
	return mux
}

// login logs a user in with a cookie of the request, and returns the cookie of the response.
func login(h http.Handler, user, cookie string) string {
	r := request("POST", "/login?user="+user, "")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	for _, c := range mwtest.Do(h, r).Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}

// open returns the answer to a request with a cookie.
func open(h http.Handler, cookie string) string {
	return words(mwtest.Do(h, request("GET", "/notes", "", "Cookie", cookie)))
}

// origin is a step with a form that a page of an origin sends with the cookie of a user.
func origin(from, target string) step {
	return func(_ *testing.T, h http.Handler) string {
		return words(mwtest.Do(h, request("POST", target, "", "Cookie", login(h, "ann", ""), "Origin", from)))
	}
}

func sessionTrials() map[string]trial {
	invented := cookieName + "=st1_" + strings.Repeat("a", 26) + "_" + strings.Repeat("b", 52)
	loggedIn := func(_ *testing.T, h http.Handler) string { return open(h, login(h, "ann", "")) }
	front := func(t *testing.T) http.Handler {
		t.Helper()
		m := must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}, Credentials: true}))
		protection := must[*http.CrossOriginProtection](t)(m.CrossOriginProtection())
		protection.SetDenyHandler(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return authn.ErrCrossOrigin }))
		return protection.Handler(reach)
	}
	fromApp := send("POST", "/notes", "", "Origin", "https://app.example")
	return map[string]trial{
		"CVE-2024-38513": {ours: site, naive: fixation, honest: loggedIn, pass: "200 ann", through: "200 a new visitor",
			attack: func(_ *testing.T, h http.Handler) string { return open(h, invented) }},
		"CVE-2022-25896": {ours: site, naive: fixation, honest: loggedIn, pass: "200 ann", through: "200 ann",
			attack: func(_ *testing.T, h http.Handler) string {
				planted := login(h, "mallory", "")
				login(h, "ann", planted)
				return open(h, planted)
			}},
		"CVE-2023-29019": {ours: site, naive: fixation, honest: loggedIn, pass: "200 ann", through: "200 ann",
			attack: func(_ *testing.T, h http.Handler) string {
				login(h, "ann", invented)
				return open(h, invented)
			}},
		"CVE-2020-15223": {ours: logout, attack: leave("down"), honest: leave("up"), pass: "204", through: "204",
			naive: fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				store := failing{down: r.Header.Get("Store") == "down"}
				_, _ = store.End(r.Context(), nil, 0)
				w.WriteHeader(http.StatusNoContent)
			}))},
		"CVE-2025-24358": {ours: site, honest: origin("http://example.com", "http://example.com/notes"), pass: "200 ann",
			through: "200 ann",
			attack:  origin("https://evil.example", "/notes"),
			naive: func(t *testing.T) http.Handler {
				inner := fixation(t)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Scheme == "https" && r.Header.Get("Origin") != "https://"+r.Host {
						w.WriteHeader(http.StatusForbidden)
						return
					}
					inner.ServeHTTP(w, r)
				})
			}},
		"CVE-2025-47909": {ours: front, honest: fromApp, attack: send("POST", "/notes", "", "Origin", "http://app.example"),
			naive: when(func(r *http.Request) bool {
				from, err := url.Parse(r.Header.Get("Origin"))
				return err == nil && from.Host == "app.example"
			})},
		"CVE-2025-47910": {ours: front, honest: fromApp, attack: send("POST", "/hook", "", "Origin", "https://evil.example"),
			naive: func(t *testing.T) http.Handler {
				bypass := http.NewServeMux()
				bypass.Handle("/hook/", reach)
				return when(func(r *http.Request) bool {
					_, pattern := bypass.Handler(r)
					return pattern != "" || r.Header.Get("Origin") == "https://app.example"
				})(t)
			}},
		"GHSA-x445-f3h2-j279": {ours: twoProviders, naive: oneStateCookie, attack: callback("/two/callback"),
			honest: callback("/one/callback"),
			pass:   "503 authentication_unavailable"}, // the flow is known, and the token endpoint does not answer
		"CVE-2020-5233":  returnTo(`/\evil.example`),
		"CVE-2020-11053": returnTo("/%09/evil.example"),
		"CVE-2024-29041": returnTo(`https://notes.example\@evil.example/`),
	}
}

// A failing store of sessions cannot end them while it is down.
type failing struct {
	sessionstore.Memory
	down bool
}

// End implements sessionstore.Store.
func (f *failing) End(ctx context.Context, sids []string, keep time.Duration) ([]string, error) {
	if f.down {
		return nil, errors.New("the store is down")
	}
	return f.Memory.End(ctx, sids, keep)
}

// logout returns a service whose store is down for a request with Store: down.
func logout(t *testing.T) http.Handler {
	t.Helper()
	store := new(failing)
	inner := siteWith(t, store)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		store.down = r.Header.Get("Store") == "down"
		inner.ServeHTTP(w, r)
	})
}

// leave is a step with a login and a logout.
func leave(store string) step {
	return func(_ *testing.T, h http.Handler) string {
		return words(mwtest.Do(h, request("POST", "http://example.com/logout", "", "Cookie", login(h, "ann", ""),
			"Origin", "http://example.com", "Store", store)))
	}
}

// twoProviders returns a service with logins at two providers.
func twoProviders(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	for _, name := range []string{"one", "two"} {
		c := must[*oauth.Client](t)(oauth.New(oauth.Config{
			Issuer: "https://" + name + ".example", ClientID: "notes", AuthMethod: "none", RedirectURL: notes + "/" + name + "/callback",
			CookieKeys: [][]byte{[]byte(strings.Repeat("k", 32))},
			OnLogin:    func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil },
			Endpoints:  oauth.Endpoints{Authorization: "https://" + name + ".example/a", Token: "http://127.0.0.1:1/"},
			UserInfo:   func(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{}, nil },
			Deny:       httperr.Write,
		}))
		t.Cleanup(func() { _ = c.Close() })
		mux.HandleFunc("/"+name, c.ServeStart)
		mux.HandleFunc("/"+name+"/callback", c.ServeCallback)
	}
	return mux
}

// oneStateCookie returns a naive login: each callback accepts the state of each provider.
func oneStateCookie(*testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/one", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "state", Value: "s1"})
		w.Header().Set("Location", "https://one.example/a?state=s1")
		w.WriteHeader(http.StatusFound)
	})
	mux.Handle("/{provider}/callback", when(func(r *http.Request) bool {
		c, err := r.Cookie("state")
		return err == nil && c.Value == r.URL.Query().Get("state")
	})(nil))
	return mux
}

// callback begins a login at the first provider, and calls a path with its cookie and state.
func callback(path string) step {
	return func(t *testing.T, h http.Handler) string {
		t.Helper()
		begun := mwtest.Do(h, request("GET", "https://notes.example/one", ""))
		to, err := url.Parse(begun.Header.Get("Location"))
		if err != nil || len(begun.Cookies()) == 0 {
			t.Fatal(to, err)
		}
		flow := begun.Cookies()[0]
		return words(mwtest.Do(h, request("GET", notes+path+"?code=c&state="+to.Query().Get("state"), "",
			"Cookie", flow.Name+"="+flow.Value)))
	}
}

// returnTo is a trial of a login that returns to a page of another host.
func returnTo(page string) trial {
	back := func(to string) step {
		return send("GET", "/whole-login?return_to="+url.QueryEscape(to), "")
	}
	return trial{ours: wholeLogin, attack: back(page), honest: back("/notes"), pass: "200 back to /notes", through: "200 back to " + page,
		naive: fixed(say(func(r *http.Request) string {
			to := r.URL.Query().Get("return_to")
			if strings.HasPrefix(to, "//") || !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, notes) {
				to = "/"
			}
			return "back to " + to
		}))}
}

// wholeLogin returns a handler that logs in at a provider, and says which page follows.
func wholeLogin(t *testing.T) http.Handler {
	t.Helper()
	provider := oauthtest.New()
	t.Cleanup(provider.Close)
	var follows string
	c := must[*oauth.Client](t)(oauth.New(oauth.Config{
		Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret, RedirectURL: notes + "/callback",
		CookieKeys: [][]byte{[]byte(strings.Repeat("k", 32))}, Deny: httperr.Write,
		OnLogin: func(_ http.ResponseWriter, _ *http.Request, id oauth.Identity) error {
			follows = id.ReturnTo
			return nil
		},
	}))
	t.Cleanup(func() { _ = c.Close() })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := mwtest.Do(http.HandlerFunc(c.ServeStart), request("GET", notes+"/login?"+r.URL.RawQuery, ""))
		answered, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", begun.Header.Get("Location"), nil))
		if err != nil {
			t.Error(err)
			return
		}
		_ = answered.Body.Close()
		back := request("GET", answered.Header.Get("Location"), "")
		for _, flow := range begun.Cookies() {
			back.AddCookie(&http.Cookie{Name: flow.Name, Value: flow.Value})
		}
		if res := mwtest.Do(http.HandlerFunc(c.ServeCallback), back); res.StatusCode >= 400 {
			t.Error(words(res))
		}
		_, _ = io.WriteString(w, "back to "+follows)
	})
}
