package oauth_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A login begins for a page that the user opens, and for nothing else.
func TestStartNeedsANavigation(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	h := func(pairs ...string) http.Header {
		all := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			all.Add(pairs[i], pairs[i+1])
		}
		return all
	}
	for name, c := range map[string]struct {
		method  string
		headers http.Header
		status  int
	}{
		"a page":                  {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-User", "?1"), 303},
		"a page of another site":  {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site"), 303},
		"an old browser":          {"GET", h(), 303},
		"without Dest":            {"GET", h("Sec-Fetch-Mode", "navigate"), 303},
		"an iframe":               {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"), 401},
		"a frame":                 {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "frame"), 401},
		"an embed":                {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "embed"), 401},
		"an object":               {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "object"), 401},
		"a nested page":           {"GET", h("Sec-Fetch-Mode", "nested-navigate", "Sec-Fetch-Dest", "nested-document"), 401},
		"fetch":                   {"GET", h("Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"), 401},
		"an image":                {"GET", h("Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"), 401},
		"two values":              {"GET", h("Sec-Fetch-Dest", "document", "Sec-Fetch-Dest", "iframe"), 401},
		"a value of another case": {"GET", h("Sec-Fetch-Mode", "Navigate"), 401},
		"a prefetch":              {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch"), 401},
		"a prerendering":          {"GET", h("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch;prerender"), 401},
		"POST":                    {"POST", h(), 405},
		"HEAD":                    {"HEAD", h(), 405},
	} {
		b := newBrowser(t)
		b.headers = c.headers
		v := b.send(c.method, s.URL+"/login", "", "")
		if v.StatusCode != c.status || (c.status == 303) != (len(v.Cookies()) == 1) {
			t.Errorf("%s: %d, cookies %v, want %d", name, v.StatusCode, v.Cookies(), c.status)
		}
		if c.status == 401 && (v.Header.Get("Www-Authenticate") != "Session" || !strings.Contains(v.text, "login_not_navigation")) {
			t.Errorf("%s: %v %s", name, v.Header, v.text)
		}
	}
}

// Start leaves the refusal to its caller, and notes it.
func TestStartReturnsRefusals(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	var got error
	s.handle("/again", func(w http.ResponseWriter, r *http.Request) {
		got = s.login.Start(w, r, oauth.Request{})
		httperr.Write(w, r, got)
	})
	b := newBrowser(t)
	b.headers.Set("Sec-Fetch-Dest", "iframe")
	v := b.send("GET", s.URL+"/again", "", "")
	if code, _, events := s.lastCode(); !errors.Is(got, oauth.ErrNotNavigation) || v.StatusCode != 401 || code != "login_not_navigation" || events != "auth.failed" {
		t.Errorf("%v: %d %s %s", got, v.StatusCode, code, events)
	}
}

// The authorization request, and the cookie of the login.
func TestStartRequest(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	for name, c := range map[string]struct {
		change   func(*oauth.Config)
		request  oauth.Request
		query    string // of the request to the service
		more     url.Values
		sameSite http.SameSite
	}{
		"default": {nil, oauth.Request{}, "?max_age=1&acr_values=tin&prompt=none&scope=admin&return_to=/x", url.Values{}, http.SameSiteLaxMode},
		"all": {func(c *oauth.Config) {
			c.FormPost, c.Scopes, c.AuthParams = true, []string{"openid", "email"}, map[string]string{"prompt": "select_account"}
		}, oauth.Request{MaxAge: 90*time.Second + 999*time.Millisecond, ACR: []string{"gold", "silver"}}, "",
			url.Values{"response_mode": {"form_post"}, "prompt": {"select_account"}, "max_age": {"90"}, "acr_values": {"gold silver"}, "scope": {"openid email"}}, http.SameSiteNoneMode},
		"a new login": {nil, oauth.Request{MaxAge: 1}, "", url.Values{"max_age": {"0"}}, http.SameSiteLaxMode},
	} {
		s := newSite(t, provider, c.change)
		start := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return s.login.Start(w, r, c.request) })
		r := mustRequest(t, s.URL+"/login"+c.query)
		res := mwtest.Do(start, r)
		if c.query != "" {
			res = mwtest.Do(http.HandlerFunc(s.login.ServeStart), r)
		}
		at, err := url.Parse(res.Header.Get("Location"))
		if err != nil || res.StatusCode != 303 || !strings.HasPrefix(at.String(), provider.URL+"/authorize?") {
			t.Fatalf("%s: %d %v", name, res.StatusCode, at)
		}
		want := url.Values{"response_type": {"code"}, "client_id": {"notes"}, "redirect_uri": {s.URL + "/login/callback"}, "scope": {"openid"}, "code_challenge_method": {"S256"}}
		for name, values := range c.more {
			want[name] = values
		}
		got := at.Query()
		if len(got.Get("state")) != 47 || len(got.Get("nonce")) != 26 || len(got.Get("code_challenge")) != 43 {
			t.Errorf("%s: state %q, nonce %q, challenge %q", name, got.Get("state"), got.Get("nonce"), got.Get("code_challenge"))
		}
		for _, secret := range []string{"state", "nonce", "code_challenge"} {
			got.Del(secret)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		cookies := res.Cookies()
		if len(cookies) != 1 || cookies[0].SameSite != c.sameSite || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].Domain != "" ||
			cookies[0].MaxAge != 600 || !strings.HasPrefix(cookies[0].Name, "__Host-") {
			t.Errorf("%s: cookies %v", name, cookies)
		}
		if len(cookies[0].String()) > 1200 {
			t.Errorf("%s: a cookie of %d bytes", name, len(cookies[0].String()))
		}
		if h := res.Header; h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

func mustRequest(t *testing.T, target string) *http.Request {
	t.Helper()
	return mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
}

// A browser keeps five logins, and the oldest goes.
func TestStartKeepsFiveLogins(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	other := newSite(t, provider, func(c *oauth.Config) {
		c.RedirectURL, c.OnLogin, c.SID, c.CookieKeys = s.URL+"/login/callback", s.onLogin, s.sid, [][]byte{[]byte(strings.Repeat("o", 32))}
	})
	b := newBrowser(t)
	var names []string
	host := strings.TrimPrefix(s.URL, "http://")
	for i := range 8 {
		time.Sleep(2 * time.Millisecond) // the order is by the millisecond
		before := len(b.cookies[host])
		if i%2 == 0 {
			b.send("GET", s.URL+"/login", "", "")
		} else { // another provider, with keys of its own, on the same host
			r := mustRequest(t, s.URL+"/login")
			for _, c := range b.cookies[host] {
				r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
			}
			b.keep(host, mwtest.Do(http.HandlerFunc(other.login.ServeStart), r).Cookies())
		}
		now := slices.Sorted(maps.Keys(b.cookies[host]))
		if len(now) != min(before+1, 5) || len(names) > 0 && now[len(now)-2] != names[len(names)-1] {
			t.Fatalf("login %d: %q after %q", i, now, names)
		}
		names = now
	}
}

// A fault of the code of the service is 500, and begins no login.
func TestStartFaults(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	long := newSite(t, provider, func(c *oauth.Config) { c.SID = func(*http.Request) string { return strings.Repeat("s", 257) } })
	binary := newSite(t, provider, func(c *oauth.Config) { c.SID = func(*http.Request) string { return "\xff" } })
	s := newSite(t, provider, nil)
	for name, c := range map[string]struct {
		s       *site
		request oauth.Request
	}{
		"a long SID":       {long, oauth.Request{}},
		"a SID of bytes":   {binary, oauth.Request{}},
		"a negative age":   {s, oauth.Request{MaxAge: -1}},
		"an empty ACR":     {s, oauth.Request{ACR: []string{"gold", ""}}},
		"two ACRs in one":  {s, oauth.Request{ACR: []string{"gold silver"}}},
		"too many for one": {s, oauth.Request{ACR: []string{strings.Repeat("a", 4000)}}},
	} {
		start := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return c.s.login.Start(w, r, c.request) })
		res := mwtest.Do(start, mustRequest(t, c.s.URL+"/login"))
		if cookies := res.Cookies(); len(cookies) > 0 {
			t.Errorf("%s: cookies %v", name, cookies)
		}
		mwtest.Refused(t, res, 500, "internal_error")
	}
}
