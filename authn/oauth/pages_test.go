package oauth_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

var pageCSP = regexp.MustCompile(`^default-src 'none'; style-src 'nonce-([A-Z2-7]{26})'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$`)

// The pages after a login: 200 and no redirect, no cache, no frame, no code in a Referer.
func TestPages(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	b := newBrowser(t)
	callback := b.pause(s.URL + "/login?return_to=/notes%3Fa%3D%26lt%3B%22b")
	nonces := map[string]bool{}
	for name, c := range map[string]struct {
		target  string
		status  int
		refresh string
		link    string
	}{
		"logged in": {callback, 200, `0;url=/notes?a=&lt;"b`, `<a href="/notes?a=&amp;lt;&#34;b">Continue</a>`},
		"unknown":   {s.URL + "/login/callback?code=a", 200, "0;url=/login/callback?again", `<a href="/login/callback?again">Continue</a>`},
		"declined":  {edit(t, b.pause(s.URL+"/login"), errorAnswer("access_denied")), 403, "", `<a href="/login">Log in</a>`},
	} {
		v := b.send(http.MethodGet, c.target, "", "provider")
		h := v.Header
		if v.StatusCode != c.status || h.Get("Refresh") != c.refresh || h.Get("Location") != "" || !strings.Contains(v.text, c.link) {
			t.Errorf("%s: %d %v %s", name, v.StatusCode, h, v.text)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %v", name, h)
		}
		policy := pageCSP.FindStringSubmatch(h.Get("Content-Security-Policy"))
		if policy == nil || !strings.Contains(v.text, `<style nonce="`+policy[1]+`">`) || nonces[policy[1]] {
			t.Fatalf("%s: policy %q for %s", name, h.Get("Content-Security-Policy"), v.text)
		}
		nonces[policy[1]] = true
		if strings.Contains(v.text, "<script") || strings.Contains(v.text, `"b"`) {
			t.Errorf("%s: %s", name, v.text)
		}
	}
}

// The request that asks again leads nowhere but to the default page or to an error.
func TestAgain(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) { c.DefaultPage, c.StartPath = "/home", "/in" })
	b := newBrowser(t)
	v := b.send(http.MethodGet, s.URL+"/login/callback?again", "", "")
	if v.StatusCode != 400 || v.Header.Get("Refresh") != "" || !strings.Contains(v.text, `<a href="/in">`) {
		t.Errorf("without a session: %d %s", v.StatusCode, v.text)
	}
	b.open(s.URL + "/login")
	v = b.send(http.MethodGet, s.URL+"/login/callback?again", "", "")
	if v.StatusCode != 303 || v.Header.Get("Location") != "/home" {
		t.Errorf("with a session: %d %v", v.StatusCode, v.Header)
	}
	// From another site the Strict cookie does not come, so nobody learns of the session.
	if v = b.send(http.MethodGet, s.URL+"/login/callback?again", "", "evil"); v.StatusCode != 400 {
		t.Errorf("from another site: %d", v.StatusCode)
	}
	noSessions := newSite(t, provider, func(c *oauth.Config) { c.SID = nil })
	if v := b.open(noSessions.URL + "/login/callback"); v.StatusCode != 400 {
		t.Errorf("without SID: %d", v.StatusCode)
	}
}

// Neighbours cannot change the headers of a later response.
func TestHeadersAreUnshared(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	middleware := func(http.Handler) http.Handler { return http.HandlerFunc(s.login.ServeCallback) }
	mwtest.Unshared(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware(next).ServeHTTP(w, r)
			w.Header().Del("Content-Security-Policy") // has a nonce of its own each time
		})
	}, func() *http.Request { return mustRequest(t, s.URL+"/login/callback") })
}
