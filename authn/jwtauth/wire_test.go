package jwtauth_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// jwks returns the JWK Set of the issuer s, with its one key.
func (s *signer) jwks(t *testing.T) string {
	t.Helper()
	issuer, ok := map[jwks.Algorithm]string{
		jwks.ES256: `{"kty":"EC","crv":"P-256","kid":"` + kid + `",`,
		jwks.EdDSA: `{"kty":"OKP","crv":"Ed25519","kid":"` + kid + `",`,
		jwks.RS256: `{"kty":"RSA","e":"AQAB","kid":"` + kid + `",`,
	}[s.alg]
	if !ok {
		t.Fatal(s.alg)
	}
	der, err := x509.MarshalPKIXPublicKey(s.public)
	if err != nil {
		t.Fatal(err)
	}
	switch s.alg { // the DER ends with the key; for RSA it ends with the modulus and the exponent
	case jwks.ES256:
		return `{"keys":[` + issuer + `"x":"` + encode(string(der[len(der)-64:len(der)-32])) + `","y":"` + encode(string(der[len(der)-32:])) + `"}]}`
	case jwks.EdDSA:
		return `{"keys":[` + issuer + `"x":"` + encode(string(der[len(der)-32:])) + `"}]}`
	}
	return `{"keys":[` + issuer + `"n":"` + encode(string(der[len(der)-5-256:len(der)-5])) + `"}]}`
}

// newRequester returns a function that sends a token to a Middleware with the keys of a
// source.
func newRequester(t *testing.T, s *signer, keys jwks.Source) func(token string) *http.Response {
	t.Helper()
	cfg := config(s)
	cfg.Keys = keys
	m := newMiddleware(t, build(t, cfg), "")
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(token string) *http.Response { return mwtest.Do(h, requestWith(bearer(token))) }
}

// issuerStub is an issuer without a network. An empty text is an outage.
type issuerStub struct{ text atomic.Pointer[string] }

func (s *issuerStub) publish(text string) { s.text.Store(&text) }

func (s *issuerStub) RoundTrip(r *http.Request) (*http.Response, error) {
	text := *s.text.Load()
	if text == "" {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// During an outage, users stay logged in, and a token that cannot be verified is never
// called invalid.
func TestOutageOverTheWire(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		synctest.Test(t, func(t *testing.T) {
			issuer := &issuerStub{}
			issuer.publish("")
			keys := mwtest.Must[*jwks.RemoteKeys](t)(jwks.NewRemote(jwks.RemoteConfig{URL: "https://issuer.example/keys?secret=hunter2", Transport: issuer, MaxStale: time.Hour}))
			do := newRequester(t, s, keys)
			unavailable := func(token string) {
				t.Helper()
				res := do(token)
				if res.Header.Get("Retry-After") == "" || res.Header.Get("WWW-Authenticate") != "" {
					t.Errorf("%v", res.Header)
				}
				mwtest.Refused(t, res, 503, "authentication_unavailable")
			}
			unavailable(s.good())
			time.Sleep(10 * time.Second)
			issuer.publish(s.jwks(t))
			other := s.token(s.header().with("kid", `"other"`).json(), claims().json())
			if res := do(s.good()); res.StatusCode != 200 {
				t.Fatal(res.Status)
			}
			mwtest.Refused(t, do(other), 401, "invalid_credentials")
			issuer.publish("")
			for range 20 {
				time.Sleep(2 * time.Minute)
				if res := do(s.good()); res.StatusCode != 200 {
					t.Error(res.Status)
				}
			}
			unavailable(other)
			time.Sleep(21 * time.Minute)
			unavailable(s.good())
			unavailable(other)
			issuer.publish(s.jwks(t))
			time.Sleep(10 * time.Second)
			if res := do(s.good()); res.StatusCode != 200 {
				t.Error(res.Status)
			}
			_ = keys.Close()
			unavailable(s.good())
		})
	})
}

// Each kind of key works from an endpoint over TLS and from a file.
func TestKeySourcesOverTheWire(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s.jwks(t)) }))
		defer server.Close()
		keys := mwtest.Must[*jwks.RemoteKeys](t)(jwks.NewRemote(jwks.RemoteConfig{URL: server.URL, Transport: server.Client().Transport}))
		defer func() { _ = keys.Close() }()
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(s.jwks(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, source := range map[string]jwks.Source{"JWKS": keys, "KeyFile": jwks.File(path)} {
			do := newRequester(t, s, source)
			if res := do(s.good()); res.StatusCode != 200 {
				t.Errorf("%s: %s", name, res.Status)
			}
			mwtest.Refused(t, do(s.token(s.header().with("kid", `"other"`).json(), claims().json())), 401, "invalid_credentials")
		}
		// An untrusted certificate is refused with either transport.
		for _, transport := range []http.RoundTripper{nil, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}} {
			stranger := mwtest.Must[*jwks.RemoteKeys](t)(jwks.NewRemote(jwks.RemoteConfig{URL: server.URL, Transport: transport}))
			mwtest.Refused(t, newRequester(t, s, stranger)(s.good()), 503, "authentication_unavailable")
			if err := stranger.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Error(err)
			}
			_ = stranger.Close()
		}
	})
}

// An error of net/http contains the whole URL, and an error about an invalid proxy
// contains the password of the proxy.
func TestErrorsHideTheQuery(t *testing.T) {
	for name, transport := range map[string]http.RoundTripper{
		"outage": func() *issuerStub { s := &issuerStub{}; s.publish(""); return s }(),
		"proxy":  &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("user", "hunter2")})},
	} {
		keys := mwtest.Must[*jwks.RemoteKeys](t)(jwks.NewRemote(jwks.RemoteConfig{URL: "https://issuer.example/keys?secret=hunter2", Transport: transport}))
		err := keys.Ready(t.Context())
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "https://issuer.example/keys: ") {
			t.Errorf("%s: %v", name, err)
		}
		_ = keys.Close()
	}
}
