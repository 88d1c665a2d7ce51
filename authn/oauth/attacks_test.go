package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A return_to of the longest length begins a login, whatever its characters. Five of its cookies
// fit into the 8 KiB that many servers accept for the header of a request.
func TestStartCookieSize(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) { c.SID = func(*http.Request) string { return strings.Repeat("s", 43) } })
	for _, text := range []string{"a", "a=b&", "<", "&", "%41", `"`} {
		page := "/?" + strings.Repeat(text, 510/len(text))
		v := newBrowser(t).send("GET", s.URL+"/login?return_to="+url.QueryEscape(page), "", "")
		if v.StatusCode != 303 || len(v.Cookies()) != 1 {
			t.Errorf("%q: %d %s", text, v.StatusCode, v.text)
			continue
		}
		c := v.Cookies()[0]
		// A browser writes a quote as %22, so only an attack has many of them.
		if size := 5 * len(c.Name+"="+c.Value+"; "); size > 6<<10 && text != `"` {
			t.Errorf("%q: the cookies of five logins have %d bytes", text, size)
		}
		if v := newBrowser(t).open(s.URL + "/login?return_to=" + url.QueryEscape(page)); !strings.HasPrefix(v.text, "page "+page) {
			t.Errorf("%q: %d %.80s", text, v.StatusCode, v.text)
		}
	}
}

// A provider answers invalid_grant to a code that was used, and to a client whose settings do not
// fit. The page is the same, so the record must have the reason.
func TestRefusedCodeIsRecorded(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	provider.Change(func(set *oauthtest.Settings) {
		set.Hostile = answerToken(400, "application/json", `{"error":"invalid_grant","error_description":"hunter2"}`)
	})
	if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != 400 {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	var reasons []string
	for _, r := range s.log() {
		if cause, _ := r["cause"].(string); cause != "" {
			reasons = append(reasons, cause)
		}
	}
	if len(reasons) != 1 || !strings.Contains(reasons[0], "invalid_grant") || strings.Contains(reasons[0], "hunter2") {
		t.Errorf("causes %q", reasons)
	}
}
