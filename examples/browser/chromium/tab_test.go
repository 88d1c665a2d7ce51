package chromium

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// jar answers with the cookie of the request, and sets the cookie that the query names.
var jar = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if value := r.URL.Query().Get("set"); value != "" {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: value, Secure: true})
	}
	fmt.Fprint(w, r.Header.Get("Cookie"))
})

const text = `return document.body.innerText`

func TestTwelveTabsShareOneProfile(t *testing.T) {
	b := Start(t)
	site := b.Site("shop.test")
	site.Serve(jar)
	first := b.Tab()
	first.Open(site.Origin + "/?set=one")
	tabs := []*Tab{first}
	for len(tabs) < 12 {
		tabs = append(tabs, first.Another())
	}
	for i, tab := range tabs {
		tab.Open(site.Origin + "/")
		if got := Run[string](tab, text); got != "seen=one" {
			t.Errorf("tab %d sends the cookie %q", i, got)
		}
	}
	other := b.Tab()
	other.Open(site.Origin + "/")
	if got := Run[string](other, text); got != "" {
		t.Errorf("a tab of another profile sends the cookie %q", got)
	}
}

func TestRunReturnsJSON(t *testing.T) {
	tab := Start(t).Tab()
	got := Run[map[string][]int](tab, `return {sums: [args[0] + args[1], args.length]}`, 2, 3)
	if fmt.Sprint(got) != "map[sums:[5 2]]" {
		t.Errorf("got %v", got)
	}
}

// A page that goes on to another page takes the scripts that run in it along.
func TestUntil(t *testing.T) {
	b := Start(t)
	site := b.Site("shop.test")
	site.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			w.Header().Set("Refresh", "0; url=/second")
		}
		fmt.Fprint(w, r.URL.Path)
	}))
	tab := b.Tab()
	tab.Open(site.Origin + "/first")
	tab.Until(`return location.pathname === args[0]`, "/second")
}

func TestPopup(t *testing.T) {
	b := Start(t)
	shop, other := b.Site("shop.test"), b.Site("other.test")
	shop.Serve(jar)
	other.Serve(sites)
	tab := b.Tab()
	tab.Open(shop.Origin + "/")
	if got := Run[string](tab.Popup(other.Origin+"/"), text); got != "cross-site" {
		t.Errorf("the popup shows %q", got)
	}
}

func TestScreenshot(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pictures")
	t.Setenv("SCREENSHOTS", folder)
	t.Run("one", func(t *testing.T) { Start(t).Tab() })
	picture, err := os.ReadFile(filepath.Join(folder, "TestScreenshot-one-1.png"))
	if os.Getenv("CHROMIUM") == "" {
		t.Skip("no CHROMIUM in the environment; run: make browser")
	}
	if err != nil || !strings.HasPrefix(string(picture), "\x89PNG") {
		t.Errorf("%.10q, %v", picture, err)
	}
}
