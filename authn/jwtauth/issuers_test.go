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

// rival is a second issuer, whose keys bear the same kid.
const rival = "https://rival.example"

func severalIssuers(s *signer) jwtauth.Config {
	cfg := config(s)
	cfg.Issuer, cfg.Keys = "", nil
	cfg.Issuers = map[string]jwks.Source{
		issuer:                  jwks.Static(s.key()),
		rival:                   jwks.Static(strangers()[s.alg].key()),
		"https://third.example": jwks.Static(signers()[0].key(), jwks.Key{ID: "other", Algorithm: jwks.EdDSA, Public: signers()[2].public}),
	}
	return cfg
}

// from is a token that says it is of an issuer.
func from(iss string) func(*signer) string { return claim("iss", quote(iss)) }

func TestSeveralIssuers(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := build(t, severalIssuers(s))
		for iss, by := range map[string]*signer{issuer: s, rival: strangers()[s.alg]} {
			p, err := v.Verify(context.Background(), from(iss)(by))
			if err != nil || p.Issuer != iss || p.Subject != "ann" {
				t.Errorf("%s: %+v, %v", iss, p, err)
			}
		}
	})
}

// A key of one issuer never verifies what says that it is of another.
func TestKeysBelongToTheirIssuer(t *testing.T) {
	stranger := func(f func(*signer) string) func(*signer) string {
		return func(s *signer) string { return f(strangers()[s.alg]) }
	}
	other := func(s *signer) string { // another algorithm than that of the key
		o := signers()[1]
		if s.alg == o.alg {
			o = signers()[2]
		}
		return o.token(o.header().json(), claims().with("iss", quote(rival)).json())
	}
	eachSigner(t, func(t *testing.T, s *signer) {
		site := newSite(t, build(t, severalIssuers(s)))
		for _, a := range []attack{
			{"the rival's own", stranger(from(rival)), nil},
			{"of the rival, says issuer", stranger(from(issuer)), jwtauth.ErrSignature},
			{"of the issuer, says rival", from(rival), jwtauth.ErrSignature},
			{"with another algorithm", other, jwtauth.ErrAlgorithm},
			{"kid of the third", headAs(func(o object) object { return o.with("kid", `"other"`) }), jwks.ErrUnknownKey},
			{"unknown issuer", from("https://evil.example"), jwtauth.ErrIssuer},
			{"unknown issuer, forged", stranger(from("https://evil.example")), jwtauth.ErrIssuer},
			{"iss swapped", changed(func(s *signer, good string) string { return swapPayload(good, claims().with("iss", quote(rival))) }), jwtauth.ErrSignature},
			{"iss swapped for an unknown one", changed(func(s *signer, good string) string { return swapPayload(good, claims().with("iss", `"x"`)) }), jwtauth.ErrIssuer},
			{"iss twice", claimsAs(func(o object) object { return o.plus("iss", quote(rival)) }), jwtauth.ErrMalformed},
			{"iss twice, the same", claimsAs(func(o object) object { return o.plus("iss", quote(issuer)) }), jwtauth.ErrMalformed},
			{"iss twice, first", stranger(claimsAs(func(o object) object { return o.first("iss", quote(rival)) })), jwtauth.ErrMalformed},
			{"iss twice, with an escape", claimsAs(func(o object) object { return o.plus(`\u0069ss`, quote(rival)) }), jwtauth.ErrMalformed},
			{"ISS beside it", claimsAs(func(o object) object { return o.plus("ISS", quote(rival)) }), jwtauth.ErrMalformed},
			{"ISS in front, of the rival", stranger(claimsAs(func(o object) object { return o.first("ISS", quote(rival)) })), jwtauth.ErrMalformed},
			{"a long s in it", claimsAs(func(o object) object { return o.plus("i\u017fs", quote(rival)) }), jwtauth.ErrMalformed},
			{"array of both", claim("iss", `["`+issuer+`","`+rival+`"]`), jwtauth.ErrIssuer},
			{"iss in the header", headAs(func(o object) object { return o.plus("iss", quote(rival)) }), nil},
			{"iss with an escape", claim("iss", `"https:\/\/issuer.example"`), nil},
			{"expired, forged", stranger(claimsAs(func(o object) object { return o.with("exp", "1700000000").with("iat", "1699999000") })), jwtauth.ErrSignature},
			{"another audience, forged", stranger(claim("aud", `"x"`)), jwtauth.ErrSignature},
		} {
			t.Run(a.name, func(t *testing.T) { site.attack(t, s, a, nil) })
		}
	})
}

func swapPayload(token string, o object) string {
	parts := splitToken(token)
	return parts[0] + "." + encode(o.json()) + "." + parts[2]
}

// Whoever is not configured cannot make the service ask anybody.
func TestUnknownIssuerIsNotLookedUp(t *testing.T) {
	s := signers()[2]
	a, b := &source{key: s.key()}, &source{key: s.key()}
	cfg := severalIssuers(s)
	cfg.Issuers = map[string]jwks.Source{issuer: a, rival: b}
	v := build(t, cfg)
	for _, raw := range []string{`"x"`, quote(issuer + "/"), "null", "1", `""`, `["` + issuer + `"]`} {
		if _, err := v.Verify(context.Background(), claim("iss", raw)(s)); !errors.Is(err, jwtauth.ErrIssuer) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, f := range []func(*signer) string{noClaim("iss"), payload("{"), claimsAs(func(o object) object { return o.plus("iss", quote(issuer)) })} {
		if _, err := v.Verify(context.Background(), f(s)); !errors.Is(err, authn.ErrInvalid) {
			t.Error(err)
		}
	}
	if a.asked+b.asked != 0 {
		t.Errorf("asked %d and %d times", a.asked, b.asked)
	}
	if _, err := v.Verify(context.Background(), from(rival)(s)); err != nil || a.asked != 0 || b.asked != 1 || b.issuer != rival {
		t.Errorf("%v; asked %d and %d times, last for %q", err, a.asked, b.asked, b.issuer)
	}
}

// The outage of one issuer is not that of another.
func TestOutageOfOneIssuer(t *testing.T) {
	s := signers()[2]
	cfg := severalIssuers(s)
	cfg.Issuers[rival] = &source{err: errors.New("down")}
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(t, cfg)}})
	if err != nil {
		t.Fatal(err)
	}
	for iss, status := range map[string]int{issuer: 200, rival: 503, "x": 401} {
		w := httptest.NewRecorder()
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, requestWith(bearer(from(iss)(s))))
		if w.Code != status {
			t.Errorf("%s: %d", iss, w.Code)
		}
	}
}

// One issuer is judged alike, whichever field it is in.
func TestIssuersOfOne(t *testing.T) {
	s := signers()[2]
	src := &source{key: s.key()}
	cfg := config(s)
	cfg.Issuer, cfg.Keys, cfg.Issuers = "", nil, map[string]jwks.Source{issuer: src}
	v := build(t, cfg)
	cfg.Issuers[rival] = src // copied
	if _, err := v.Verify(context.Background(), s.good()); err != nil {
		t.Error(err)
	}
	_, err := v.Verify(context.Background(), strangers()[s.alg].token(s.header().json(), "{"))
	if !errors.Is(err, jwtauth.ErrSignature) {
		t.Errorf("the claims of a forged token were read: %v", err)
	}
	if _, err := v.Verify(context.Background(), from(rival)(s)); !errors.Is(err, jwtauth.ErrIssuer) || src.issuer != issuer {
		t.Errorf("%v, asked for %q", err, src.issuer)
	}
}

// Whatever is wrong with a token, a client sees one and the same refusal.
func TestIssuerDecidesNoRefusal(t *testing.T) {
	s := signers()[2]
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(t, severalIssuers(s))}, Realm: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	var first http.Header
	for _, token := range []string{from("x")(s), from(rival)(s), strangers()[s.alg].good(), payload("{")(s), noClaim("iss")(s), "x.y.z"} {
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

// Headers are remembered of what is signed, and of four at most.
func TestForgersLeaveNoHeader(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := build(t, severalIssuers(s))
		for _, forged := range []string{strangers()[s.alg].good(), from(rival)(s), from("x")(s), s.good()[:40], head("alg", `"none"`)(s), head("kid", `"x"`)(s)} {
			if _, err := v.Verify(t.Context(), forged); !errors.Is(err, authn.ErrInvalid) || jwtauth.KnownHeaders(v) != 0 {
				t.Fatalf("%v, and %d headers are known", err, jwtauth.KnownHeaders(v))
			}
		}
		for i := range 9 {
			for range 2 {
				if _, err := v.Verify(t.Context(), head("x", at(time.Unix(int64(i), 0)))(s)); err != nil || jwtauth.KnownHeaders(v) != min(i+1, 4) {
					t.Fatalf("%v, and %d headers are known", err, jwtauth.KnownHeaders(v))
				}
			}
		}
		// The key is that of the issuer all the same.
		if _, err := v.Verify(t.Context(), from(rival)(s)); !errors.Is(err, jwtauth.ErrSignature) {
			t.Error(err)
		}
	})
}
