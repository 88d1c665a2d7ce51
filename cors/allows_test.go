package cors_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// handshake returns a WebSocket handshake from origin with the cookie of a user.
func handshake(origin string, cookie bool) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://api.example.com/ws", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if cookie {
		r.Header.Set("Cookie", "sid=1")
	}
	return r
}

// A handshake from any page passes CORS and CrossOriginProtection, so Allows must stop it.
func TestAllows(t *testing.T) {
	listed, bare := mustNew(t, withCredentials(app)), mustNew(t, withOrigins(app))
	public := mustNew(t, cors.Config{AllowAnyOrigin: true})
	const evil = "https://evil.test"
	for _, tc := range []struct {
		name string
		m    *cors.Middleware
		r    *http.Request
		want bool
	}{
		{"a program", listed, handshake("", false), true},
		{"the service's own page", listed, handshake("https://api.example.com", true), true},
		{"its page over plain HTTP", listed, handshake("http://api.example.com", true), false},
		{"a listed page", listed, handshake(app, true), true},
		{"a foreign page", listed, handshake(evil, true), false},
		{"a foreign page without a cookie", listed, handshake(evil, false), false},
		{"a sandboxed page", listed, handshake("null", true), false},
		{"a listed page that may not send cookies", bare, handshake(app, true), false},
		{"the same without a cookie", bare, handshake(app, false), true},
		{"any page with a cookie", public, handshake(evil, true), false},
		{"any page without a cookie", public, handshake(evil, false), true},
	} {
		if got := tc.m.Allows(tc.r); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	basic, certificate, bearer := handshake(evil, false), handshake(evil, false), handshake(evil, false)
	basic.Header.Set("Authorization", "Basic dTpw")
	certificate.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	bearer.Header.Set("Authorization", "bearer t")
	if public.Allows(basic) || public.Allows(certificate) || !public.Allows(bearer) {
		t.Error("credentials of the browser pass without Credentials, or the token of a program does not")
	}
	two := handshake(app, true)
	two.Header["Origin"] = []string{app, app}
	if listed.Allows(two) {
		t.Error("two Origin fields")
	}
	spy := &mwtest.Spy{}
	protection, err := listed.CrossOriginProtection()
	if err != nil {
		t.Fatal(err)
	}
	listed.Handler(protection.Handler(spy)).ServeHTTP(httptest.NewRecorder(), handshake(evil, true))
	if spy.Calls() != 1 {
		t.Error("a foreign handshake stops before the handler, so the doc of Allows is wrong")
	}
	plain := handshake("http://api.example.com:8080", true)
	plain.Host, plain.TLS = "api.example.com:8080", nil
	if !listed.Allows(plain) {
		t.Error("its own page on a port over plain HTTP")
	}
	onDefaultPort := handshake("https://api.example.com", true)
	onDefaultPort.Host, onDefaultPort.TLS = "API.example.com:443", new(tls.ConnectionState)
	if !listed.Allows(onDefaultPort) {
		t.Error("the default port in Host")
	}
}

func TestCrossOriginProtection(t *testing.T) {
	protection, err := mustNew(t, withCredentials(app, "http://localhost:3000")).CrossOriginProtection()
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{app: true, "http://localhost:3000": true, "https://evil.test": false} {
		r := httptest.NewRequest(http.MethodPost, "https://api.example.com/", nil)
		r.Header.Set("Origin", origin)
		if err := protection.Check(r); (err == nil) != want {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for want, cfg := range map[string]cors.Config{
		"set Config.Credentials":                           withOrigins(app),
		`cannot trust the pattern "https://*.example.com"`: withCredentials("https://*.example.com"),
	} {
		if _, err := mustNew(t, cfg).CrossOriginProtection(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
