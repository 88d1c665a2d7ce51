package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

func TestAskUserInfo(t *testing.T) {
	set := func(name string, value any) func(map[string]any) { return func(m map[string]any) { m[name] = value } }
	answer := func(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/userinfo" {
				return false
			}
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	const json = "application/json"
	for name, c := range map[string]struct {
		userInfo func(map[string]any)
		hostile  func(http.ResponseWriter, *http.Request) bool
		status   int
		cause    string
		want     oauth.Profile
	}{
		"same":               {nil, nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "ann@example.com", EmailVerified: true, Name: "Ann"}},
		"another e-mail":     {func(m map[string]any) { m["email"] = "a@b.example"; delete(m, "email_verified") }, nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "a@b.example", Name: "Ann"}},
		"only sub":           {func(m map[string]any) { clear(m); m["sub"] = "ann-1" }, nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "ann@example.com", EmailVerified: true, Name: "Ann"}},
		"another sub":        {set("sub", "eve"), nil, 400, "is not that of the ID token", oauth.Profile{}},
		"sub in other case":  {set("sub", "Ann-1"), nil, 400, "is not that of the ID token", oauth.Profile{}},
		"no sub":             {set("sub", nil), nil, 400, "is not that of the ID token", oauth.Profile{}},
		"sub twice":          {nil, answer(200, json, `{"sub":"ann-1","sub":"eve"}`), 503, "UserInfo endpoint", oauth.Profile{}},
		"Sub":                {nil, answer(200, json, `{"Sub":"ann-1"}`), 503, "UserInfo endpoint", oauth.Profile{}},
		"signed":             {nil, answer(200, "application/jwt", "a.b.c"), 503, "ask the provider for JSON", oauth.Profile{}},
		"HTML":               {nil, answer(200, "text/html", "<html>hunter2"), 503, "UserInfo endpoint", oauth.Profile{}},
		"401":                {nil, answer(401, json, `{"error":"hunter2"}`), 503, "status 401", oauth.Profile{}},
		"2 MiB":              {nil, answer(200, json, strings.Repeat(" ", 2<<20)), 503, "longer than 1 MiB", oauth.Profile{}},
		"a redirect":         {nil, func(w http.ResponseWriter, r *http.Request) bool { return redirect(w, r, "/userinfo") }, 503, "a redirect", oauth.Profile{}},
		"verified as a text": {set("email_verified", "true"), nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "ann@example.com", EmailVerified: true, Name: "Ann"}},
		"verified as yes":    {set("email_verified", "yes"), nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "ann@example.com", Name: "Ann"}},
		"verified as 1":      {set("email_verified", 1), nil, 200, "", oauth.Profile{Subject: "ann-1", Email: "ann@example.com", Name: "Ann"}},
	} {
		provider := oauthtest.New()
		s := newSite(t, provider, func(c *oauth.Config) { c.AskUserInfo = true })
		provider.Change(func(s *oauthtest.Settings) { s.UserInfo, s.Hostile = c.userInfo, c.hostile })
		v := newBrowser(t).open(s.URL + "/login")
		_, cause, _ := s.lastCode()
		if v.StatusCode != c.status || !strings.Contains(cause, c.cause) || strings.Contains(cause, "hunter2") {
			t.Errorf("%s: %d %q", name, v.StatusCode, cause)
		}
		ids := s.identities()
		if (len(ids) == 1) != (c.status == 200) || len(ids) == 1 && ids[0].Profile != c.want {
			t.Errorf("%s: %+v", name, ids)
		}
		if got := provider.Requests("/userinfo"); got != 1 || provider.Requests("/elsewhere") != 0 {
			t.Errorf("%s: %d requests", name, got)
		}
		provider.Close()
	}
}

func redirect(w http.ResponseWriter, r *http.Request, path string) bool {
	if r.URL.Path == path {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}
	return r.URL.Path == path
}

// githubProfile reads the user as GitHub writes it.
func githubProfile(base string) func(context.Context, *http.Client) (oauth.Profile, error) {
	return func(ctx context.Context, client *http.Client) (oauth.Profile, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base, nil)
		if err != nil {
			return oauth.Profile{}, err
		}
		res, err := client.Do(req)
		if err != nil {
			return oauth.Profile{}, err
		}
		defer res.Body.Close()
		var user struct {
			ID    int64  `json:"id"`
			Login string `json:"login"`
		}
		if err := json.NewDecoder(res.Body).Decode(&user); err != nil || user.ID == 0 {
			return oauth.Profile{}, errors.New("no user")
		}
		return oauth.Profile{Subject: strconv.FormatInt(user.ID, 10), Name: user.Login}, nil
	}
}

// Plain OAuth 2.0: no ID token, no nonce, and the user comes from the API of the provider.
func TestPlainOAuth(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	var userInfo func(context.Context, *http.Client) (oauth.Profile, error)
	s := newSite(t, provider, func(c *oauth.Config) {
		c.Issuer = "https://github.com"
		c.Endpoints = oauth.Endpoints{Authorization: provider.URL + "/authorize", Token: provider.URL + "/token"}
		c.Scopes = []string{"read:user"}
		c.UserInfo = func(ctx context.Context, client *http.Client) (oauth.Profile, error) { return userInfo(ctx, client) }
	})
	provider.Change(func(set *oauthtest.Settings) {
		set.NoIDs = true
		set.User = map[string]any{"id": 583231, "login": "octocat"}
		set.Answer = func(q url.Values) { q.Del("iss") }
	})
	userInfo = githubProfile(provider.URL + "/userinfo")
	if v := newBrowser(t).open(s.URL + "/login?return_to=/notes"); v.StatusCode != 200 {
		t.Fatalf("%d %s", v.StatusCode, v.text)
	}
	want := oauth.Identity{Issuer: "https://github.com", Profile: oauth.Profile{Subject: "583231", Name: "octocat"}, ReturnTo: "/notes"}
	if got := s.identities(); len(got) != 1 || got[0].Issuer != want.Issuer || got[0].Profile != want.Profile || got[0].Claims != nil {
		t.Errorf("%+v", got)
	}
	if q := provider.LastRequest(); q.Has("nonce") || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "read:user" {
		t.Errorf("%v", q)
	}
	if provider.Requests("/jwks") != 0 || provider.Requests("/.well-known/openid-configuration") != 0 {
		t.Error("there was a discovery")
	}

	// A code that is used, as GitHub says it.
	provider.Change(func(set *oauthtest.Settings) {
		set.Hostile = answerToken(200, "application/json", `{"error":"bad_verification_code"}`)
	})
	if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != 400 || !strings.Contains(v.text, "already finished") {
		t.Errorf("a used code: %d %s", v.StatusCode, v.text)
	}
	provider.Change(func(set *oauthtest.Settings) { set.Hostile = nil })

	blocked := &httperr.Error{Status: 403, Code: "not_a_member", Message: "You are no member."}
	for name, c := range map[string]struct {
		userInfo func(context.Context, *http.Client) (oauth.Profile, error)
		status   int
		cause    string
	}{
		"no subject":     {noProfile, 500, "no Subject"},
		"an error":       {func(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{}, errors.New("down") }, 503, "down"},
		"a refusal":      {func(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{}, blocked }, 403, ""},
		"404":            {githubProfile(provider.URL + "/none"), 503, "no user"},
		"without TLS":    {githubProfile("http://192.0.2.1/user"), 503, "is not https"},
		"a closed port":  {githubProfile("http://127.0.0.1:1/user?secret=hunter2"), 503, "connection refused"},
		"another target": {githubProfile("ftp://127.0.0.1/user"), 503, "is not https"},
	} {
		userInfo = c.userInfo
		v := newBrowser(t).open(s.URL + "/login")
		if _, cause, _ := s.lastCode(); v.StatusCode != c.status || !strings.Contains(cause, c.cause) || strings.Contains(cause, "hunter2") {
			t.Errorf("%s: %d %q", name, v.StatusCode, cause)
		}
	}
	if len(s.identities()) != 1 {
		t.Error("a login without a user")
	}
}
