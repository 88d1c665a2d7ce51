package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/browser/chromium"
)

// The ways in which a page makes the browser send a request to another origin.
const (
	byFetch = `await fetch(args[0], {mode: 'no-cors', credentials: 'include'}); return ''`
	byPost  = `await fetch(args[0], {mode: 'no-cors', credentials: 'include', method: 'POST'}); return ''`
	byImage = `await image(args[0]); return ''`
	byFrame = frame
)

// kinds returns the SameSite of the cookies of a request, by their names.
func kinds(e exchange) string {
	var found []string
	for name, kind := range map[string]string{"__Host-Http-session": "lax", "__Host-Http-refresh": "strict", "open": "none"} {
		if slices.ContainsFunc(strings.Split(e.cookie, "; "), func(c string) bool { return strings.HasPrefix(c, name+"=") }) {
			found = append(found, kind)
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// accounts is a browser with a user who has logged in, and pages of the same origin, of another host
// of the same site, and of another site.
type accounts struct {
	own, sibling, evil *chromium.Tab
	url                string
	log                *journal
}

func newAccounts(t *testing.T) *accounts {
	t.Helper()
	b := chromium.Start(t)
	shop, sibling, evil := b.Site("shop.test"), b.Site("blog.shop.test"), b.Site("evil.test")
	a := &accounts{url: shop.Origin + "/account", log: new(journal)}
	mux := http.NewServeMux()
	mux.Handle("/", must(Accounts()))
	mux.Handle("/page", Page())
	mux.HandleFunc("/open", func(w http.ResponseWriter, _ *http.Request) { // the control: a cookie for all sites
		http.SetCookie(w, &http.Cookie{Name: "open", Value: "1", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode})
	})
	shop.Serve(a.log.around(mux))
	sibling.Serve(Page())
	evil.Serve(Page())

	a.own = b.Tab()
	a.own.Open(shop.Origin + "/page")
	login := `await fetch('/open'); return (await fetch('/login', {method: 'POST'})).status`
	if status := chromium.Run[int](a.own, login); status != http.StatusOK {
		t.Fatalf("the login is answered with %d", status)
	}
	// The other pages are in the same profile, so they share its cookies.
	a.sibling, a.evil = a.own.Another(), a.own.Another()
	a.sibling.Open(sibling.Origin + "/")
	a.evil.Open(evil.Origin + "/")
	return a
}

func TestSameSite(t *testing.T) {
	a := newAccounts(t)
	visit := func(tab *chromium.Tab) { tab.Popup(a.url) }
	by := func(script string) func(*chromium.Tab) {
		return func(tab *chromium.Tab) { chromium.Run[string](tab, script, a.url) }
	}
	for _, c := range []struct {
		name   string
		tab    *chromium.Tab
		send   func(*chromium.Tab)
		want   string // the cookies that are sent, by their SameSite; SameSite=None is the control
		status int
	}{
		{"navigation from the same origin", a.own, visit, "lax none strict", 200},
		{"navigation from a sibling", a.sibling, visit, "lax none strict", 200},
		{"navigation from another site", a.evil, visit, "lax none", 200},
		{"fetch from the same origin", a.own, by(byFetch), "lax none strict", 200},
		{"fetch from a sibling", a.sibling, by(byFetch), "lax none strict", 200},
		{"fetch from another site", a.evil, by(byFetch), "none", 401},
		{"image on another site", a.evil, by(byImage), "none", 401},
		{"frame on another site", a.evil, by(byFrame), "none", 401},
		{"form of the same origin", a.own, by(post), "lax none strict", 200},
		// The cookie is there, because a sibling is the same site: the library refuses by the origin.
		{"post from a sibling", a.sibling, by(byPost), "lax none strict", 403},
		{"post from another site", a.evil, by(byPost), "none", 401},
		{"form of another site", a.evil, by(post), "none", 401},
	} {
		c.send(c.tab)
		sent := a.log.take("/account")
		if len(sent) != 1 || kinds(sent[0]) != c.want || sent[0].status != c.status {
			t.Errorf("%s: %+v, want the cookies %s and status %d", c.name, sent, c.want, c.status)
		}
	}
}

// A script of the page, which an attacker may have brought in, can neither read nor replace the
// cookies of a session. The cookie open is the control.
func TestScriptAndSessionCookies(t *testing.T) {
	a := newAccounts(t)
	if got := chromium.Run[string](a.own, `return document.cookie`); got != "open=1" {
		t.Errorf("the script reads %q", got)
	}
	got := chromium.Run[string](a.own, `
		for (const name of ['__Host-Http-session', '__Host-Http-refresh', 'open'])
			document.cookie = name + '=forged; Secure; Path=/'
		await fetch(args[0])
		return document.cookie`, a.url)
	if got != "open=forged" {
		t.Errorf("the script reads %q after it wrote its own", got)
	}
	sent := a.log.take("/account")
	if len(sent) != 1 || sent[0].status != http.StatusOK || strings.Count(sent[0].cookie, "forged") != 1 {
		t.Errorf("%+v: the cookies of the session must be as before", sent)
	}
}
