package oauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

var cookieKey = []byte(strings.Repeat("k", 32))

// A site is an application with a login at one provider.
type site struct {
	*httptest.Server
	provider *oauthtest.Server
	login    *oauth.Client
	handle   func(pattern string, h func(http.ResponseWriter, *http.Request))
	log      func() []map[string]any // the records since the last call

	mu       sync.Mutex
	logins   []oauth.Identity
	sessions map[string]bool // by ID
}

// newSite starts a site. change may change its Config.
func newSite(t *testing.T, provider *oauthtest.Server, change func(*oauth.Config)) *site {
	t.Helper()
	mux := http.NewServeMux()
	s := &site{provider: provider, sessions: map[string]bool{}, handle: mux.HandleFunc}
	logger, log := mwtest.Log()
	s.log = log
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	s.Server = httptest.NewServer(errs.Handler(mux))
	t.Cleanup(s.Close)
	cfg := config(s, provider)
	if change != nil {
		change(&cfg)
	}
	s.login = mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
	t.Cleanup(func() { _ = s.login.Close() })
	mux.HandleFunc("/login", s.login.ServeStart)
	mux.HandleFunc("/login/callback", s.login.ServeCallback)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "page "+r.URL.RequestURI()+" of session "+s.sid(r))
	})
	return s
}

func config(s *site, provider *oauthtest.Server) oauth.Config {
	return oauth.Config{
		Issuer:       provider.URL,
		ClientID:     oauthtest.ClientID,
		ClientSecret: oauthtest.ClientSecret,
		RedirectURL:  s.URL + "/login/callback",
		CookieKeys:   [][]byte{cookieKey},
		OnLogin:      s.onLogin,
		SID:          s.sid,
	}
}

// onLogin starts a session in a cookie with SameSite=Strict.
func (s *site) onLogin(w http.ResponseWriter, _ *http.Request, id oauth.Identity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = append(s.logins, id)
	delete(s.sessions, id.PreviousSID)
	sid := "s" + strconv.Itoa(len(s.logins))
	s.sessions[sid] = true
	http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: sid, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return nil
}

func (s *site) sid(r *http.Request) string {
	c, err := r.Cookie("__Host-session")
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !s.sessions[c.Value] {
		return ""
	}
	return c.Value
}

func (s *site) identities() []oauth.Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]oauth.Identity(nil), s.logins...)
}

// A browser keeps cookies by host and port, and sends them as SameSite says.
type browser struct {
	t       *testing.T
	cookies map[string]map[string]*http.Cookie
	headers http.Header // of each request
}

func newBrowser(t *testing.T) *browser {
	return &browser{t: t, cookies: map[string]map[string]*http.Cookie{}, headers: http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}}
}

// A view is a page of a browser.
type view struct {
	*http.Response
	url  string
	text string
}

// send sends one request. from is the origin of the page that has caused it, "" for the user.
func (b *browser) send(method, target, form, from string) view {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header = b.headers.Clone()
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	crossSite := from != "" && from != req.URL.Host
	for _, c := range b.cookies[req.URL.Host] {
		if !crossSite || c.SameSite == http.SameSiteNoneMode || c.SameSite == http.SameSiteLaxMode && method == http.MethodGet {
			req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.keep(req.URL.Host, res.Cookies())
	return view{res, target, string(text)}
}

func (b *browser) keep(host string, cookies []*http.Cookie) {
	if b.cookies[host] == nil {
		b.cookies[host] = map[string]*http.Cookie{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(b.cookies[host], c.Name)
		} else {
			b.cookies[host][c.Name] = c
		}
	}
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
	formInput  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// open opens a page as the user does, and follows redirects, forms and Refresh. A chain that
// passes through another site stays cross-site until a page of its own begins a new one.
func (b *browser) open(target string) view {
	b.t.Helper()
	return b.follow(b.send(http.MethodGet, target, "", ""), "")
}

func (b *browser) follow(v view, from string) view {
	b.t.Helper()
	for range 12 {
		at, err := url.Parse(v.url)
		if err != nil {
			b.t.Fatal(err)
		}
		switch action := formAction.FindStringSubmatch(v.text); {
		case v.Header.Get("Location") != "":
			next := resolve(b.t, at, v.Header.Get("Location"))
			if next.Host != at.Host && from == "" {
				from = at.Host
			}
			v = b.send(http.MethodGet, next.String(), "", chain(from, next.Host, at.Host))
		case action != nil:
			form := url.Values{}
			for _, input := range formInput.FindAllStringSubmatch(v.text, -1) {
				form.Set(input[1], unescape(input[2]))
			}
			v = b.send(http.MethodPost, resolve(b.t, at, action[1]).String(), form.Encode(), at.Host)
			from = at.Host
		case v.Header.Get("Refresh") != "":
			_, next, _ := strings.Cut(v.Header.Get("Refresh"), "url=")
			v = b.send(http.MethodGet, resolve(b.t, at, next).String(), "", at.Host)
			from = ""
		default:
			return v
		}
	}
	b.t.Fatal("the browser is led in a circle")
	return v
}

// chain returns the site that a redirect counts as coming from.
func chain(from, next, at string) string {
	if from == next { // back at the first site, after a foreign one
		return at
	}
	return from
}

func resolve(t *testing.T, base *url.URL, ref string) *url.URL {
	t.Helper()
	u, err := base.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(s)
}

// pause opens the login and stops before the callback, whose URL it returns.
func (b *browser) pause(start string) (callback string) {
	b.t.Helper()
	v := b.send(http.MethodGet, start, "", "")
	if v.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("the login does not begin: %d %s", v.StatusCode, v.text)
	}
	v = b.send(http.MethodGet, v.Header.Get("Location"), "", "")
	return v.Header.Get("Location")
}

// finish opens a callback as a redirect from the provider.
func (b *browser) finish(callback string) view {
	b.t.Helper()
	return b.follow(b.send(http.MethodGet, callback, "", "provider"), "provider")
}
