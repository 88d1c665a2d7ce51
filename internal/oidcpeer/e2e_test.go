package oidcpeer_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/go-sallyport/sallyport/authn/oauth"
)

// A site is an application with a login.
type site struct {
	*httptest.Server
	login  *oauth.Client
	logins []oauth.Identity
	errs   []error
}

func newSite(t *testing.T, issuer string, mux *http.ServeMux, change func(*oauth.Config)) *site {
	t.Helper()
	s := &site{Server: httptest.NewServer(mux)}
	t.Cleanup(s.Close)
	cfg := oauth.Config{
		Issuer: issuer, ClientID: "web", ClientSecret: "a secret", RedirectURL: s.URL + "/login/callback",
		CookieKeys: [][]byte{[]byte(strings.Repeat("k", 32))}, Scopes: []string{"openid", "email", "profile"},
		OnLogin: func(_ http.ResponseWriter, _ *http.Request, id oauth.Identity) error {
			s.logins = append(s.logins, id)
			return nil
		},
		Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
			s.errs = append(s.errs, err)
			w.WriteHeader(http.StatusTeapot)
		},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.login, err = oauth.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.login.Close() })
	mux.HandleFunc("/login", s.login.ServeStart)
	mux.HandleFunc("/login/callback", s.login.ServeCallback)
	mux.HandleFunc("/login/again", func(w http.ResponseWriter, r *http.Request) {
		if err := s.login.Start(w, r, oauth.Request{MaxAge: 5 * time.Minute}); err != nil {
			t.Error(err)
		}
	})
	return s
}

var idField = regexp.MustCompile(`name="id" value="([^"]*)"`)

// logIn opens start, and logs the user in on the page of the provider.
func logIn(t *testing.T, start string) (status int, refresh string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	res, err := browser.Get(start)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	res.Body.Close()
	id := idField.FindSubmatch(page)
	if id == nil {
		t.Fatalf("the provider shows no login: %d %s", res.StatusCode, page)
	}
	form := url.Values{"username": {"test-user2"}, "password": {"verysecure"}, "id": {string(id[1])}}
	res, err = browser.PostForm(res.Request.URL.Scheme+"://"+res.Request.URL.Host+"/login/username", form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header.Get("Refresh")
}

func TestLogin(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*oauth.Config)
		path    string
		email   string
		refused string // part of the error
	}{
		"secret":             {nil, "/login?return_to=/notes", "", ""},
		"with UserInfo":      {func(c *oauth.Config) { c.AskUserInfo = true }, "/login?return_to=/notes", "test-user2@zitadel.ch", ""},
		"without a secret":   {func(c *oauth.Config) { c.ClientID, c.ClientSecret, c.AuthMethod = "native", "", "none" }, "/login?return_to=/notes", "", ""},
		"a step-up":          {nil, "/login/again", "", ""},
		"client_secret_post": {func(c *oauth.Config) { c.AuthMethod = "client_secret_post" }, "/login", "", ""},
		"another secret":     {func(c *oauth.Config) { c.ClientSecret = "another" }, "/login", "", "token endpoint answered"},
	} {
		t.Run(name, func(t *testing.T) {
			provider := httptest.NewUnstartedServer(nil)
			issuer := "http://" + provider.Listener.Addr().String()
			s := newSite(t, issuer, http.NewServeMux(), c.change)
			callback := s.URL + "/login/callback"
			storage.RegisterClients(storage.WebClient("web", "a secret", callback), storage.NativeClient("native", callback))
			provider.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
			provider.Start()
			defer provider.Close()
			if err := s.login.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			status, refresh := logIn(t, s.URL+c.path)
			if c.refused != "" {
				if status != http.StatusTeapot || len(s.errs) != 1 || !strings.Contains(s.errs[0].Error(), c.refused) || len(s.logins) != 0 {
					t.Errorf("%d, %v, %v", status, s.errs, s.logins)
				}
				return
			}
			want := "0;url=/"
			if strings.Contains(c.path, "return_to") {
				want = "0;url=/notes"
			}
			if status != http.StatusOK || refresh != want || len(s.logins) != 1 {
				t.Fatalf("%d %q, %v, %v", status, refresh, s.logins, s.errs)
			}
			if id := s.logins[0]; id.Issuer != issuer || id.Subject != "id2" || id.Email != c.email || time.Since(id.AuthTime) > time.Minute {
				t.Errorf("%+v", id)
			}
		})
	}
}
