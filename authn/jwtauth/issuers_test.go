package jwtauth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// rival is a second issuer. Its keys have the same kid.
const rival = "https://rival.example"

func severalIssuers(s *signer) jwtauth.Config {
	cfg := config(s)
	cfg.Issuer, cfg.Keys = "", nil
	cfg.Issuers = map[string]jwks.Source{
		issuer:                  jwks.Static(s.key()),
		rival:                   jwks.Static(otherSigners()[s.alg].key()),
		"https://third.example": jwks.Static(signers()[0].key(), jwks.Key{ID: "other", Algorithm: jwks.EdDSA, Public: signers()[2].public}),
	}
	return cfg
}

// setIssuer makes a token whose iss is an issuer.
func setIssuer(iss string) func(*signer) string { return setClaim("iss", quote(iss)) }

func TestSeveralIssuers(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := build(t, severalIssuers(s))
		for iss, by := range map[string]*signer{issuer: s, rival: otherSigners()[s.alg]} {
			p, err := v.Verify(context.Background(), setIssuer(iss)(by))
			if err != nil || p.Issuer != iss || p.Subject != "ann" {
				t.Errorf("%s: %+v, %v", iss, p, err)
			}
		}
	})
}

// A key of one issuer never verifies a token of another.
func TestKeysBelongToTheirIssuer(t *testing.T) {
	stranger := func(f func(*signer) string) func(*signer) string {
		return func(s *signer) string { return f(otherSigners()[s.alg]) }
	}
	other := func(s *signer) string { // not the algorithm of the key
		o := signers()[1]
		if s.alg == o.alg {
			o = signers()[2]
		}
		return o.token(o.header().json(), claims().with("iss", quote(rival)).json())
	}
	eachSigner(t, func(t *testing.T, s *signer) {
		site := newSite(t, build(t, severalIssuers(s)))
		for _, a := range []attack{
			{"the rival's own", stranger(setIssuer(rival)), nil},
			{"signed by the rival, iss of the issuer", stranger(setIssuer(issuer)), jwtauth.ErrSignature},
			{"signed by the issuer, iss of the rival", setIssuer(rival), jwtauth.ErrSignature},
			{"with another algorithm", other, jwtauth.ErrAlgorithm},
			{"kid of the third", editHeader(func(o object) object { return o.with("kid", `"other"`) }), jwks.ErrUnknownKey},
			{"unknown issuer", setIssuer("https://evil.example"), jwtauth.ErrIssuer},
			{"unknown issuer, forged", stranger(setIssuer("https://evil.example")), jwtauth.ErrIssuer},
			{"iss swapped", editToken(func(s *signer, good string) string { return swapPayload(good, claims().with("iss", quote(rival))) }), jwtauth.ErrSignature},
			{"iss swapped for an unknown one", editToken(func(s *signer, good string) string { return swapPayload(good, claims().with("iss", `"x"`)) }), jwtauth.ErrIssuer},
			{"iss twice", editClaims(func(o object) object { return o.add("iss", quote(rival)) }), jwtauth.ErrMalformed},
			{"iss twice, the same", editClaims(func(o object) object { return o.add("iss", quote(issuer)) }), jwtauth.ErrMalformed},
			{"iss twice, first", stranger(editClaims(func(o object) object { return o.prepend("iss", quote(rival)) })), jwtauth.ErrMalformed},
			{"iss twice, with an escape", editClaims(func(o object) object { return o.add(`\u0069ss`, quote(rival)) }), jwtauth.ErrMalformed},
			{"ISS beside it", editClaims(func(o object) object { return o.add("ISS", quote(rival)) }), jwtauth.ErrMalformed},
			{"ISS in front, of the rival", stranger(editClaims(func(o object) object { return o.prepend("ISS", quote(rival)) })), jwtauth.ErrMalformed},
			{"a long s in it", editClaims(func(o object) object { return o.add("i\u017fs", quote(rival)) }), jwtauth.ErrMalformed},
			{"array of both", setClaim("iss", `["`+issuer+`","`+rival+`"]`), jwtauth.ErrIssuer},
			{"iss in the header", editHeader(func(o object) object { return o.add("iss", quote(rival)) }), nil},
			{"iss with an escape", setClaim("iss", `"https:\/\/issuer.example"`), nil},
			{"expired, forged", stranger(editClaims(func(o object) object { return o.with("exp", "1700000000").with("iat", "1699999000") })), jwtauth.ErrSignature},
			{"another audience, forged", stranger(setClaim("aud", `"x"`)), jwtauth.ErrSignature},
		} {
			t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
		}
	})
}

func swapPayload(token string, o object) string {
	parts := splitToken(token)
	return parts[0] + "." + encode(o.json()) + "." + parts[2]
}

// An issuer that is not configured cannot make the service call a source.
func TestUnknownIssuerIsNotLookedUp(t *testing.T) {
	s := signers()[2]
	a, b := &fakeSource{key: s.key()}, &fakeSource{key: s.key()}
	cfg := severalIssuers(s)
	cfg.Issuers = map[string]jwks.Source{issuer: a, rival: b}
	v := build(t, cfg)
	for _, raw := range []string{`"x"`, quote(issuer + "/"), "null", "1", `""`, `["` + issuer + `"]`} {
		if _, err := v.Verify(context.Background(), setClaim("iss", raw)(s)); !errors.Is(err, jwtauth.ErrIssuer) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, f := range []func(*signer) string{deleteClaim("iss"), withPayload("{"), editClaims(func(o object) object { return o.add("iss", quote(issuer)) })} {
		if _, err := v.Verify(context.Background(), f(s)); !errors.Is(err, authn.ErrInvalid) {
			t.Error(err)
		}
	}
	if a.calls+b.calls != 0 {
		t.Errorf("called %d and %d times", a.calls, b.calls)
	}
	if _, err := v.Verify(context.Background(), setIssuer(rival)(s)); err != nil || a.calls != 0 || b.calls != 1 || b.issuer != rival {
		t.Errorf("%v; called %d and %d times, last for %q", err, a.calls, b.calls, b.issuer)
	}
}

// The outage of one issuer does not affect another.
func TestOutageOfOneIssuer(t *testing.T) {
	s := signers()[2]
	cfg := severalIssuers(s)
	cfg.Issuers[rival] = &fakeSource{err: errors.New("down")}
	m := newMiddleware(t, build(t, cfg), "")
	for iss, status := range map[string]int{issuer: 200, rival: 503, "x": 401} {
		w := httptest.NewRecorder()
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, requestWith(bearer(setIssuer(iss)(s))))
		if w.Code != status {
			t.Errorf("%s: %d", iss, w.Code)
		}
	}
}

// A single issuer is treated alike in Issuer and in Issuers.
func TestIssuersWithOneIssuer(t *testing.T) {
	s := signers()[2]
	src := &fakeSource{key: s.key()}
	cfg := config(s)
	cfg.Issuer, cfg.Keys, cfg.Issuers = "", nil, map[string]jwks.Source{issuer: src}
	v := build(t, cfg)
	cfg.Issuers[rival] = src // New has copied the map
	if _, err := v.Verify(context.Background(), s.good()); err != nil {
		t.Error(err)
	}
	_, err := v.Verify(context.Background(), otherSigners()[s.alg].token(s.header().json(), "{"))
	if !errors.Is(err, jwtauth.ErrSignature) {
		t.Errorf("the claims of a forged token were read: %v", err)
	}
	if _, err := v.Verify(context.Background(), setIssuer(rival)(s)); !errors.Is(err, jwtauth.ErrIssuer) || src.issuer != issuer {
		t.Errorf("%v, the source was called for %q", err, src.issuer)
	}
}

// A client sees the same refusal for every fault of a token.
func TestIssuerDecidesNoRefusal(t *testing.T) {
	s := signers()[2]
	m := newMiddleware(t, build(t, severalIssuers(s)), "notes")
	var first http.Header
	for _, token := range []string{setIssuer("x")(s), setIssuer(rival)(s), otherSigners()[s.alg].good(), withPayload("{")(s), deleteClaim("iss")(s), "x.y.z"} {
		w := httptest.NewRecorder()
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, requestWith(bearer(token)))
		w.Header().Del("X-Correlation-ID")
		if first == nil {
			first = w.Header()
		}
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != first.Get("WWW-Authenticate") || w.Header().Get("Content-Length") != first.Get("Content-Length") {
			t.Errorf("%d %v, want as %v", w.Code, w.Header(), first)
		}
	}
}

// Only headers of signed tokens are cached, and at most four of them.
func TestForgedHeadersAreNotCached(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := build(t, severalIssuers(s))
		for _, forged := range []string{otherSigners()[s.alg].good(), setIssuer(rival)(s), setIssuer("x")(s), s.good()[:40], setHeader("alg", `"none"`)(s), setHeader("kid", `"x"`)(s)} {
			if _, err := v.Verify(t.Context(), forged); !errors.Is(err, authn.ErrInvalid) || jwtauth.CachedHeaders(v) != 0 {
				t.Fatalf("%v, and %d headers are cached", err, jwtauth.CachedHeaders(v))
			}
		}
		for i := range 9 {
			for range 2 {
				if _, err := v.Verify(t.Context(), setHeader("x", at(time.Unix(int64(i), 0)))(s)); err != nil || jwtauth.CachedHeaders(v) != min(i+1, 4) {
					t.Fatalf("%v, and %d headers are cached", err, jwtauth.CachedHeaders(v))
				}
			}
		}
		// The cached header does not change the issuer of the key.
		if _, err := v.Verify(t.Context(), setIssuer(rival)(s)); !errors.Is(err, jwtauth.ErrSignature) {
			t.Error(err)
		}
	})
}
