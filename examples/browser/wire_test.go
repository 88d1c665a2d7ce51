package browser

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/browser/chromium"
	"github.com/go-sallyport/sallyport/headers"
)

// After one visit over HTTPS, Chromium goes to no name of the site over HTTP any more.
func TestStrictTransportSecurity(t *testing.T) {
	off := headers.API()
	off.StrictTransportSecurity = headers.Off
	for _, c := range []struct {
		name string
		cfg  headers.Config
		want string
	}{
		{"site", headers.API(), "https:"},
		{"control", off, "http:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site, sub := b.Site("shop.test"), b.Site("www.shop.test")
			handler := must(headers.New(c.cfg)).Handler(Notes())
			site.Serve(handler)
			sub.Serve(handler)
			tab := b.Tab()
			visit := func(s *chromium.Site) string {
				// The server answers HTTP on its port for TLS with a 400, which Chromium shows.
				tab.Open(strings.Replace(s.Origin, "https:", "http:", 1) + "/notes")
				return chromium.Run[string](tab, `return location.protocol`)
			}
			if got := visit(site); got != "http:" {
				t.Fatalf("before the first visit: %s", got)
			}
			tab.Open(site.Origin + "/notes")
			for _, s := range []*chromium.Site{site, sub} {
				if got := visit(s); got != c.want {
					t.Errorf("%s is visited over %s, want %s", s.Host, got, c.want)
				}
			}
		})
	}
}
