package site

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A stage is a site and its provider, which know each other.
type stage struct {
	provider *oauthtest.Server
	origin   string
	site     *Site
}

func newStage(t *testing.T) *stage {
	t.Helper()
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	provider := oauthtest.New()
	t.Cleanup(provider.Close)
	provider.Change(func(s *oauthtest.Settings) {
		s.User["sid"] = "provider-session-1"
		s.RedirectURIs, s.PostLogoutURIs = []string{srv.URL + "/login/callback"}, []string{srv.URL + "/"}
		s.BackChannelURI = srv.URL + "/backchannel-logout"
	})
	s := mwtest.Must[*Site](t)(New(Config{
		Origin: srv.URL, Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret,
		CookieKey: []byte(strings.Repeat("k", 32)),
	}))
	t.Cleanup(func() { _ = s.Close() })
	handler = s.Handler
	return &stage{provider, srv.URL, s}
}

// newSession gives the user another session at the provider, as a login there does.
func (s *stage) newSession(sid string) {
	s.provider.Change(func(set *oauthtest.Settings) { set.User["sid"] = sid })
}

// A browser is a client with cookies.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	jar := mwtest.Must[*cookiejar.Jar](t)(cookiejar.New(nil))
	return &browser{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// A screen is what a browser shows.
type screen struct {
	*http.Response
	at, text string
}

func (b *browser) send(method, target string, form url.Values, origin string) screen {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text := mwtest.Must[[]byte](b.t)(io.ReadAll(res.Body))
	return screen{res, target, string(text)}
}

// open opens a page, and follows redirects and Refresh until a page stays. until ends it before
// a URL with this prefix.
func (b *browser) open(target, until string) screen {
	b.t.Helper()
	return b.follow(b.send(http.MethodGet, target, nil, ""), until)
}

func (b *browser) follow(v screen, until string) screen {
	b.t.Helper()
	for range 12 {
		next := v.Header.Get("Location")
		if _, refresh, ok := strings.Cut(v.Header.Get("Refresh"), "url="); ok {
			next = refresh
		}
		if next == "" {
			return v
		}
		at := mwtest.Must[*url.URL](b.t)(url.Parse(v.at))
		to := mwtest.Must[*url.URL](b.t)(at.Parse(next)).String()
		if until != "" && strings.HasPrefix(to, until) {
			v.at = to
			return v
		}
		v = b.send(http.MethodGet, to, nil, "")
	}
	b.t.Fatal("the browser is led in a circle")
	return v
}
