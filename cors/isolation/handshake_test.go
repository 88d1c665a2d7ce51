package isolation_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Chromium 156 sends a WebSocket handshake without Sec-Fetch fields.
func TestHandshakesWithoutFetchMetadata(t *testing.T) {
	m := mustNew(t, isolation.Config{})
	for _, tc := range []struct {
		name, url, upgrade string
		origins            []string
		pass               bool
	}{
		{"the page", "https://host.example/", "websocket", []string{"https://host.example"}, true},
		{"the page, with a port", "https://host.example:8443/", "websocket", []string{"https://host.example:8443"}, true},
		{"a host in another case", "https://HOST.example/", "WebSocket", []string{"https://host.example"}, true},
		{"a program", "https://host.example/", "websocket", nil, true},
		{"plain HTTP", "http://host.example/", "websocket", []string{"http://host.example"}, true},
		{"TLS ends before the server", "http://host.example/", "websocket", []string{"https://host.example"}, true},
		{"another site", "https://host.example/", "websocket", []string{"https://evil.example"}, false},
		{"another site, with a list", "https://host.example/", "h2c, websocket", []string{"https://evil.example"}, false},
		{"another port", "https://host.example/", "websocket", []string{"https://host.example:8443"}, false},
		{"a page that the network can change", "https://host.example/", "websocket", []string{"http://host.example"}, false},
		{"a suffix", "https://host.example/", "websocket", []string{"https://evilhost.example"}, false},
		{"null", "https://host.example/", "websocket", []string{"null"}, false},
		{"empty", "https://host.example/", "websocket", []string{""}, false},
		{"two lines", "https://host.example/", "websocket", []string{"https://host.example", "https://evil.example"}, false},
		{"no handshake", "https://host.example/", "h2c", []string{"https://evil.example"}, true},
	} {
		r := request("GET", "/")
		r.Host = strings.TrimSuffix(tc.url[strings.Index(tc.url, "://")+3:], "/")
		if strings.HasPrefix(tc.url, "http:") {
			r.TLS = nil
		}
		r.Header.Set("Upgrade", tc.upgrade)
		r.Header["Origin"] = tc.origins
		if err := m.Check(r); (err == nil) != tc.pass {
			t.Errorf("%s: %v", tc.name, err)
		}
		// A trusted proxy may tell another host than the connection to the server.
		rec, proxied := carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) {
			f.Host, f.Scheme = r.Host, map[bool]string{true: "https", false: "http"}[r.TLS != nil]
		})
		proxied.Host, proxied.TLS = "10.0.0.1", nil
		if err := m.Check(proxied); (err == nil) != tc.pass {
			t.Errorf("%s, behind a proxy: %v", tc.name, err)
		}
	}
	h2 := request("CONNECT", "/", "Origin", "https://evil.example")
	h2.Header[":protocol"] = []string{"websocket"}
	if err := m.Check(h2); !errors.Is(err, isolation.ErrCrossSite) {
		t.Errorf("HTTP/2: %v", err)
	}
}

// A handshake of another site is refused before the handler can answer 101.
func TestHandshakeOverTheWire(t *testing.T) {
	spy := &mwtest.Spy{}
	h := mustNew(t, isolation.Config{}).Handler(spy)
	res, record := send(t, h, "GET", "/ws", "Upgrade", "websocket", "Origin", "https://evil.example", "Cookie", "session=1")
	if res.StatusCode != 403 || spy.Calls() != 0 || record.Cause == nil {
		t.Errorf("%d, %d calls, %+v", res.StatusCode, spy.Calls(), record)
	}
	// net/http.CrossOriginProtection lets it pass.
	if res, _ := send(t, http.NewCrossOriginProtection().Handler(spy), "GET", "/ws", "Upgrade", "websocket",
		"Origin", "https://evil.example"); res.StatusCode != 200 || spy.Calls() != 1 {
		t.Errorf("the standard library refuses it as well: %d", res.StatusCode)
	}
}

// AllowSameSite means the same for a handshake without Sec-Fetch fields.
func TestHandshakesOfTheSite(t *testing.T) {
	m := mustNew(t, isolation.Config{AllowSameSite: true})
	for _, tc := range []struct {
		host, origin string
		pass         bool
	}{
		{"ws.app.example", "https://app.example", true},
		{"WS.app.example:8443", "https://www.app.example", true},
		{"localhost:8443", "https://localhost:5173", true},
		{"127.0.0.1:8443", "https://127.0.0.1:5173", true},
		{"[::1]:8443", "https://[::1]", true},
		{"ws.app.example", "http://app.example", false},
		{"ws.app.example", "https://evil.example", false},
		{"ws.app.example", "https://evilapp.example", false},
		{"ann.github.io", "https://bob.github.io", false},
		{"ann.github.io", "https://github.io", false},
		{"10.0.0.1", "https://192.0.0.1", false},
		{"[::1]", "https://[::2]", false},
		{"app.example", "https://", false},
		{"app.example", "null", false},
	} {
		r := request("GET", "/", "Upgrade", "websocket", "Origin", tc.origin)
		r.Host = tc.host
		if err := m.Check(r); (err == nil) != tc.pass {
			t.Errorf("%s to %s: %v", tc.origin, tc.host, err)
		}
	}
}
