package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A site whose users log in at a provider. The session is a cookie.
func Example() {
	provider := oauthtest.New() // your identity provider
	defer provider.Close()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()

	cookies, err := session.NewCookie(session.CookieConfig{
		Store:  new(sessionstore.Memory),
		Issuer: site.URL,
		Grant:  func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	})
	if err != nil {
		panic(err)
	}
	login, err := oauth.New(oauth.Config{
		Issuer:       provider.URL,
		ClientID:     oauthtest.ClientID,
		ClientSecret: oauthtest.ClientSecret,
		RedirectURL:  site.URL + "/login/callback",
		CookieKeys:   [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		SID: func(r *http.Request) string {
			p, err := cookies.Authenticate(r)
			if err != nil {
				return ""
			}
			return p.SessionID
		},
		OnLogin: func(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
			_, err := cookies.Start(w, r, session.Login{
				Principal: &authn.Principal{Subject: "user of " + id.Subject, AuthTime: id.AuthTime, ACR: id.ACR},
				Upstream:  session.Upstream{Issuer: id.Issuer, SID: id.SID, Subject: id.Subject},
			})
			return err
		},
	})
	if err != nil {
		panic(err)
	}
	defer login.Close()
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
	if err != nil {
		panic(err)
	}
	mux.HandleFunc("/login", login.ServeStart)
	mux.HandleFunc("/login/callback", login.ServeCallback)
	mux.Handle("/notes", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintln(w, "the notes of the", p.Subject)
	})))

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	for _, page := range []string{"/notes", "/login?return_to=/notes", "/notes"} {
		res, err := browser.Get(site.URL + page)
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Println(strings.TrimSpace(fmt.Sprintln(page, res.StatusCode, res.Header.Get("Refresh"))))
		if strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
			fmt.Print(string(body))
		}
	}
	// Output:
	// /notes 401
	// /login?return_to=/notes 200 0;url=/notes
	// /notes 200
	// the notes of the user of ann-1
}

// A user who logs out at the provider is logged out here: the provider posts a logout token.
func ExampleClient_ServeBackChannelLogout() {
	provider := oauthtest.New() // your identity provider
	defer provider.Close()
	cookies, err := session.NewCookie(session.CookieConfig{
		Store:  new(sessionstore.Memory),
		Issuer: "https://notes.example",
		Grant:  func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	})
	if err != nil {
		panic(err)
	}
	login, err := oauth.New(oauth.Config{
		Issuer:       provider.URL,
		ClientID:     oauthtest.ClientID,
		ClientSecret: oauthtest.ClientSecret,
		RedirectURL:  "https://notes.example/login/callback",
		CookieKeys:   [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		OnLogin:      func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil }, // as in the first example
		Logouts:      new(logoutstore.Memory),
		OnLogout: func(ctx context.Context, l oauth.Logout) error {
			n, err := cookies.RevokeUpstream(ctx, session.Upstream{Issuer: l.Issuer, SID: l.SID, Subject: l.Subject}, l.Until)
			fmt.Println(n, "session of", l.Subject, "has ended")
			return err
		},
	})
	if err != nil {
		panic(err)
	}
	defer login.Close()
	site := httptest.NewServer(http.HandlerFunc(login.ServeBackChannelLogout))
	defer site.Close()

	// Ann has a session.
	_, err = cookies.Start(httptest.NewRecorder(), httptest.NewRequest("GET", "/login/callback", nil), session.Login{
		Principal: &authn.Principal{Subject: "ann"},
		Upstream:  session.Upstream{Issuer: provider.URL, Subject: "ann-1"},
	})
	if err != nil {
		panic(err)
	}
	// The provider posts one logout token twice.
	token := provider.LogoutToken(nil)
	for range 2 {
		res, err := http.PostForm(site.URL, url.Values{"logout_token": {token}})
		if err != nil {
			panic(err)
		}
		res.Body.Close()
		fmt.Println(res.StatusCode)
	}
	// Output:
	// 1 session of ann-1 has ended
	// 200
	// 400
}

// GitHub speaks plain OAuth 2.0: the user comes from its API. The ID is a number that never
// changes; the login name of a user can be taken by another one.
func ExampleConfig_userInfo() {
	onLogin := func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil } // starts a session
	login, err := oauth.New(oauth.Config{
		Issuer:       "https://github.com",
		ClientID:     "Iv1.0123456789abcdef",
		ClientSecret: "from the environment",
		RedirectURL:  "https://notes.example/login/github/callback",
		StartPath:    "/login/github",
		CookieKeys:   [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		Endpoints: oauth.Endpoints{
			Authorization: "https://github.com/login/oauth/authorize",
			Token:         "https://github.com/login/oauth/access_token",
		},
		UserInfo: func(ctx context.Context, client *http.Client) (oauth.Profile, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.github.com/user", nil)
			if err != nil {
				return oauth.Profile{}, err
			}
			res, err := client.Do(req)
			if err != nil {
				return oauth.Profile{}, err
			}
			defer res.Body.Close()
			var user struct {
				ID   int64  `json:"id"`
				Name string `json:"login"`
			}
			if err := json.NewDecoder(res.Body).Decode(&user); err != nil || res.StatusCode != 200 || user.ID == 0 {
				return oauth.Profile{}, errors.New("GitHub did not answer with a user")
			}
			return oauth.Profile{Subject: strconv.FormatInt(user.ID, 10), Name: user.Name}, nil
		},
		OnLogin: onLogin,
	})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	login.ServeStart(w, httptest.NewRequest("GET", "/login/github", nil))
	to, _ := w.Result().Location()
	fmt.Println(w.Code, to.Host, to.Path, to.Query().Get("code_challenge_method"))
	// Output:
	// 303 github.com /login/oauth/authorize S256
}

// A login that is new enough for authz.Fresh. The callback verifies auth_time.
func ExampleClient_Start() {
	provider := oauthtest.New()
	defer provider.Close()
	login, err := oauth.New(oauth.Config{
		Issuer:       provider.URL,
		ClientID:     oauthtest.ClientID,
		ClientSecret: oauthtest.ClientSecret,
		RedirectURL:  "https://notes.example/login/callback",
		CookieKeys:   [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		OnLogin:      func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil },
	})
	if err != nil {
		panic(err)
	}
	defer login.Close()
	again := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return login.Start(w, r, oauth.Request{MaxAge: 3 * time.Minute, ReturnTo: r.URL.Query().Get("return_to")})
	})
	w := httptest.NewRecorder()
	again.ServeHTTP(w, httptest.NewRequest("GET", "/login/again?return_to=/pay&max_age=999999", nil))
	to, _ := w.Result().Location()
	fmt.Println(w.Code, to.Query().Get("max_age"))
	// Output:
	// 303 180
}

// A page leads a user without a session to the login, and back. A login by another user ends the
// session that was there before: SID has the subject too, because session.Sessions.Revoke asks
// for both.
func ExampleClient_ServeStart() {
	provider := oauthtest.New() // your identity provider
	defer provider.Close()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()

	cookies, err := session.NewCookie(session.CookieConfig{
		Store:  new(sessionstore.Memory),
		Issuer: site.URL,
		Grant:  func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	})
	if err != nil {
		panic(err)
	}
	login, err := oauth.New(oauth.Config{
		Issuer:       provider.URL,
		ClientID:     oauthtest.ClientID,
		ClientSecret: oauthtest.ClientSecret,
		RedirectURL:  site.URL + "/login/callback",
		CookieKeys:   [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		SID: func(r *http.Request) string {
			p, err := cookies.Authenticate(r)
			if err != nil {
				return ""
			}
			return p.SessionID + " " + p.Subject
		},
		OnLogin: func(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
			if sid, subject, ok := strings.Cut(id.PreviousSID, " "); ok {
				if err := cookies.Revoke(r.Context(), subject, sid); err != nil && !errors.Is(err, httperr.ErrNotFound) {
					return err
				}
			}
			_, err := cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: id.Subject, AuthTime: id.AuthTime, ACR: id.ACR}})
			return err
		},
	})
	if err != nil {
		panic(err)
	}
	defer login.Close()
	auth, err := authn.New(authn.Config{
		Authenticators: []authn.Authenticator{cookies},
		Deny: func(w http.ResponseWriter, r *http.Request, err error) {
			e, ok := errors.AsType[*httperr.Error](err)
			mode := r.Header.Get("Sec-Fetch-Mode") // empty in an old browser
			isPage := r.Method == http.MethodGet && (mode == "navigate" || mode == "")
			if ok && e.Status == http.StatusUnauthorized && isPage {
				http.Redirect(w, r, "/login?return_to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
				return
			}
			httperr.Write(w, r, err)
		},
	})
	if err != nil {
		panic(err)
	}
	mux.HandleFunc("/login", login.ServeStart)
	mux.HandleFunc("/login/callback", login.ServeCallback)
	mux.Handle("/notes", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintln(w, "the notes of", p.Subject)
	})))

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	for range 2 {
		res, err := browser.Get(site.URL + "/notes?page=2")
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Printf("%d %q\n", res.StatusCode, res.Header.Get("Refresh"))
		if res.Request.URL.Path == "/notes" {
			fmt.Print(string(body))
		}
	}
	// Output:
	// 200 "0;url=/notes?page=2"
	// 200 ""
	// the notes of ann-1
}
