package oauth_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A login, and its costs: one request to the token endpoint, and none for keys or metadata when
// they are there.
func TestLogin(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	if err := s.login.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() [4]int {
		return [4]int{provider.Requests("/token"), provider.Requests("/jwks"), provider.Requests("/.well-known/openid-configuration"), provider.Requests("/userinfo")}
	}
	warm := count()
	for i := range 3 {
		b := newBrowser(t)
		v := b.open(s.URL + "/login?return_to=/notes%3Fa%3D1")
		if v.StatusCode != 200 || !strings.HasPrefix(v.text, "page /notes?a=1 of session s") {
			t.Fatalf("%d %s", v.StatusCode, v.text)
		}
		if got := count(); got[0] != i+1 || got[1] != warm[1] || got[2] != warm[2] || got[3] != 0 {
			t.Errorf("requests %v after %v", got, warm)
		}
		for name := range b.cookies[strings.TrimPrefix(s.URL, "http://")] {
			if name != "__Host-session" {
				t.Errorf("the cookie %s is left", name)
			}
		}
	}
	id := s.identities()[0]
	want := oauth.Profile{Subject: "ann-1", Email: "ann@example.com", EmailVerified: true, Name: "Ann"}
	if id.Issuer != provider.URL || id.Profile != want || id.ReturnTo != "/notes?a=1" || !strings.Contains(string(id.Claims), `"sub":"ann-1"`) {
		t.Errorf("%+v", id)
	}
	for _, r := range s.log() {
		if r["route"] == "/login/callback" && (r["events"] != "auth.succeeded" || r["principal"] != "ann-1" || r["issuer"] != provider.URL || r["auth"] != "oauth") {
			t.Errorf("record %v", r)
		}
	}
}

// Twelve tabs begin a login and finish in any order. The newest five succeed. The others lead
// to the default page if a tab has logged in already, and otherwise to a page with a link.
func TestTwelveTabs(t *testing.T) {
	for seed := range uint64(8) {
		provider := oauthtest.New()
		s := newSite(t, provider, nil)
		b := newBrowser(t)
		var callbacks []string
		for range 12 {
			time.Sleep(2 * time.Millisecond) // the oldest is known by the millisecond
			callbacks = append(callbacks, b.pause(s.URL+"/login?return_to=/notes"))
		}
		succeeded := 0
		for _, tab := range rand.New(rand.NewPCG(seed, 1)).Perm(12) {
			v := b.finish(callbacks[tab])
			switch {
			case tab >= 7: // the newest five
				if succeeded++; !strings.HasPrefix(v.text, "page /notes of session s") {
					t.Errorf("seed %d, tab %d: %d %s", seed, tab, v.StatusCode, v.text)
				}
			case succeeded > 0:
				if !strings.HasPrefix(v.text, "page / of session s") {
					t.Errorf("seed %d, tab %d: %d %s", seed, tab, v.StatusCode, v.text)
				}
			default:
				if v.StatusCode != 400 || !strings.Contains(v.text, `<a href="/login">Log in</a>`) {
					t.Errorf("seed %d, tab %d: %d %s", seed, tab, v.StatusCode, v.text)
				}
			}
		}
		if got := len(s.identities()); got != 5 || provider.Requests("/token") != 5 || len(provider.Refused()) != 0 {
			t.Errorf("seed %d: %d logins, %d requests for tokens", seed, got, provider.Requests("/token"))
		}
		for _, r := range s.log() {
			if status, _ := r["status"].(float64); status >= 500 {
				t.Errorf("seed %d: %v", seed, r)
			}
		}
		// The link restarts the login.
		if v := b.open(s.URL + "/login"); v.StatusCode != 200 {
			t.Errorf("seed %d: %d %s", seed, v.StatusCode, v.text)
		}
		provider.Close()
	}
}

// The same e-mail address at two providers is two users, and the same subject too.
func TestTwoProviders(t *testing.T) {
	first, second := oauthtest.New(), oauthtest.New()
	defer first.Close()
	defer second.Close()
	s := newSite(t, first, nil)
	cfg := config(s, second)
	cfg.RedirectURL, cfg.StartPath = s.URL+"/second/callback", "/second"
	other := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
	defer other.Close()
	s.handle("/second", other.ServeStart)
	s.handle("/second/callback", other.ServeCallback)
	b := newBrowser(t)
	one, two := b.pause(s.URL+"/login"), b.pause(s.URL+"/second")
	b.finish(two)
	b.finish(one)
	ids := s.identities()
	if len(ids) != 2 || ids[0].Email != ids[1].Email || ids[0].Subject != ids[1].Subject || ids[0].Issuer != second.URL || ids[1].Issuer != first.URL {
		t.Errorf("%+v", ids)
	}
	type account struct{ issuer, subject string }
	if (account{ids[0].Issuer, ids[0].Subject}) == (account{ids[1].Issuer, ids[1].Subject}) {
		t.Error("two users are one")
	}
}

// Many browsers at once, on one Client that knows nothing of the provider yet.
func TestManyBrowsers(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	t.Run("all", func(t *testing.T) {
		for range 20 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				if v := newBrowser(t).open(s.URL + "/login?return_to=/notes"); !strings.HasPrefix(v.text, "page /notes of session s") {
					t.Errorf("%d %s", v.StatusCode, v.text)
				}
			})
		}
	})
	// The keys have a discovery of their own.
	if got := provider.Requests("/.well-known/openid-configuration"); got != 2 || provider.Requests("/jwks") != 1 || provider.Requests("/token") != 20 {
		t.Errorf("%d requests for metadata, %d for keys, %d for tokens", got, provider.Requests("/jwks"), provider.Requests("/token"))
	}
}

// An issuer with many tenants (Microsoft Entra): the Identity has the issuer of the tenant.
func TestTenants(t *testing.T) {
	const tenant, other = "9188040d-6c67-4c5b-b112-36a304b66dad", "22222222-86f1-41af-91ab-2d7cd011db47"
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) {
		c.Issuer, c.Tenants, c.Keys = "https://login.example/{tenantid}/v2.0", []string{tenant}, jwks.Remote(provider.URL+"/jwks")
		c.Endpoints = oauth.Endpoints{Authorization: provider.URL + "/authorize", Token: provider.URL + "/token"}
	})
	for name, c := range map[string]struct {
		iss, answer, tid string
		status           int
	}{
		"listed":              {tenant, tenant, tenant, 200},
		"no iss in answer":    {tenant, "", tenant, 200},
		"not listed":          {other, tenant, other, 400},
		"tid of another":      {tenant, tenant, other, 400},
		"iss of another host": {tenant, "evil", tenant, 400},
	} {
		at := func(tenant string) string { return "https://login.example/" + tenant + "/v2.0" }
		provider.Change(func(set *oauthtest.Settings) {
			set.Claims = func(m map[string]any) { m["iss"], m["tid"] = at(c.iss), c.tid }
			set.Answer = func(q url.Values) {
				if q.Set("iss", at(c.answer)); c.answer == "" {
					q.Del("iss")
				}
			}
		})
		before := len(s.identities())
		v := newBrowser(t).open(s.URL + "/login")
		if v.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, v.StatusCode, v.text)
		}
		if ids := s.identities(); (len(ids) > before) != (c.status == 200) || len(ids) > before && ids[before].Issuer != at(tenant) {
			t.Errorf("%s: %+v", name, ids[before:])
		}
	}
}

// All processes share the keys, which can be replaced.
func TestAnotherProcess(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	newer := []byte(strings.Repeat("n", 32))
	for name, c := range map[string]struct {
		keys [][]byte
		ok   bool
	}{
		"the same key":     {[][]byte{cookieKey}, true},
		"a newer in front": {[][]byte{newer, cookieKey}, true},
		"a newer behind":   {[][]byte{cookieKey, newer}, true},
		"another key":      {[][]byte{newer}, false},
	} {
		cfg := config(s, provider)
		cfg.CookieKeys = c.keys
		other := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		b := newBrowser(t)
		callback := b.pause(s.URL + "/login")
		r := mustRequest(t, callback)
		for _, cookie := range b.cookies[strings.TrimPrefix(s.URL, "http://")] {
			r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		}
		before := len(s.identities())
		res := mwtest.Do(http.HandlerFunc(other.ServeCallback), r)
		if got := len(s.identities()) > before; got != c.ok || res.StatusCode != 200 {
			t.Errorf("%s: login %v, %d", name, got, res.StatusCode)
		}
		_ = other.Close()
	}
}
