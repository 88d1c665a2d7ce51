package chromium

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Chromium must verify certificates: a kit that switched this off would prove nothing about TLS.
func TestCertificateOfAnotherKeyIsRefused(t *testing.T) {
	b := Start(t)
	site, foreign := b.Site("shop.test"), b.Site("shop.test")
	site.Serve(jar)
	foreign.serve(newKeys(t), jar)
	tab := b.Tab()
	tab.Open(site.Origin + "/")
	if err := tab.TryOpen(foreign.Origin + "/"); err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("error %v", err)
	}
}

func TestNamesAreSites(t *testing.T) {
	b := Start(t)
	shop, www, other := b.Site("shop.test"), b.Site("www.shop.test"), b.Site("other.test")
	for _, s := range []*Site{shop, www, other} {
		s.Serve(sites)
	}
	tab := b.Tab()
	tab.Open(shop.Origin + "/")
	for target, want := range map[*Site]string{shop: "same-origin", www: "same-site", other: "cross-site"} {
		got := Run[string](tab, `return (await fetch(args[0])).text()`, target.Origin)
		if got != want {
			t.Errorf("from %s to %s: %q, want %q", shop.Origin, target.Origin, got, want)
		}
	}
}

// sites tells every page how Chromium relates the page to the server.
var sites = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	fmt.Fprint(w, r.Header.Get("Sec-Fetch-Site"))
})
