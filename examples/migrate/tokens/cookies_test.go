package tokens

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/sessions"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

// A swap is a server whose handler is replaced, as a new build replaces the old one.
type swap struct {
	handler http.Handler
	*httptest.Server
}

func newSwap(t *testing.T) *swap {
	s := &swap{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	return s
}

// A browser keeps its cookies, and says from which site a request comes.
type browser struct {
	http.Client
	base string
}

func newBrowser(s *swap) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{http.Client{Transport: s.Client().Transport, Jar: jar}, s.URL}
}

func (b *browser) do(t *testing.T, method, path, site string) string {
	t.Helper()
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, b.base+path, strings.NewReader("user=ann")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	res := must[*http.Response](t)(b.Do(r))
	defer res.Body.Close()
	var body [64]byte
	n, _ := res.Body.Read(body[:])
	if res.StatusCode != http.StatusOK || n == 0 {
		return res.Status[:3]
	}
	return "200 `" + string(body[:n]) + "`"
}

// copied returns a second browser with the cookies that the first has now, as a thief has them.
func (b *browser) copied(t *testing.T) *browser {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	u := must[*url.URL](t)(url.Parse(b.base))
	jar.SetCookies(u, b.Jar.Cookies(u))
	return &browser{http.Client{Transport: b.Transport, Jar: jar}, b.base}
}

// oldCookies moves a site from each peer, with a user who is logged in.
func oldCookies(t *testing.T) map[string]string {
	store := sessions.NewCookieStore([]byte("a key of thirty-two bytes or more"))
	manager := scs.New()
	outputs := map[string]string{}
	for name, peer := range map[string]struct {
		before http.Handler
		old    OldSession
	}{
		"gorilla": {gorillaBefore(store), gorillaOld(store)},
		"scs":     {scsBefore(manager), scsOld(manager)},
	} {
		s := newSwap(t)
		var table [][]string
		sides := map[string][]string{}
		for _, side := range []string{"before", "after"} {
			s.handler = peer.before
			if side == "after" {
				s.handler = must[http.Handler](t)(cookiesAfter(new(sessionstore.Memory), peer.old, time.Now().Add(time.Hour)))
			}
			b := newBrowser(s)
			b.do(t, "POST", "/login", "same-origin")
			column := []string{b.do(t, "GET", "/", "same-origin"), b.do(t, "POST", "/", "same-origin"),
				b.do(t, "POST", "/", "cross-site"), b.do(t, "POST", "/", "same-site")}
			thief := b.copied(t)
			b.do(t, "POST", "/logout", "same-origin")
			sides[side] = append(column, b.do(t, "GET", "/", "same-origin"), thief.do(t, "GET", "/", "same-origin"))
		}
		for i, what := range []string{"a page after the login", "POST from the same origin", "POST from another site, with the cookie",
			"POST from a sibling host, with the cookie", "a page after the logout", "a copy of the cookie, after the logout"} {
			table = append(table, []string{what, sides["before"][i], sides["after"][i]})
		}
		outputs[name] = page.Table([]string{"request", "before", "after"}, table...)
		outputs[name+"-move"] = moved(t, s, peer.before, peer.old)
	}
	return outputs
}

// moved replaces the build while a user is logged in, and back again.
func moved(t *testing.T, s *swap, before http.Handler, old OldSession) string {
	var rows [][]string
	step := func(what, answer string) { rows = append(rows, []string{what, answer}) }
	s.handler = before
	b := newBrowser(s)
	b.do(t, "POST", "/login", "same-origin")
	step("a page of the build of before, logged in", b.do(t, "GET", "/", "same-origin"))
	forger := b.copied(t)
	after := must[http.Handler](t)(cookiesAfter(new(sessionstore.Memory), old, time.Now().Add(time.Hour)))
	s.handler = after
	step("POST of another site with the old cookie, new build", forger.do(t, "POST", "/", "cross-site"))
	s.handler = before
	b = newBrowser(s)
	b.do(t, "POST", "/login", "same-origin")
	copied, late := b.copied(t), newBrowser(s)
	late.do(t, "POST", "/login", "same-origin")
	s.handler = after
	step("the same page of the new build: the session is adopted", b.do(t, "GET", "/", "same-origin"))
	step("again, with the new cookie", b.do(t, "GET", "/", "same-origin"))
	step("a copy of the old cookie, after that", copied.do(t, "GET", "/", "same-origin"))
	s.handler = must[http.Handler](t)(cookiesAfter(new(sessionstore.Memory), old, time.Now().Add(-time.Hour)))
	step("an old cookie after the date", late.do(t, "GET", "/", "same-origin"))
	s.handler = before
	step("back to the build of before, with the new cookie", b.do(t, "GET", "/", "same-origin"))
	b = newBrowser(s)
	b.do(t, "POST", "/login", "same-origin")
	both := old
	both.Keep = true
	s.handler = must[http.Handler](t)(cookiesAfter(new(sessionstore.Memory), both, time.Now().Add(time.Hour)))
	step("with `Keep`: new build", b.do(t, "GET", "/", "same-origin"))
	kept := s.handler
	s.handler = before
	step("and back to the build of before", b.do(t, "GET", "/", "same-origin"))
	s.handler = kept
	step("forward again: the logout", b.do(t, "POST", "/logout", "same-origin"))
	step("the page after the logout", b.do(t, "GET", "/", "same-origin"))
	return page.Table([]string{"step", "answer"}, rows...)
}
