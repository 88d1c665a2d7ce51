package jwtauth_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"net/http/httptest"
	"path/filepath"
	"testing"
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
	calls       int
	onKey       func()
}

func (s *fakeSource) Key(ctx context.Context, issuer, kid string) (jwks.Key, error) {
	s.calls++
	s.issuer, s.kid = issuer, kid
	if s.onKey != nil {
		s.onKey()
	}
	return s.key, s.err
}

func TestCustomSource(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		src := &fakeSource{key: s.key()}
		cfg := config(s)
		cfg.Keys = src
		v := build(t, cfg)
		if _, err := v.Verify(context.Background(), s.good()); err != nil {
			t.Fatal(err)
		}
		if src.issuer != issuer || src.kid != kid {
			t.Errorf("called for %q of %q", src.kid, src.issuer)
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
			cfg.Keys = &fakeSource{key: tc.key, err: tc.err}
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

// If the client leaves during the call of the source, the error is not an outage.
func TestCancelledRequest(t *testing.T) {
	s := signers()[2]
	ctx, cancel := context.WithCancel(context.Background())
	cfg := config(s)
	cfg.Keys = &fakeSource{err: fmt.Errorf("get: %w", context.Canceled), onKey: cancel}
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
	cfg.Keys = src
	v := build(t, cfg)
	for _, h := range []object{
		s.header().with("alg", `"none"`), s.header().with("alg", `"HS256"`), s.header().with("typ", `"JWT"`), s.header().without("kid"),
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
		"jwtauth: Keys.Path: is empty; ":                       jwks.File(""),
		"jwtauth: Keys: was not made by Remote or NewRemote; ": &jwks.RemoteKeys{},
		"jwtauth: Keys: is nil; ":                              (*jwks.RemoteKeys)(nil),
		"":                                                     jwks.Remote("https://issuer.example/keys"),
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
	strong := jwks.InsecureSharedSecrets(map[string][]byte{kid: []byte("hunter2-hunter2-hunter2-hunter2-")})
	cfg := config(signers()[0])
	cfg.Keys = borrowSelfCheck(jwks.InsecureSharedSecrets(map[string][]byte{kid: weak}), strong.(interface{ SelfCheck() jwa.SelfCheck }).SelfCheck())
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
