package jwtauth_test

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
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

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// fakeSource returns the same result for every call and records the last arguments.
type fakeSource struct {
	key         jwks.Key
	err         error
	issuer, kid string
	alg         string
	calls       int
	onKey       func()
}

func (s *fakeSource) Key(ctx context.Context, issuer, kid, alg string) (jwks.Key, error) {
	s.calls++
	s.issuer, s.kid, s.alg = issuer, kid, alg
	if s.onKey != nil {
		s.onKey()
	}
	return s.key, s.err
}

func TestCustomSource(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		src := &fakeSource{key: s.key()}
		cfg := config(s)
		cfg.Issuers[0].Keys = src
		v := build(t, cfg)
		if _, err := v.Verify(context.Background(), s.good()); err != nil {
			t.Fatal(err)
		}
		if src.issuer != issuer || src.kid != kid || src.alg != string(s.alg) {
			t.Errorf("called for %q with %q of %q", src.kid, src.alg, src.issuer)
		}
	})
}

// A source that fails, or returns an invalid key, does not decide about the token.
func TestSourceFaults(t *testing.T) {
	s := signers()[0]
	weak := s.key()
	weak.Public = &rsa.PublicKey{N: big.NewInt(15), E: 3}
	other := s.key()
	other.ID = "other"
	wrong := s.key()
	wrong.Algorithm = jwks.ES256
	for name, tc := range map[string]struct {
		key    jwks.Key
		err    error
		status int
		code   string
	}{
		"unknown":          {err: jwks.ErrUnknownKey, status: 401, code: "invalid_credentials"},
		"unknown, wrapped": {err: fmt.Errorf("cache: %w", jwks.ErrUnknownKey), status: 401, code: "invalid_credentials"},
		"outage":           {err: errors.New("dial tcp 10.0.0.1: hunter2"), status: 503, code: "authentication_unavailable"},
		"deadline":         {err: context.DeadlineExceeded, status: 503, code: "authentication_unavailable"},
		"its own cancel":   {err: context.Canceled, status: 503, code: "authentication_unavailable"},
		"empty key":        {status: 503, code: "authentication_unavailable"},
		"weak key":         {key: weak, status: 503, code: "authentication_unavailable"},
		"key of other ID":  {key: other, status: 503, code: "authentication_unavailable"},
		"wrong algorithm":  {key: wrong, status: 503, code: "authentication_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.Issuers[0].Keys = &fakeSource{key: tc.key, err: tc.err}
			m := newMiddleware(t, build(t, cfg), "")
			r := requestWith(bearer(s.good()))
			w, spy := httptest.NewRecorder(), &mwtest.Spy{}
			m.Handler(spy).ServeHTTP(w, r)
			mwtest.Refused(t, w.Result(), tc.status, tc.code)
			if spy.Calls() != 0 {
				t.Error("next ran")
			}
			if challenge, after := w.Header().Get("WWW-Authenticate"), w.Header().Get("Retry-After"); (challenge == "") != (tc.status == 503) || (after == "") != (tc.status == 401) {
				t.Errorf("WWW-Authenticate %q, Retry-After %q", challenge, after)
			}
		})
	}
}

// A token without kid is verified if the issuer has one key for its algorithm.
func TestWithoutKeyID(t *testing.T) {
	r, e, d := signers()[0], signers()[1], signers()[2]
	key := func(id string, s *signer) jwks.Key { return jwks.Key{ID: id, Algorithm: s.alg, Public: s.public} }
	noKid := editHeader(func(o object) object { return o.without("kid") })
	for name, tc := range map[string]struct {
		keys  []jwks.Key
		by    *signer
		want  error
		cause string
	}{
		"one key":                     {[]jwks.Key{key("a", d)}, d, nil, ""},
		"one for each algorithm":      {[]jwks.Key{key("a", r), key("b", e), key("c", d)}, e, nil, ""},
		"two of another algorithm":    {[]jwks.Key{key("a", d), key("b", otherSigners()[d.alg]), key("c", e)}, e, nil, ""},
		"two, as during a change":     {[]jwks.Key{key("a", d), key("b", otherSigners()[d.alg])}, d, jwks.ErrUnknownKey, "kid is not there, and the issuer has more than one key for alg (Config.Issuers[0].Keys)"},
		"no key for the algorithm":    {[]jwks.Key{key("a", r)}, d, jwks.ErrUnknownKey, ""},
		"another key of the same alg": {[]jwks.Key{key("a", otherSigners()[d.alg])}, d, jwtauth.ErrSignature, ""},
	} {
		cfg := config(d)
		cfg.Issuers[0].Keys = jwks.Static(tc.keys...)
		cfg.Cache = 8
		v := build(t, cfg)
		for range 2 {
			_, err := v.Verify(t.Context(), noKid(tc.by))
			if !errors.Is(err, tc.want) || err != nil && (!errors.Is(err, authn.ErrInvalid) || !strings.HasSuffix(err.Error(), tc.cause)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// RFC 9864 gave EdDSA with Ed25519 the name Ed25519.
func TestEd25519(t *testing.T) {
	d := signers()[2]
	src := &fakeSource{key: d.key()}
	cfg := config(d)
	cfg.Issuers[0].Keys = src
	if _, err := build(t, cfg).Verify(t.Context(), setHeader("alg", `"Ed25519"`)(d)); err != nil || src.alg != "EdDSA" {
		t.Errorf("%v, called with %q", err, src.alg)
	}
	for _, s := range signers()[:2] {
		if _, err := build(t, config(s)).Verify(t.Context(), setHeader("alg", `"Ed25519"`)(s)); !errors.Is(err, jwtauth.ErrAlgorithm) {
			t.Error(err)
		}
	}
	for _, alg := range []string{"ed25519", "Ed448", "Ed25519ph"} {
		if _, err := build(t, config(d)).Verify(t.Context(), setHeader("alg", quote(alg))(d)); !errors.Is(err, jwtauth.ErrAlgorithm) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// If the client leaves during the call of the source, the error is not an outage.
func TestCancelledRequest(t *testing.T) {
	s := signers()[2]
	ctx, cancel := context.WithCancel(context.Background())
	cfg := config(s)
	cfg.Issuers[0].Keys = &fakeSource{err: fmt.Errorf("get: %w", context.Canceled), onKey: cancel}
	_, err := build(t, cfg).Verify(ctx, s.good())
	if !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// A client without a valid header must not be able to cause requests to the issuer.
func TestRefusedHeaderAsksNoSource(t *testing.T) {
	s := signers()[2]
	src := &fakeSource{key: s.key()}
	cfg := config(s)
	cfg.Issuers[0].Keys = src
	v := build(t, cfg)
	for _, h := range []object{
		s.header().with("alg", `"none"`), s.header().with("alg", `"HS256"`), s.header().with("typ", `"JWT"`),
		s.header().with("kid", quote(string(make([]byte, 129)))), s.header().add("crit", `["exp"]`),
	} {
		if _, err := v.Verify(context.Background(), s.token(h.json(), claims().json())); !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v", h.json(), err)
		}
	}
	if src.calls != 0 {
		t.Errorf("called %d times", src.calls)
	}
}

// New reports the faults of a source of package jwks together with all others, as faults
// of Keys.
func TestSourcesReportTheirFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := jwtauth.New(jwtauth.Config{Keys: jwks.File(path)})
	mwtest.Faults(t, err, "jwtauth: Issuer: ", "jwtauth: Audience: ", `jwtauth: Keys.Path: "`+path+`": cannot be read: `)
	_, err = jwtauth.New(jwtauth.Config{Keys: jwks.Remote("http://issuer.example")})
	mwtest.Faults(t, err, "jwtauth: Issuer: ", "jwtauth: Audience: ", "jwtauth: Keys.URL: is not https")
	for want, source := range map[string]jwks.Source{
		"jwtauth: Keys.Path: is empty; ":                                 jwks.File(""),
		"jwtauth: Keys: was not made by Remote, Discover or NewRemote; ": &jwks.RemoteKeys{},
		"jwtauth: Keys: is nil; ":                                        (*jwks.RemoteKeys)(nil),
		"":                                                               jwks.Remote("https://issuer.example/keys"),
	} {
		_, err = jwtauth.New(jwtauth.Config{Issuer: "i", Audience: []string{"a"}, Keys: source})
		if want == "" && err != nil {
			t.Error(err)
		} else if want != "" {
			mwtest.Faults(t, err, want)
		}
	}
}

// selfChecked is a custom source that returns the SelfCheck of another source.
type selfChecked[T any] struct {
	jwks.Source
	self T
}

func (s selfChecked[T]) SelfCheck() T { return s.self }

func borrowSelfCheck[T any](s jwks.Source, self T) jwks.Source { return selfChecked[T]{s, self} }

// A source that returns the SelfCheck of another source cannot hide a weak secret from
// New: a secret with a fault verifies nothing.
func TestBorrowedSelfCheck(t *testing.T) {
	weak := []byte("abc")
	strong := sharedSecret(kid, []byte("hunter2-hunter2-hunter2-hunter2-"))
	cfg := config(signers()[0])
	cfg.Issuers[0].Keys = borrowSelfCheck(sharedSecret(kid, weak), strong.(interface{ SelfCheck() jwa.SelfCheck }).SelfCheck())
	v := build(t, cfg)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": issuer, "sub": "mallory", "aud": audience, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "jti": "1"})
	token.Header["typ"], token.Header["kid"] = "at+jwt", kid
	text, err := token.SignedString(weak)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := v.Verify(t.Context(), text); err == nil {
		t.Errorf("a token under a secret of 3 bytes is accepted: %+v", p)
	}
}

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
	cfg.Issuers[0].Keys = keys
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
