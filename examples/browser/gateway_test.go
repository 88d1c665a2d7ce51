package browser

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/examples/browser/chromium"
)

// service is a service behind a gateway: it reflects each Origin with credentials, and has a policy of
// its own about openers.
func service(t *testing.T) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin") // the gateway sends the same line
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<title>a page of the service</title>"))
			return
		}
		if r.URL.Path == "/early" { // httputil.ReverseProxy clears the header after an informational response
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Cross-Origin-Opener-Policy", "unsafe-none") // the gateway's policy stays
			_, _ = w.Write([]byte("early"))
			return
		}
		open(Notes()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return must(url.Parse(server.URL))
}

type gateway func(cors.Config, *url.URL) (http.Handler, error)

func (g gateway) build(t *testing.T) func(string) http.Handler {
	return func(shop string) http.Handler { return must(g(Policy(shop), service(t))) }
}

func TestGatewayOfAServiceThatReflectsOrigin(t *testing.T) {
	for _, c := range []struct {
		name       string
		gateway    gateway
		shop, evil string
	}{
		{"settled", Gateway, "200 GET of ann", "blocked"},
		// The listed page gets two lines of Access-Control-Allow-Origin, and the foreign page gets the line of the service.
		{"control", unsettled, "blocked", "200 GET of ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.gateway.build(t))
			if got := read(w.shop, w.notesURL, include); got != c.shop {
				t.Errorf("the listed page reads %q, want %q", got, c.shop)
			}
			if got := read(w.evil, w.notesURL, include); got != c.evil {
				t.Errorf("the foreign page reads %q, want %q", got, c.evil)
			}
		})
	}
}

func TestGatewayOfAServiceThatSendsEarlyHints(t *testing.T) {
	for _, c := range []struct {
		name        string
		gateway     gateway
		want, popup string
	}{
		{"settled", Gateway, "200 early", "severed"},
		{"control", unsettled, "blocked", "connected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.gateway.build(t))
			if got := read(w.shop, w.api.Origin+"/early", include); got != c.want {
				t.Errorf("the listed page reads %q, want %q", got, c.want)
			}
			if got := read(w.evil, w.api.Origin+"/early", include); got != "blocked" {
				t.Errorf("the foreign page reads %q", got)
			}
			popup := w.evil.Popup(w.api.Origin + "/early")
			if got := chromium.Run[string](popup, opener); got != c.popup {
				t.Errorf("the popup is %s, want %s", got, c.popup)
			}
		})
	}
}

// opener tells whether a popup and the page that opened it can reach each other.
const opener = `return window.opener ? 'connected' : 'severed'`

func TestGatewayOfAServiceWithTheSameOpenerPolicy(t *testing.T) {
	for _, c := range []struct {
		name    string
		gateway gateway
		want    string
	}{
		{"settled", Gateway, "severed"},
		{"control", unsettled, "connected"}, // Chromium ignores a policy in two lines
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.gateway.build(t))
			popup := w.evil.Popup(w.api.Origin + "/page")
			if got := chromium.Run[string](popup, opener); got != c.want {
				t.Errorf("the popup is %s, want %s", got, c.want)
			}
		})
	}
}
