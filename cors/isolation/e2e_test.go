package isolation_test

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// In the documented order the two packages let a listed origin do the same as cors alone, and
// no other origin.
func TestBesideCORS(t *testing.T) {
	xo := mustCORS(t, cors.Config{Origins: []string{app}, Credentials: true, Methods: []string{"PUT"}})
	with := func(cfg isolation.Config) (http.Handler, *mwtest.Spy) {
		spy := &mwtest.Spy{}
		return xo.Handler(mustNew(t, cfg).Handler(spy)), spy
	}
	fetch := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}
	for _, tc := range []struct {
		name   string
		cfg    isolation.Config
		origin string
		path   string
		status int
	}{
		{"a listed origin", isolation.Config{Allow: allowing(xo)}, app, "/", 200},
		{"a listed origin, without Allow", isolation.Config{}, app, "/", 403},
		{"another origin", isolation.Config{Allow: allowing(xo)}, "https://evil.example", "/", 403},
		{"the null origin", isolation.Config{Allow: allowing(xo)}, "null", "/", 403},
		{"an exempt route", isolation.Config{Exempt: []string{"/api/"}}, app, "/api/notes", 200},
	} {
		for _, method := range []string{"GET", "PUT"} {
			h, spy := with(tc.cfg)
			res, _ := send(t, h, method, tc.path, append(fetch, "Origin", tc.origin)...)
			if res.StatusCode != tc.status || (spy.Calls() == 1) != (tc.status == 200) {
				t.Errorf("%s, %s: %d, %d calls", tc.name, method, res.StatusCode, spy.Calls())
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); (got == app) != (tc.origin == app) {
				t.Errorf("%s, %s: Access-Control-Allow-Origin %q", tc.name, method, got)
			}
		}
	}

	// cors answers the preflight, which has Sec-Fetch-Site too.
	h, spy := with(isolation.Config{Allow: allowing(xo)})
	res, _ := send(t, h, "OPTIONS", "/", append(fetch, "Origin", app, "Access-Control-Request-Method", "PUT")...)
	if res.StatusCode != http.StatusNoContent || spy.Calls() != 0 {
		t.Errorf("preflight: %d", res.StatusCode)
	}

	// An image or a script without CORS carries no Origin, so that cors allows nothing.
	h, _ = with(isolation.Config{Allow: allowing(xo)})
	if res, _ := send(t, h, "GET", "/", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"); res.StatusCode != 403 {
		t.Errorf("an image: %d", res.StatusCode)
	}

	// The same decision serves WebSocket handshakes.
	for origin, want := range map[string]int{app: 200, "https://evil.example": 403} {
		h, _ := with(isolation.Config{Allow: allowing(xo)})
		if res, _ := send(t, h, "GET", "/ws", "Upgrade", "websocket", "Origin", origin); res.StatusCode != want {
			t.Errorf("a handshake of %s: %d", origin, res.StatusCode)
		}
	}
}
