package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A refresh token is redeemed with each method of authentication, by one request.
func TestRefresh(t *testing.T) {
	for method, change := range map[string]func(*oauth.Config){
		"client_secret_basic": nil,
		"client_secret_post":  func(c *oauth.Config) { c.AuthMethod = "client_secret_post" },
		"private_key_jwt":     func(c *oauth.Config) { c.ClientSecret, c.Signer = "", newSigner(t) },
		"none":                func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" },
	} {
		provider := oauthtest.New()
		defer provider.Close()
		provider.Change(func(set *oauthtest.Settings) { set.AuthMethods, set.Refresh = []string{method}, true })
		s := newSite(t, provider, change)
		if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", method, v.text)
		}
		first := s.identities()[0].Tokens
		next := mwtest.Must[oauth.Tokens](t)(s.login.Refresh(t.Context(), first.Refresh))
		if !provider.Knows(next.Access) || next.Access == first.Access || next.Refresh == first.Refresh || next.Refresh == "" {
			t.Errorf("%s: the tokens are not new", method)
		}
		if left := time.Until(next.Expires); left < 4*time.Minute || left > 5*time.Minute {
			t.Errorf("%s: the access token is good for %v", method, left)
		}
		if _, err := s.login.Refresh(t.Context(), first.Refresh); !errors.Is(err, oauth.ErrGrant) {
			t.Errorf("%s: a refresh token twice: %v", method, err)
		}
		if _, err := s.login.Refresh(t.Context(), next.Refresh); !errors.Is(err, oauth.ErrGrant) { // the provider has ended all
			t.Errorf("%s: after a second use: %v", method, err)
		}
		if n := provider.Requests("/token"); n != 4 {
			t.Errorf("%s: %d requests", method, n)
		}
	}
}

// The forms of an answer, and outages, which are errors without a text of the provider.
func TestRefreshAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		want    error
		refresh string
	}{
		"no new refresh token":  {200, `{"access_token":"a","token_type":"bearer"}`, nil, "old"},
		"a new refresh token":   {200, `{"access_token":"a","token_type":"Bearer","refresh_token":"b","scope":"x"}`, nil, "b"},
		"a grant that is over":  {400, `{"error":"invalid_grant","error_description":"hunter2"}`, oauth.ErrGrant, ""},
		"the same with 200":     {200, `{"error":"invalid_grant"}`, oauth.ErrGrant, ""},
		"another client":        {401, `{"error":"invalid_client"}`, authn.ErrUnavailable, ""},
		"an odd error":          {400, `{"error":"hunter2!"}`, authn.ErrUnavailable, ""},
		"an error with 200":     {200, `{"error":"invalid_request"}`, authn.ErrUnavailable, ""},
		"no access token":       {200, `{"token_type":"Bearer"}`, authn.ErrUnavailable, ""},
		"a token of a kind":     {200, `{"access_token":"a","token_type":"DPoP"}`, authn.ErrUnavailable, ""},
		"an access token twice": {200, `{"access_token":"a","access_token":"hunter2","token_type":"Bearer"}`, authn.ErrUnavailable, ""},
		"HTML":                  {200, `<html>hunter2`, authn.ErrUnavailable, ""},
		"HTML with 502":         {502, `<html>hunter2`, authn.ErrUnavailable, ""},
		"2 MiB":                 {200, strings.Repeat(" ", 2<<20), authn.ErrUnavailable, ""},
		"a redirect":            {307, ``, authn.ErrUnavailable, ""},
	} {
		provider := oauthtest.New()
		defer provider.Close()
		provider.Change(func(set *oauthtest.Settings) {
			set.Hostile = hostileAt("/token", func(w http.ResponseWriter) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
		})
		got, err := newSite(t, provider, nil).login.Refresh(t.Context(), "old")
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || got.Refresh != c.refresh || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %q, %v", name, got.Refresh, err)
		}
	}
}
