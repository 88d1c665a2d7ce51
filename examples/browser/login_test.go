package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/examples/browser/chromium"
	"github.com/go-sallyport/sallyport/examples/login/site"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

var cookieKey = []byte(strings.Repeat("k", 32))

// visit is a tab at the site of examples/login, and its provider, which is another site.
type visit struct {
	b        *chromium.Browser
	tab      *chromium.Tab
	origin   string
	provider *oauthtest.Server
}

func newVisit(t *testing.T) *visit {
	t.Helper()
	b, provider := chromium.Start(t), oauthtest.New()
	t.Cleanup(provider.Close)
	notes := b.Site("notes.test")
	s := must(site.New(site.Config{
		Origin: notes.Origin, Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret, CookieKey: cookieKey,
	}))
	t.Cleanup(func() { _ = s.Close() })
	notes.Serve(s.Handler)
	back := httptest.NewServer(s.Handler) // the provider does not know the names of Chromium
	t.Cleanup(back.Close)
	provider.Change(func(set *oauthtest.Settings) {
		set.User["sid"] = "provider-session-1"
		set.RedirectURIs, set.PostLogoutURIs = []string{notes.Origin + "/login/callback"}, []string{notes.Origin + "/"}
		set.BackChannelURI = back.URL + "/backchannel-logout"
	})
	return &visit{b, b.Tab(), notes.Origin, provider}
}

// await waits until the tab is at a path of the site, with or without a user.
func (v *visit) await(tab *chromium.Tab, path, user string) {
	tab.Until(`return location.origin === args[0] && location.pathname === args[1] && document.readyState === 'complete' &&
		(document.getElementById('user')?.textContent ?? '') === args[2]`, v.origin, path, user)
}

// A user logs in from a private page, writes a note, and logs out here and at the provider.
func TestLogin(t *testing.T) {
	v := newVisit(t)
	_ = v.tab.TryOpen(v.origin + "/notes") // by way of the provider
	v.await(v.tab, "/notes", "Ann")
	chromium.Run[any](v.tab, `document.getElementById('text').value = 'milk'; setTimeout(() => document.getElementById('add').click())`)
	v.tab.Until(`return document.querySelector('li')?.textContent === 'milk'`)
	if focused := chromium.Run[string](v.tab, `return document.activeElement.id`); focused != "text" {
		t.Errorf("the script of the page did not run: the focus is at %q", focused)
	}
	chromium.Run[any](v.tab, `setTimeout(() => document.getElementById('logout').click())`)
	v.await(v.tab, "/", "")
	if n := v.provider.Requests("/logout"); n != 1 {
		t.Errorf("%d logouts at the provider", n)
	}
	if refused := v.provider.Refused(); len(refused) > 0 {
		t.Errorf("the provider has refused %q", refused)
	}
	for _, said := range v.tab.Console() {
		if !strings.Contains(said, "Permissions-Policy") { // of features that this Chromium does not know
			t.Errorf("Chromium says %q", said)
		}
	}
}

// The tabs of one profile that begin a login together all finish it.
func TestLoginInTabs(t *testing.T) {
	v := newVisit(t)
	v.tab.Open(v.origin + "/")
	tabs := []*chromium.Tab{v.tab, v.tab.Another(), v.tab.Another(), v.tab.Another(), v.tab.Another()}
	for _, tab := range tabs[1:] {
		tab.Open(v.origin + "/")
	}
	for _, tab := range tabs { // all begin before the first one has finished
		chromium.Run[any](tab, `setTimeout(() => location.href = '/notes?tab')`)
	}
	for _, tab := range tabs {
		v.await(tab, "/notes", "Ann")
	}
}

// A login does not begin in a frame, nor by a script.
func TestLoginIsANavigation(t *testing.T) {
	v := newVisit(t)
	v.tab.Open(v.origin + "/")
	if status := chromium.Run[int](v.tab, `return (await fetch('/login')).status`); status != http.StatusUnauthorized {
		t.Errorf("by a script: %d", status)
	}
	evil := v.b.Site("evil.test")
	evil.Serve(Page())
	tab := v.b.Tab()
	tab.Open(evil.Origin + "/")
	chromium.Run[string](tab, frame, v.origin+"/login")
	if n := v.provider.Requests("/authorize"); n != 0 {
		t.Errorf("%d logins have begun", n)
	}
	chromium.Run[any](tab, `setTimeout((to) => location.href = to, 0, args[0])`, v.origin+"/login?return_to=/notes") // the control
	v.await(tab, "/notes", "Ann")
}

// After a logout at the provider, the next page has no user.
func TestBackChannelLogout(t *testing.T) {
	v := newVisit(t)
	_ = v.tab.TryOpen(v.origin + "/notes")
	v.await(v.tab, "/notes", "Ann")
	if status, err := v.provider.Logout(t.Context()); status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	v.tab.Open(v.origin + "/")
	v.await(v.tab, "/", "")
}

// askUser puts a page before the login at the provider. The navigation that comes back then
// begins at the provider, as with a real one.
func askUser(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/authorize" || r.URL.Query().Has("asked") {
		return false
	}
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<script>setTimeout(() => location.href += '&asked')</script>")
	return true
}

// A cookie with SameSite=Strict that the callback sets reaches the page after it. Along a redirect,
// the control, it does not.
func TestStrictCookieAfterLogin(t *testing.T) {
	for _, c := range []struct {
		name     string
		redirect bool
		want     string
	}{{"a page", false, "with a session"}, {"a redirect", true, "without a session"}} {
		t.Run(c.name, func(t *testing.T) {
			b, provider := chromium.Start(t), oauthtest.New()
			defer provider.Close()
			provider.Change(func(set *oauthtest.Settings) { set.Hostile = askUser })
			notes := b.Site("notes.test")
			login := must(oauth.New(oauth.Config{
				Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret,
				RedirectURL: notes.Origin + "/login/callback", CookieKeys: [][]byte{cookieKey},
				OnLogin: func(w http.ResponseWriter, _ *http.Request, _ oauth.Identity) error {
					http.SetCookie(w, &http.Cookie{Name: "__Host-s", Value: "1", Path: "/", Secure: true, SameSite: http.SameSiteStrictMode})
					return nil
				},
			}))
			defer login.Close()
			mux := http.NewServeMux()
			mux.HandleFunc("/login", login.ServeStart)
			mux.HandleFunc("/login/callback", func(w http.ResponseWriter, r *http.Request) {
				if !c.redirect {
					login.ServeCallback(w, r)
					return
				}
				page := httptest.NewRecorder()
				login.ServeCallback(page, r)
				w.Header()["Set-Cookie"] = page.Header()["Set-Cookie"]
				http.Redirect(w, r, "/", http.StatusSeeOther)
			})
			mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
				text := "with a session"
				if _, err := r.Cookie("__Host-s"); err != nil {
					text = "without a session"
				}
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, "<p id=text>"+text)
			})
			notes.Serve(mux)
			tab := b.Tab()
			_ = tab.TryOpen(notes.Origin + "/login")
			tab.Until(`return location.pathname === '/' && document.getElementById('text') !== null`)
			if got := chromium.Run[string](tab, `return document.getElementById('text').textContent`); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
