package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// edit changes the query of a callback.
func edit(t *testing.T, callback string, change func(url.Values)) string {
	t.Helper()
	u := mwtest.Must[*url.URL](t)(url.Parse(callback))
	q := u.Query()
	change(q)
	u.RawQuery = q.Encode()
	return u.String()
}

// lastCode returns the code of the last record with a code, and its cause.
func (s *site) lastCode() (code, cause, events string) {
	for _, r := range s.log() {
		if text, ok := r["code"].(string); ok {
			code = text
			cause, _ = r["cause"].(string)
			events, _ = r["events"].(string)
		}
	}
	return code, cause, events
}

// The authorization response, as an attacker and as a faulty provider change it.
func TestCallbackResponses(t *testing.T) {
	for name, c := range map[string]struct {
		metadata func(map[string]any)
		config   func(*oauth.Config)
		change   func(url.Values)
		status   int
		code     string
		cause    string // part of the cause in the record
	}{
		"good":                       {nil, nil, func(url.Values) {}, 200, "", ""},
		"no state":                   {nil, nil, func(q url.Values) { q.Del("state") }, 400, "login_flow_unknown", ""},
		"an empty state":             {nil, nil, func(q url.Values) { q.Set("state", "") }, 400, "login_flow_unknown", ""},
		"another state":              {nil, nil, func(q url.Values) { q.Set("state", q.Get("state")[:46]+"_") }, 400, "login_flow_unknown", ""},
		"state twice":                {nil, nil, func(q url.Values) { q.Add("state", q.Get("state")) }, 400, "login_response_invalid", "twice"},
		"code twice":                 {nil, nil, func(q url.Values) { q.Add("code", "x") }, 400, "login_response_invalid", "twice"},
		"iss twice":                  {nil, nil, func(q url.Values) { q.Add("iss", q.Get("iss")) }, 400, "login_response_invalid", "twice"},
		"error twice":                {nil, nil, func(q url.Values) { q["error"] = []string{"a", "b"} }, 400, "login_response_invalid", "twice"},
		"no code":                    {nil, nil, func(q url.Values) { q.Del("code") }, 400, "login_response_invalid", "neither code nor error"},
		"another code":               {nil, nil, func(q url.Values) { q.Set("code", "x") }, 400, "login_flow_unknown", ""},
		"iss of another":             {nil, nil, func(q url.Values) { q.Set("iss", "https://evil.example") }, 400, "login_response_invalid", "iss is not"},
		"iss, one slash more":        {nil, nil, func(q url.Values) { q.Set("iss", q.Get("iss")+"/") }, 400, "login_response_invalid", "iss is not"},
		"iss, empty":                 {nil, nil, func(q url.Values) { q.Set("iss", "") }, 400, "login_response_invalid", "iss is not"},
		"iss missing":                {nil, nil, func(q url.Values) { q.Del("iss") }, 400, "login_response_invalid", "iss is missing"},
		"iss missing, unadvertised":  {noIssMetadata, nil, func(q url.Values) { q.Del("iss") }, 200, "", ""},
		"iss missing, RequireIss":    {noIssMetadata, func(c *oauth.Config) { c.RequireIss = true }, func(q url.Values) { q.Del("iss") }, 400, "login_response_invalid", "iss is missing"},
		"iss right, unadvertised":    {noIssMetadata, nil, func(url.Values) {}, 200, "", ""},
		"iss of another, unadvert.":  {noIssMetadata, nil, func(q url.Values) { q.Set("iss", "https://evil.example") }, 400, "login_response_invalid", "iss is not"},
		"declined":                   {nil, nil, errorAnswer("access_denied"), 403, "login_denied", `"access_denied"`},
		"a step-up that is not met":  {nil, nil, errorAnswer("unmet_authentication_requirements"), 403, "login_denied", `"unmet_authentication_requirements"`},
		"an error of another":        {nil, nil, func(q url.Values) { errorAnswer("access_denied")(q); q.Set("iss", "https://evil.example") }, 400, "login_response_invalid", "iss is not"},
		"an error that is a text":    {nil, nil, errorAnswer("<script>hunter2\r\n"), 403, "login_denied", "another text"},
		"error and code":             {nil, nil, func(q url.Values) { q.Set("error", "access_denied") }, 403, "login_denied", ""},
		"the provider is out":        {nil, nil, errorAnswer("temporarily_unavailable"), 503, "authentication_unavailable", "temporarily_unavailable"},
		"the provider is broken":     {nil, nil, errorAnswer("server_error"), 503, "authentication_unavailable", "server_error"},
		"a description of an attack": {nil, nil, func(q url.Values) { q.Set("error_description", "<script>") }, 200, "", ""},
	} {
		provider := oauthtest.New()
		provider.Change(func(set *oauthtest.Settings) { set.Metadata = c.metadata })
		s := newSite(t, provider, c.config)
		b := newBrowser(t)
		v := b.finish(edit(t, b.pause(s.URL+"/login"), c.change))
		code, cause, events := s.lastCode()
		if v.StatusCode != c.status || code != c.code || !strings.Contains(cause, c.cause) {
			t.Errorf("%s: %d %q %q: %s", name, v.StatusCode, code, cause, v.text)
		}
		if wantEvents := map[int]string{400: "auth.failed", 403: "auth.failed", 503: "store.degraded"}[c.status]; events != wantEvents {
			t.Errorf("%s: events %q, want %q", name, events, wantEvents)
		}
		if logins := len(s.identities()); (logins == 1) != (c.status == 200) {
			t.Errorf("%s: %d logins", name, logins)
		}
		if c.status != 200 && provider.Requests("/token") > 0 && name != "another code" {
			t.Errorf("%s: the code was sent", name)
		}
		if strings.Contains(v.text+cause, "hunter2") || strings.Contains(v.text, "<script") {
			t.Errorf("%s: %s, %s", name, v.text, cause)
		}
		if code == c.code && (c.status == 400 || c.status == 403) && !strings.Contains(v.text, `<a href="/login">Log in</a>`) {
			t.Errorf("%s: the page has no link: %s", name, v.text)
		}
		provider.Close()
	}
}

func noIssMetadata(m map[string]any) { delete(m, "authorization_response_iss_parameter_supported") }

func errorAnswer(code string) func(url.Values) {
	return func(q url.Values) {
		q.Del("code")
		q.Set("error", code)
		q.Set("error_description", "hunter2")
	}
}

// A callback of another browser: an attacker's login must not become the victim's, nor the
// other way round.
func TestCallbackOfAnotherBrowser(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	attacker, victim := newBrowser(t), newBrowser(t)
	callback := attacker.pause(s.URL + "/login")
	victim.pause(s.URL + "/login")
	if v := victim.finish(callback); v.StatusCode != 400 || len(s.identities()) != 0 || provider.Requests("/token") != 0 {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	// The attacker injects the victim's code into a login of their own: PKCE refuses it.
	stolen := mwtest.Must[*url.URL](t)(url.Parse(victim.pause(s.URL + "/login"))).Query().Get("code")
	injected := edit(t, attacker.pause(s.URL+"/login"), func(q url.Values) { q.Set("code", stolen) })
	if v := attacker.finish(injected); v.StatusCode != 400 || len(s.identities()) != 0 {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	if got := provider.Refused(); len(got) != 1 || got[0] != "invalid_grant" {
		t.Errorf("the provider refused %q", got)
	}
}

// Two providers on one host: the answer of one is no answer of the other (mix-up, RFC 9700,
// section 4.4).
func TestMixUp(t *testing.T) {
	honest, evil := oauthtest.New(), oauthtest.New()
	defer honest.Close()
	defer evil.Close()
	s := newSite(t, honest, nil)
	second := mwtest.Must[*oauth.Client](t)(oauth.New(func() oauth.Config {
		c := config(s, evil)
		c.RedirectURL = s.URL + "/evil/callback"
		return c
	}()))
	s.handle("/evil", second.ServeStart)
	s.handle("/evil/callback", second.ServeCallback)

	b := newBrowser(t)
	// The evil provider sends the browser on to the honest one, with its own state, so that the
	// honest code comes back to the evil login.
	toEvil := mwtest.Must[*url.URL](t)(url.Parse(b.send("GET", s.URL+"/evil", "", "").Header.Get("Location"))).Query()
	toEvil.Set("redirect_uri", s.URL+"/login/callback")
	answer := b.send("GET", honest.URL+"/authorize?"+toEvil.Encode(), "", "evil").Header.Get("Location")
	if v := b.finish(answer); v.StatusCode != 400 {
		t.Errorf("at the honest callback: %d %s", v.StatusCode, v.text)
	}
	if _, cause, _ := s.lastCode(); !strings.Contains(cause, "another provider") {
		t.Errorf("cause %q", cause)
	}
	toEvil = mwtest.Must[*url.URL](t)(url.Parse(b.send("GET", s.URL+"/evil", "", "").Header.Get("Location"))).Query()
	answer = b.send("GET", honest.URL+"/authorize?"+toEvil.Encode(), "", "evil").Header.Get("Location")
	if v := b.finish(answer); v.StatusCode != 400 {
		t.Errorf("at the evil callback: %d %s", v.StatusCode, v.text)
	}
	if _, cause, _ := s.lastCode(); !strings.Contains(cause, "iss is not") {
		t.Errorf("cause %q", cause)
	}
	if evil.Requests("/token") != 0 || honest.Requests("/token") != 0 || len(s.identities()) != 0 {
		t.Error("the honest code was sent")
	}
}

// A callback that is used again, with and without a session. It never leads in a circle.
func TestCallbackTwice(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) { c.DefaultPage = "/home" })
	b := newBrowser(t)
	callback := b.pause(s.URL + "/login?return_to=/notes")
	if v := b.finish(callback); v.text != "page /notes of session s1" {
		t.Fatalf("%d %s", v.StatusCode, v.text)
	}
	if v := b.finish(callback); v.text != "page /home of session s1" {
		t.Errorf("with a session: %d %s", v.StatusCode, v.text)
	}
	delete(s.sessions, "s1")
	v := b.finish(callback)
	if v.StatusCode != 400 || !strings.Contains(v.text, "Log in again") || !strings.HasSuffix(v.url, "/login/callback?again") {
		t.Errorf("without one: %d %s", v.StatusCode, v.text)
	}
	if provider.Requests("/token") != 1 || len(s.identities()) != 1 {
		t.Errorf("%d requests for tokens", provider.Requests("/token"))
	}

	// Two requests with one cookie: the provider knows that the code is used.
	callback = b.pause(s.URL + "/login")
	kept := map[string]*http.Cookie{}
	for name, c := range b.cookies[strings.TrimPrefix(s.URL, "http://")] {
		kept[name] = c
	}
	b.finish(callback)
	b.cookies[strings.TrimPrefix(s.URL, "http://")] = kept
	if v := b.finish(callback); v.StatusCode != 400 || len(s.identities()) != 2 {
		t.Errorf("a code twice: %d %s", v.StatusCode, v.text)
	}
}

// A login ends after ten minutes.
func TestCallbackTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := goodConfig()
		cfg.Endpoints = oauth.Endpoints{Authorization: "https://id.example/a", Token: "https://id.example/t"}
		cfg.UserInfo, cfg.Transport = noProfile, roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("asked") })
		c := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		for late, want := range map[time.Duration]int{10 * time.Minute: 503, 10*time.Minute + time.Second: 200 /* the page that asks again */} {
			started := mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil))
			state := mwtest.Must[*url.URL](t)(started.Location()).Query().Get("state")
			time.Sleep(late)
			r := httptest.NewRequest("GET", "/login/callback?code=x&state="+state, nil)
			r.AddCookie(started.Cookies()[0])
			res := mwtest.Do(http.HandlerFunc(c.ServeCallback), r)
			if res.StatusCode != want || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
				t.Errorf("after %v: %d, cookies %v", late, res.StatusCode, res.Cookies())
			}
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// form_post needs FormPost: with it the cookie comes with the POST of another site.
func TestFormPost(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) { c.FormPost = true })
	b := newBrowser(t)
	if v := b.open(s.URL + "/login?return_to=/notes"); v.text != "page /notes of session s1" {
		t.Fatalf("%d %s", v.StatusCode, v.text)
	}
	// A response in the query is none.
	page := b.send("GET", b.send("GET", s.URL+"/login", "", "").Header.Get("Location"), "", "")
	form := url.Values{}
	for _, input := range formInput.FindAllStringSubmatch(page.text, -1) {
		form.Set(input[1], unescape(input[2]))
	}
	if v := b.finish(s.URL + "/login/callback?" + form.Encode()); v.text != "page / of session s1" || len(s.identities()) != 1 {
		t.Errorf("by GET: %d %s", v.StatusCode, v.text)
	}
	if v := b.send("POST", s.URL+"/login/callback", strings.Repeat("a=b&", 20<<10), "provider"); v.StatusCode != 400 || !strings.Contains(v.text, "not valid") {
		t.Errorf("80 KiB: %d %s", v.StatusCode, v.text)
	}
	if v := b.send("PUT", s.URL+"/login/callback", "a=b", ""); v.StatusCode != 405 || v.Header.Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d %s", v.StatusCode, v.Header.Get("Allow"))
	}
	if v := b.send("POST", s.URL+"/login/callback", form.Encode(), "provider"); v.StatusCode != 200 || len(s.identities()) != 2 {
		t.Errorf("by POST: %d %s", v.StatusCode, v.text)
	}

	without := newSite(t, provider, nil)
	if v := b.send("POST", without.URL+"/login/callback", form.Encode(), "provider"); v.StatusCode != 405 || v.Header.Get("Allow") != "GET" {
		t.Errorf("without FormPost: %d", v.StatusCode)
	}
}

// OnLogin ends the old session, and its error is the answer.
func TestOnLogin(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	b := newBrowser(t)
	b.open(s.URL + "/login")
	if v := b.open(s.URL + "/login"); v.text != "page / of session s2" {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	if ids := s.identities(); ids[0].PreviousSID != "" || ids[1].PreviousSID != "s1" || s.sessions["s1"] {
		t.Errorf("%+v", ids)
	}
	blocked := &httperr.Error{Status: 403, Code: "account_blocked", Message: "The account is blocked."}
	failing := newSite(t, provider, func(c *oauth.Config) {
		c.OnLogin = func(http.ResponseWriter, *http.Request, oauth.Identity) error { return blocked }
	})
	if v := newBrowser(t).open(failing.URL + "/login"); v.StatusCode != 403 || !strings.Contains(v.text, "account_blocked") {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	for _, r := range failing.log() {
		if events, _ := r["events"].(string); strings.Contains(events, "auth.succeeded") {
			t.Errorf("record %v", r)
		}
	}
}

// Deny gets each refusal.
func TestDeny(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, func(c *oauth.Config) {
		c.Deny = func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(418)
			_, _ = io.WriteString(w, err.Error())
		}
	})
	b := newBrowser(t)
	if v := b.open(s.URL + "/login/callback"); v.StatusCode != 418 || v.text != "login_flow_unknown" {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	b.headers.Set("Sec-Fetch-Dest", "iframe")
	if v := b.open(s.URL + "/login"); v.StatusCode != 418 || !strings.HasPrefix(v.text, "login_not_navigation") {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
}
