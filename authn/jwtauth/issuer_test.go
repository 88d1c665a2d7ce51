package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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
	return jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{
		trusting(issuer, jwks.Static(s.key())),
		trusting(rival, jwks.Static(otherSigners()[s.alg].key())),
		trusting("https://third.example", jwks.Static(signers()[0].key(), jwks.Key{ID: "other", Algorithm: jwks.EdDSA, Public: signers()[2].public})),
	}}
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
	v := build(t, jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusting(issuer, a), trusting(rival, b)}})
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
	cfg.Issuers[1].Keys = &fakeSource{err: errors.New("down")}
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
	cfg := jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusting(issuer, src)}}
	v := build(t, cfg)
	cfg.Issuers[0].Issuer = rival // New has copied the slice
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

func TestTypes(t *testing.T) {
	s := signers()[2]
	for _, tc := range []struct {
		types             []string
		accepted, refused []string // raw values of typ, "" for none
	}{
		{nil, []string{`"at+jwt"`, `"application/AT+JWT"`}, []string{"", `"JWT"`, `""`, "null", "1"}},
		{[]string{}, []string{`"at+jwt"`}, []string{"", `"JWT"`}},
		{[]string{"JWT"}, []string{`"JWT"`, `"jwt"`, `"application/jwt"`}, []string{"", `"at+jwt"`, `""`, "null", `["JWT"]`}},
		{[]string{""}, []string{""}, []string{`"JWT"`, `"at+jwt"`, `""`, "null", "0", "{}", `"application/"`}},
		{[]string{"at+jwt", "JWT", ""}, []string{"", `"JWT"`, `"at+jwt"`}, []string{`"id+jwt"`, `"logout+jwt"`, `""`, "null", `"application/"`}},
	} {
		site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.DangerouslyAnyKind = tc.types, true })
		token := func(raw string) func(*signer) string {
			if raw == "" {
				return editHeader(func(o object) object { return o.without("typ") })
			}
			return setHeader("typ", raw)
		}
		for _, raw := range tc.accepted {
			t.Run(fmt.Sprint(tc.types, raw), func(t *testing.T) { site.runAttack(t, s, attack{raw, token(raw), nil}, nil) })
		}
		for _, raw := range tc.refused {
			t.Run(fmt.Sprint(tc.types, raw), func(t *testing.T) { site.runAttack(t, s, attack{raw, token(raw), jwtauth.ErrType}, nil) })
		}
	}
}

// An ID token is accepted only with IDTokens. A logout token never is.
func TestIDTokens(t *testing.T) {
	s := signers()[2]
	for _, idTokens := range []bool{false, true} {
		site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) {
			ti.Types, ti.DangerouslyAnyKind, ti.IDTokens = []string{"JWT"}, true, idTokens
		})
		want := jwtauth.ErrType
		if idTokens {
			want = nil
		}
		for name, raw := range map[string]string{"nonce": `"n"`, "at_hash": `"h"`, "c_hash": `7`, "token_use": `"id"`, "typ": `"ID"`, "type": `"id_token"`} {
			t.Run(fmt.Sprint(name, idTokens), func(t *testing.T) {
				site.runAttack(t, s, attack{name, plain(func(o object) object { return o.with(name, raw) }), want}, nil)
			})
		}
		for name, raw := range map[string]string{"events": `{"http://schemas.openid.net/event/backchannel-logout":{}}`, "typ": `"Refresh"`, "token_use": `"refresh"`} {
			site.runAttack(t, s, attack{name, plain(func(o object) object { return o.with(name, raw).with("nonce", `"n"`) }), jwtauth.ErrType}, nil)
		}
		site.runAttack(t, s, attack{"cnf", plain(func(o object) object { return o.with("cnf", `{"jkt":"x"}`) }), jwtauth.ErrClaims}, nil)
		for _, name := range []string{"nonce", "at_hash", "c_hash", "events"} {
			site.runAttack(t, s, attack{name, plain(func(o object) object { return o.with(name, "null") }), nil}, nil)
		}
	}
}

// A token for another API, whose client is ours, must not be accepted here by the claim that
// stands in for aud.
func TestAudienceFallback(t *testing.T) {
	s := signers()[2]
	q := quote(audience)
	site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) { ti.AudienceFallback = "azp" })
	noAud := func(azp string) func(*signer) string {
		return editClaims(func(o object) object { return o.without("aud").with("azp", azp) })
	}
	for _, a := range []attack{
		{"no aud, our azp", noAud(q), nil},
		{"no aud, the other name", noAud(`"other"`), nil},
		{"no aud, array", noAud("[" + q + "]"), nil},
		{"aud alone", func(s *signer) string { return s.good() }, nil},
		{"aud decides", setClaim("azp", `"stranger"`), nil},
		{"no aud, no azp", deleteClaim("aud"), jwtauth.ErrAudience},
		{"no aud, another azp", noAud(`"stranger"`), jwtauth.ErrAudience},
		{"no aud, azp null", noAud("null"), jwtauth.ErrAudience},
		{"no aud, azp a number", noAud("7"), jwtauth.ErrAudience},
		{"no aud, azp empty", noAud(`""`), jwtauth.ErrAudience},
		{"no aud, azp with a slash", noAud(quote(audience + "/")), jwtauth.ErrAudience},
		{"no aud, client_id", editClaims(func(o object) object { return o.without("aud").with("client_id", q) }), jwtauth.ErrAudience},
		{"no aud, AZP", editClaims(func(o object) object { return o.without("aud").with("AZP", q) }), jwtauth.ErrMalformed},
		{"no aud, AZP beside azp", editClaims(func(o object) object { return o.without("aud").with("azp", q).with("AZP", `"x"`) }), jwtauth.ErrMalformed},
	} {
		t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
	}
	for _, aud := range []string{`"https://other-api.example"`, `["https://other-api.example"]`, `""`, `[]`, "null", "7", "{}", `[7]`} {
		token := editClaims(func(o object) object { return o.with("aud", aud).with("azp", q) })
		t.Run("aud "+aud, func(t *testing.T) {
			site.runAttack(t, s, attack{aud, token, jwtauth.ErrAudience}, nil)
		})
	}
}

func TestClients(t *testing.T) {
	s := signers()[2]
	for _, name := range []string{"", "azp", "client.id"} {
		site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) { ti.Clients, ti.ClientClaim = []string{"web", "app"}, name })
		with := func(raw string) func(*signer) string {
			return editClaims(func(o object) object {
				switch name {
				case "":
					return o.with("client_id", raw)
				case "azp":
					return o.without("client_id").with("azp", raw)
				}
				return o.with("client", `{"id":`+raw+`}`)
			})
		}
		for _, raw := range []string{`"web"`, `"app"`, `"\u0061pp"`} {
			site.runAttack(t, s, attack{raw, with(raw), nil}, nil)
		}
		for _, raw := range []string{`"Web"`, `"other"`, `""`, "null", "7", `["web"]`, `{"web":1}`, `"web "`, `"web\u0000"`} {
			t.Run(name+raw, func(t *testing.T) { site.runAttack(t, s, attack{raw, with(raw), jwtauth.ErrClaims}, nil) })
		}
		site.runAttack(t, s, attack{"none", deleteClaim("client_id"), jwtauth.ErrClaims}, nil)
		for _, variant := range map[string][]string{"": {"Client_ID"}, "azp": {"AZP"}, "client.id": {"Client"}}[name] {
			site.runAttack(t, s, attack{variant, editClaims(func(o object) object { return o.with(variant, `"web"`) }), jwtauth.ErrMalformed}, nil)
		}
	}
}

func TestOptionalTokenID(t *testing.T) {
	s := signers()[2]
	for _, revoked := range []bool{false, true} {
		cfg := config(s)
		cfg.Issuers[0].OptionalTokenID = true
		if revoked {
			cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return false, nil }
		}
		site := newSite(t, build(t, cfg))
		for _, token := range []func(*signer) string{deleteClaim("jti"), setClaim("jti", "null"), (*signer).good} {
			site.runAttack(t, s, attack{"", token, nil}, nil)
		}
		for _, raw := range []string{"7", `""`, "[]", `"\u0000"`} {
			want := jwtauth.ErrClaims
			if !revoked {
				want = nil
			}
			site.runAttack(t, s, attack{raw, setClaim("jti", raw), want}, nil)
		}
	}
}

// The names of claims may be paths.
func TestClaimPaths(t *testing.T) {
	s := signers()[2]
	const url = "https://notes.example/roles.v1"
	for _, tc := range []struct {
		name, claim, raw string
		want             []string
	}{
		{"realm_access.roles", "realm_access", `{"roles":["a","b"]}`, []string{"a", "b"}},
		{"realm_access.roles", "realm_access", `{"verify_caller":true, "roles" : "a" }`, []string{"a"}},
		{"realm_access.roles", "realm_access", `{"ro\u006ces":["a"]}`, []string{"a"}},
		{"realm_access.roles", "realm_access", `{"Roles":["a"]}`, nil},
		{"realm_access.roles", "realm_access", `{}`, nil},
		{"realm_access.roles", "realm_access", `["a"]`, nil},
		{"realm_access.roles", "realm_access", `"a"`, nil},
		{"realm_access.roles", "realm_access", `null`, nil},
		{"realm_access.roles", "realm_access.roles", `["a"]`, nil},
		{"/resource_access/my.client/roles", "resource_access", `{"my.client":{"roles":["a"]},"my":{"client":{"roles":["b"]}}}`, []string{"a"}},
		{"/resource_access/my.client/roles", "resource_access", `{"my":{"client":{"roles":["b"]}}}`, nil},
		{"/my.roles", "my.roles", `["a"]`, []string{"a"}},
		{"/a~1b~0c", "a/b~c", `["a"]`, []string{"a"}},
		{url, url, `["a"]`, []string{"a"}},
		{url, `https:\/\/notes.example\/roles.v1`, `["a"]`, []string{"a"}},
		{"cognito:groups", "cognito:groups", `["a"]`, []string{"a"}},
		{"acr", "acr", `["a"]`, []string{"a"}},
	} {
		cfg := config(s)
		cfg.Issuers[0].RolesClaim = tc.name
		p, err := build(t, cfg).Verify(t.Context(), setClaim(tc.claim, tc.raw)(s))
		if err != nil || !slices.Equal(p.Roles, tc.want) {
			t.Errorf("%s of %s: %+v, %v", tc.name, tc.raw, p, err)
		}
	}
	cfg := config(s)
	ti := &cfg.Issuers[0]
	ti.ScopeClaim, ti.RolesClaim, ti.TenantClaim, ti.ClientClaim = "x.scp", "x.roles", "x.org.id", "x.app"
	p, err := build(t, cfg).Verify(t.Context(), setClaim("x", `{"scp":"a b","roles":"r","org":{"id":"o"},"app":"c"}`)(s))
	if err != nil || !slices.Equal(p.Scopes, []string{"a", "b"}) || !slices.Equal(p.Roles, []string{"r"}) || p.Tenant != "o" || p.ClientID != "c" {
		t.Errorf("%+v, %v", p, err)
	}
}

// MaxToken and MaxHeader are limits of one issuer.
func TestSizes(t *testing.T) {
	s := signers()[2]
	cfg := severalIssuers(s)
	cfg.Issuers[1].MaxToken, cfg.Issuers[1].MaxHeader = 20<<10, 6<<10
	cfg.Issuers[2].MaxToken, cfg.Issuers[2].MaxHeader, cfg.Issuers[2].Keys = 1000, 100, jwks.Static(s.key())
	site := newSite(t, build(t, cfg))
	ofRival := func(n int) func(*signer) string {
		return func(*signer) string { return sizedToken(otherSigners()[s.alg], n, claims().with("iss", quote(rival))) }
	}
	header := func(s *signer, iss string, n int) string {
		h := s.header().with("x", `""`)
		return s.token(h.with("x", quote(strings.Repeat("x", n-len(h.json())))).json(), claims().with("iss", quote(iss)).json())
	}
	third := object{{"iss", `"https://third.example"`}, {"sub", `"ann"`}, {"aud", quote(audience)}, {"exp", at(time.Now().Add(time.Minute))}, {"iat", at(time.Now())}, {"jti", `"1"`}}
	for _, a := range []attack{
		{"default", sized(8 << 10), nil},
		{"beyond the default", sized(8<<10 + 1), jwtauth.ErrMalformed},
		{"20 KiB for the default issuer", sized(20 << 10), jwtauth.ErrMalformed},
		{"configured", ofRival(20 << 10), nil},
		{"beyond the largest", ofRival(20<<10 + 1), jwtauth.ErrMalformed},
		{"small", func(s *signer) string { return sizedToken(s, 1000, third) }, nil},
		{"beyond the small", func(s *signer) string { return sizedToken(s, 1001, third) }, jwtauth.ErrMalformed},
		{"header", func(s *signer) string { return header(s, issuer, 4<<10) }, nil},
		{"header beyond the default", func(s *signer) string { return header(s, issuer, 4<<10+1) }, jwtauth.ErrMalformed},
		{"header as configured", func(*signer) string { return header(otherSigners()[s.alg], rival, 6<<10) }, nil},
		{"header beyond the largest", func(*signer) string { return header(otherSigners()[s.alg], rival, 6<<10+1) }, jwtauth.ErrMalformed},
		{"header beyond the small", func(s *signer) string {
			return s.token(s.header().with("x", quote(strings.Repeat("x", 100))).json(), third.json())
		}, jwtauth.ErrMalformed},
	} {
		for range 2 { // the second time, the header is in the cache
			t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
		}
	}
}
