package oauth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A token is revoked with each method of authentication, by one request.
func TestRevoke(t *testing.T) {
	for method, change := range map[string]func(*oauth.Config){
		"client_secret_basic": nil,
		"client_secret_post":  func(c *oauth.Config) { c.AuthMethod = "client_secret_post" },
		"private_key_jwt":     func(c *oauth.Config) { c.ClientSecret, c.Signer = "", newSigner(t) },
		"none":                func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" },
	} {
		provider := oauthtest.New()
		defer provider.Close()
		provider.Change(func(set *oauthtest.Settings) { set.AuthMethods = []string{method} })
		s := newSite(t, provider, change)
		if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", method, v.text)
		}
		access := s.identities()[0].Tokens.Access
		if !provider.Knows(access) {
			t.Fatalf("%s: the provider does not know the token", method)
		}
		for range 2 { // a token that is not known is no error
			if err := s.login.Revoke(t.Context(), access); err != nil || provider.Knows(access) {
				t.Errorf("%s: %v", method, err)
			}
		}
		if n := provider.Requests("/revoke"); n != 2 {
			t.Errorf("%s: %d requests", method, n)
		}
	}
}

// An outage is an error without the token, and a provider without the endpoint says what to do.
func TestRevokeFails(t *testing.T) {
	for name, c := range map[string]struct {
		metadata func(map[string]any)
		hostile  func(http.ResponseWriter, *http.Request) bool
		want     string
	}{
		"no endpoint":   {func(m map[string]any) { delete(m, "revocation_endpoint") }, nil, "no revocation_endpoint; set Endpoints"},
		"http endpoint": {func(m map[string]any) { m["revocation_endpoint"] = "http://id.example/revoke" }, nil, "no revocation_endpoint"},
		"503":           {nil, hostileAt("/revoke", func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }), "status 503"},
		"a redirect": {nil, hostileAt("/revoke", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/x")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}), "redirect"},
		"no metadata": {nil, hostileAt("/.well-known/openid-configuration", func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }), "502"},
	} {
		provider := oauthtest.New()
		defer provider.Close()
		provider.Change(func(set *oauthtest.Settings) { set.Metadata, set.Hostile = c.metadata, c.hostile })
		err := newSite(t, provider, nil).login.Revoke(t.Context(), "hunter2")
		if !errors.Is(err, authn.ErrUnavailable) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func hostileAt(path string, answer func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			answer(w)
		}
		return r.URL.Path == path
	}
}

// LogoutURL leads to the provider, which ends its session and leads back.
func TestLogoutURL(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) { c.AfterLogoutURL = "https://app.example/bye?a=1" })
	provider.Change(func(set *oauthtest.Settings) { set.PostLogoutURIs = []string{"https://app.example/bye?a=1"} })
	for hint, names := range map[string]string{"": "client_id post_logout_redirect_uri", "a.b.c": "client_id id_token_hint post_logout_redirect_uri"} {
		at := mwtest.Must[string](t)(s.login.LogoutURL(t.Context(), hint))
		q := mwtest.Must[*url.URL](t)(url.Parse(at)).Query()
		if !strings.HasPrefix(at, provider.URL+"/logout?") || q.Get("id_token_hint") != hint || len(q) != len(strings.Fields(names)) {
			t.Errorf("%q: %s", hint, at)
		}
		if v := newBrowser(t).send(http.MethodGet, at, "", ""); v.Header.Get("Location") != "https://app.example/bye?a=1" {
			t.Errorf("%d %s", v.StatusCode, v.text)
		}
	}
	for endpoint, want := range map[string]string{"": "", "http://id.example/logout": "", "https://id.example/o?tenant=1": "https://id.example/o?client_id=notes&tenant=1"} {
		provider := oauthtest.New()
		defer provider.Close()
		provider.Change(func(set *oauthtest.Settings) {
			set.Metadata = func(m map[string]any) { m["end_session_endpoint"] = endpoint }
		})
		if at, err := newSite(t, provider, nil).login.LogoutURL(t.Context(), ""); err != nil || at != want {
			t.Errorf("%q: %q, %v", endpoint, at, err)
		}
	}
	down := oauthtest.New()
	s = newSite(t, down, nil)
	down.Close()
	if _, err := s.login.LogoutURL(t.Context(), ""); !errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
}

// Tokens do not reach a log by mistake.
func TestTokensAreNotShown(t *testing.T) {
	id := oauth.Identity{Issuer: "https://id.example", Tokens: oauth.Tokens{Access: "hunter2", Refresh: "hunter2", ID: "hunter2"}}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("login", "id", id, "tokens", id.Tokens, "pointer", &id.Tokens)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("login", "id", id)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %v %v", id, id, id, id.Tokens, id.Tokens, &id, &id.Tokens)
	text := mwtest.Must[[]byte](t)(json.Marshal(id))
	if strings.Contains(out.String()+string(text), "hunter2") || !strings.Contains(out.String(), "[tokens]") {
		t.Errorf("%s %s", out.String(), text)
	}
}
