package wiki_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/audit"
	pages "github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/examples/migrate/services/wiki"
)

// A site is a server whose build can be replaced, with one browser.
type site struct {
	*httptest.Server
	builds map[string]http.Handler
	build  string
	jar    http.CookieJar
}

func newSite(t *testing.T) *site {
	t.Helper()
	old := sessions.NewCookieStore([]byte("a key of thirty-two bytes or more"))
	store := wiki.NewStore()
	after, err := wiki.After(store, wiki.Settings{
		Sessions: new(sessionstore.Memory), Old: old, Until: time.Now().Add(time.Hour),
		Sink: audit.Func(func(context.Context, audit.Record) error { return nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{builds: map[string]http.Handler{"before": wiki.Before(store, old), "after": after}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.builds[s.build].ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	s.jar, _ = cookiejar.New(nil)
	return s
}

// do sends a request of a page of from, and returns the status and the reader of the page.
func (s *site) do(t *testing.T, method, path, form, from string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", from)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{Transport: s.Client().Transport, Jar: s.jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if _, reader, ok := strings.Cut(string(body), "seen by "); ok {
		return res.Status[:3] + " `" + reader + "`"
	}
	return res.Status[:3]
}

// A step is a request of the browser, with the answer on both sides.
type step struct{ name, method, path, form, from, want, differ string }

const login = "user=ann&password=correct+horse"

var steps = []step{
	{"the page", "GET", "/", "", "none", "200 `nobody`", ""},
	{"a wrong password", "POST", "/login", "user=ann&password=x", "same-origin", "401", ""},
	{"edit without a login", "POST", "/edit", "text=x", "same-origin", "401", ""},
	{"login", "POST", "/login", login, "same-origin", "303", ""},
	{"the page, logged in", "GET", "/", "", "none", "200 `ann`", ""},
	{"edit", "POST", "/edit", "text=hello", "same-origin", "303", ""},
	{"edit from a page of another site, with the cookie", "POST", "/edit", "text=spam", "cross-site", "303", "403"},
	{"edit with a field that is not known", "POST", "/edit", "text=hello&admin=1", "same-origin", "303", "400"},
	{"logout from a page of another site, with the cookie", "POST", "/logout", "", "cross-site", "303", "403"},
	{"logout", "POST", "/logout", "", "same-origin", "303", ""},
	{"the page after the logout", "GET", "/", "", "none", "200 `nobody`", ""},
}

func TestBothSides(t *testing.T) {
	var rows [][]string
	for _, side := range []string{"before", "after"} {
		s := newSite(t)
		s.build = side
		for _, x := range steps {
			want := x.want
			if side == "after" && x.differ != "" {
				want = x.differ
				rows = append(rows, []string{x.name, x.want, x.differ})
			}
			if got := s.do(t, x.method, x.path, x.form, x.from); got != want {
				t.Errorf("%s, %s: %s, want %s", x.name, side, got, want)
			}
		}
	}
	guesses := []string{"ten wrong passwords, then the right one"}
	for _, side := range []string{"before", "after"} {
		s := newSite(t)
		s.build = side
		for range 10 {
			s.do(t, "POST", "/login", "user=ann&password=x", "same-origin")
		}
		guesses = append(guesses, s.do(t, "POST", "/login", login, "same-origin"))
	}
	pages.Check(t, map[string]string{
		"differences": pages.Table([]string{"request", "before", "after"}, append(rows, guesses)...),
		"move":        move(t),
	})
}

// move replaces the build while a user is logged in, and takes it back.
func move(t *testing.T) string {
	t.Helper()
	s := newSite(t)
	var rows [][]string
	for _, x := range []struct{ build, name, method, path, form string }{
		{"before", "login", "POST", "/login", login},
		{"before", "the page", "GET", "/", ""},
		{"after", "edit, as the first request", "POST", "/edit", "text=hello"},
		{"after", "the page", "GET", "/", ""},
		{"before", "the page, after the rollback", "GET", "/", ""},
		{"after", "the page, after the second attempt", "GET", "/", ""},
		{"after", "logout", "POST", "/logout", ""},
		{"after", "the page", "GET", "/", ""},
	} {
		s.build = x.build
		rows = append(rows, []string{x.build, x.name, s.do(t, x.method, x.path, x.form, "same-origin")})
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.jar.Cookies(u)); n != 0 {
		t.Errorf("%d cookies after the logout", n)
	}
	return pages.Table([]string{"build", "request", "answer"}, rows...)
}
