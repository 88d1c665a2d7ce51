package oauth_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
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

// Two clients of one provider with the same ID differ in their rules, such as one for the
// administrators. A login that began at one is not finished by the other.
func TestTwoClientsWithOneID(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	admin := mwtest.Must[*oauth.Client](t)(oauth.New(func() oauth.Config {
		c := config(s, provider)
		c.RedirectURL = s.URL + "/admin/callback"
		return c
	}()))
	s.handle("/admin/callback", admin.ServeCallback)
	b := newBrowser(t)
	answer := mwtest.Must[*url.URL](t)(url.Parse(b.pause(s.URL + "/login")))
	if v := b.finish(s.URL + "/admin/callback?" + answer.RawQuery); v.StatusCode != 400 {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	if _, cause, _ := s.lastCode(); !strings.Contains(cause, "another RedirectURL") || provider.Requests("/token") != 0 {
		t.Errorf("cause %q, %d requests for tokens", cause, provider.Requests("/token"))
	}
}

// Requests with one cookie at the same time end with one login. The others get the page that asks
// again, and no error of the server.
func TestParallelCallbacks(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	b := newBrowser(t)
	callback := b.pause(s.URL + "/login")
	var wg sync.WaitGroup
	var pages sync.Map
	for i := range 16 {
		r := mustRequest(t, callback)
		for _, c := range b.cookies[r.URL.Host] {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		wg.Go(func() {
			res := mwtest.Do(http.HandlerFunc(s.login.ServeCallback), r)
			pages.Store(i, res.Header.Get("Refresh"))
			if res.StatusCode != 200 {
				t.Errorf("%d", res.StatusCode)
			}
		})
	}
	wg.Wait()
	count := map[string]int{}
	pages.Range(func(_, page any) bool { count[page.(string)]++; return true })
	if len(s.identities()) != 1 || count["0;url=/"] != 1 || count["0;url=/login/callback?again"] != 15 {
		t.Errorf("%d logins, pages %v", len(s.identities()), count)
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

// hangingProvider answers at the token endpoint at once. Its metadata hang when hangs is set.
func hangingProvider(hangs *atomic.Bool) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		text := `{"access_token":"a","token_type":"Bearer"}`
		if r.URL.Path != "/t" {
			if hangs.Load() {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			text = `{"issuer":"https://id.example","authorization_endpoint":"https://id.example/a","token_endpoint":"https://id.example/t"}`
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
	})
}

// Metadata that hang while older ones are in use leave time for the code.
func TestOldMetadataLeaveTimeForTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		cfg := goodConfig()
		cfg.Transport, cfg.Scopes = hangingProvider(&hangs), nil
		cfg.UserInfo = func(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{Subject: "u1"}, nil }
		c := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		if err := c.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour - time.Minute)
		started := mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil))
		state := mwtest.Must[*url.URL](t)(started.Location()).Query().Get("state")
		time.Sleep(2 * time.Minute)
		hangs.Store(true)
		r := httptest.NewRequest("GET", "/login/callback?code=x&state="+state, nil)
		r.AddCookie(started.Cookies()[0])
		before := time.Now()
		res := mwtest.Do(http.HandlerFunc(c.ServeCallback), r)
		if took := time.Since(before); res.StatusCode != 200 || res.Header.Get("Refresh") != "0;url=/" || took > 5*time.Second {
			t.Errorf("%d %v after %v", res.StatusCode, res.Header, took)
		}
	})
}
