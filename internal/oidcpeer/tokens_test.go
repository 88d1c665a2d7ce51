package oidcpeer_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
)

// The tokens of a login are renewed and revoked at the provider, and its session ends.
func TestTokens(t *testing.T) {
	provider := httptest.NewUnstartedServer(nil)
	issuer := "http://" + provider.Listener.Addr().String()
	s := newSite(t, issuer, http.NewServeMux(), func(c *oauth.Config) {
		c.Scopes = []string{"openid", "offline_access"}
		c.AuthParams = map[string]string{"prompt": "consent"}
	})
	storage.RegisterClients(storage.WebClient("web", "a secret", s.URL+"/login/callback"))
	provider.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
	provider.Start()
	defer provider.Close()
	if status, _ := logIn(t, s.URL+"/login"); status != http.StatusOK {
		t.Fatalf("%d %v", status, s.errs)
	}
	first := s.logins[0].Tokens
	if first.Refresh == "" || first.ID == "" || time.Until(first.Expires) < time.Minute {
		t.Fatal("a token is missing")
	}
	next, err := s.login.Refresh(t.Context(), first.Refresh)
	if err != nil || next.Access == first.Access || next.Refresh == first.Refresh || time.Until(next.Expires) < time.Minute {
		t.Fatal(err)
	}
	if _, err := s.login.Refresh(t.Context(), first.Refresh); err == nil {
		t.Error("a refresh token is good twice")
	}
	if err := s.login.Revoke(t.Context(), next.Refresh); err != nil {
		t.Error(err)
	}
	if _, err := s.login.Refresh(t.Context(), next.Refresh); err == nil {
		t.Error("a revoked refresh token is good")
	}
	target, err := s.login.LogoutURL(t.Context(), first.ID)
	if err != nil || !strings.HasPrefix(target, issuer) {
		t.Fatalf("%q %v", target, err)
	}
	res, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(string(text)), "signed out") {
		t.Errorf("the logout at the provider: %d %s", res.StatusCode, text)
	}
}

// A logout token that zitadel/oidc has written and go-jose has signed.
func TestLogoutToken(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var logouts []oauth.Logout
	login, err := oauth.New(oauth.Config{
		Issuer: "https://id.example", ClientID: "web", ClientSecret: "a secret", RedirectURL: "https://app.example/login/callback",
		CookieKeys: [][]byte{[]byte(strings.Repeat("k", 32))},
		Keys:       jwks.Static(jwks.Key{ID: "1", Algorithm: jwks.ES256, Public: key.Public()}),
		OnLogin:    func(http.ResponseWriter, *http.Request, oauth.Identity) error { return errors.New("no login") },
		OnLogout:   func(_ context.Context, l oauth.Logout) error { logouts = append(logouts, l); return nil },
		Logouts:    new(logoutstore.Memory),
	})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(login.ServeBackChannelLogout))
	defer site.Close()
	for typ, want := range map[jose.ContentType]int{"logout+jwt": 200, "JWT": 400} {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, (&jose.SignerOptions{}).WithType(typ))
		if err != nil {
			t.Fatal(err)
		}
		claims := oidc.NewLogoutTokenClaims("https://id.example", "ann", oidc.Audience{"web"}, time.Now().Add(2*time.Minute), "jti-"+string(typ), "session-1", time.Second)
		token, err := crypto.Sign(claims, signer)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.PostForm(site.URL, url.Values{"logout_token": {token}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("typ %s: %d", typ, res.StatusCode)
		}
	}
	if len(logouts) != 1 || logouts[0].SID != "session-1" || logouts[0].Subject != "ann" {
		t.Errorf("%+v", logouts)
	}
}
