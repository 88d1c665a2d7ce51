package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var legacySecret = []byte("a secret of the old service, 32+")

// legacyOf returns the settings of the old service.
func legacyOf(secrets ...jwks.Secret) *jwtauth.Legacy {
	if len(secrets) == 0 {
		secrets = []jwks.Secret{{ID: "old", Algorithm: "HS256", Value: legacySecret}}
	}
	return &jwtauth.Legacy{
		Issuer: issuer, Secrets: secrets,
		Until: time.Now().Add(24 * time.Hour), MaxLifetime: 12 * time.Hour, Claims: []string{"name"},
	}
}

// legacyToken makes a token as golang-jwt does.
func legacyToken(method jwt.SigningMethod, secret any, c jwt.MapClaims) string {
	text, err := jwt.NewWithClaims(method, c).SignedString(secret)
	if err != nil {
		panic(err)
	}
	return text
}

func hs256(c jwt.MapClaims) string { return legacyToken(jwt.SigningMethodHS256, legacySecret, c) }

// withClaim returns {sub, exp} and one more claim.
func withClaim(name string, value any) jwt.MapClaims {
	return jwt.MapClaims{"sub": "7", "exp": time.Now().Add(time.Hour).Unix(), name: value}
}

// legacyCase is a token and the expected error.
type legacyCase struct {
	name, token string
	want        error
}

func legacyCases() []legacyCase {
	soon := time.Now().Add(time.Hour).Unix()
	ed := signers()[2]
	minimal := jwt.MapClaims{"sub": "7", "exp": soon}
	rawToken := func(header, claims string) string {
		signed := encode(header) + "." + encode(claims)
		sig, err := jwt.SigningMethodHS256.Sign(signed, legacySecret)
		if err != nil {
			panic(err)
		}
		return signed + "." + encode(string(sig))
	}
	tokenWithSub := func(raw string) string {
		return rawToken(`{"alg":"HS256"}`, fmt.Sprintf(`{"sub":%s,"exp":%d}`, raw, soon))
	}
	all := []legacyCase{
		{"minimal", hs256(minimal), nil},
		{"without typ", tokenWithSub(`"7"`), nil},
		{"an integer", tokenWithSub("7"), nil},
		{"iat and nbf", hs256(jwt.MapClaims{"sub": "7", "exp": soon, "iat": time.Now().Unix(), "nbf": time.Now().Unix()}), nil},
		{"iat and nbf of zero", hs256(jwt.MapClaims{"sub": "7", "exp": soon, "iat": 0, "nbf": 0}), nil},
		{"a listed claim", hs256(withClaim("name", "Ann")), nil},
		{"a kid that is known", rawToken(`{"alg":"HS256","kid":"old"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), nil},
		{"a kid that is not known", rawToken(`{"alg":"HS256","kid":"x"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwks.ErrUnknownKey},
		{"typ at+jwt", rawToken(`{"alg":"HS256","typ":"at+jwt"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwtauth.ErrType},
		{"typ of a logout token", rawToken(`{"alg":"HS256","typ":"logout+jwt"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwtauth.ErrType},

		{"password reset", hs256(withClaim("purpose", "password-reset")), jwtauth.ErrClaims},
		{"e-mail link", hs256(withClaim("email", "ann@example")), jwtauth.ErrClaims},
		{"an unlisted null", rawToken(`{"alg":"HS256"}`, fmt.Sprintf(`{"sub":"7","exp":%d,"reset":null}`, soon)), jwtauth.ErrClaims},
		{"an empty name", hs256(withClaim("", "")), jwtauth.ErrClaims},
		{"type refresh", hs256(withClaim("type", "refresh")), jwtauth.ErrClaims},
		{"NAME", hs256(withClaim("NAME", "Ann")), jwtauth.ErrMalformed},
		{"Sub beside sub", hs256(withClaim("Sub", "8")), jwtauth.ErrMalformed},
		{"Iss", hs256(withClaim("Iss", issuer)), jwtauth.ErrMalformed},
		{"sub twice", rawToken(`{"alg":"HS256"}`, fmt.Sprintf(`{"sub":"7","sub":"8","exp":%d}`, soon)), jwtauth.ErrMalformed},

		{"with the iss of the new issuer", hs256(withClaim("iss", issuer)), jwtauth.ErrType},
		{"with the iss and the typ of the new issuer", rawToken(`{"alg":"HS256","typ":"at+jwt"}`, fmt.Sprintf(`{"sub":"7","exp":%d,"iss":%q}`, soon, issuer)), jwtauth.ErrAlgorithm},
		{"with an unknown iss", hs256(withClaim("iss", "x")), jwtauth.ErrIssuer},
		{"with an empty iss", hs256(withClaim("iss", "")), jwtauth.ErrIssuer},
		{"with an iss of null", hs256(withClaim("iss", nil)), jwtauth.ErrIssuer},
		{"with a number as iss", hs256(withClaim("iss", 7)), jwtauth.ErrIssuer},
		{"with an array as iss", hs256(withClaim("iss", []string{})), jwtauth.ErrIssuer},

		{"by the key of the new issuer", ed.token(`{"alg":"EdDSA","typ":"JWT"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwtauth.ErrAlgorithm},
		{"the same with its kid", ed.token(`{"alg":"EdDSA","typ":"JWT","kid":"`+kid+`"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwtauth.ErrAlgorithm},
		{"RS256", legacyToken(jwt.SigningMethodRS256, signers()[0].private, minimal), jwtauth.ErrAlgorithm},
		{"none", legacyToken(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, minimal) + "AAAA", jwtauth.ErrAlgorithm},
		{"HS384 with the secret of HS256", legacyToken(jwt.SigningMethodHS384, legacySecret, minimal), jwks.ErrUnknownKey},
		{"HS512 with the secret of HS256", legacyToken(jwt.SigningMethodHS512, legacySecret, minimal), jwks.ErrUnknownKey},
		{"the same with kid", rawToken(`{"alg":"HS512","kid":"old"}`, fmt.Sprintf(`{"sub":"7","exp":%d}`, soon)), jwtauth.ErrAlgorithm},
		{"another secret", legacyToken(jwt.SigningMethodHS256, []byte("another secret of some other one"), minimal), jwtauth.ErrSignature},
		{"the public key as secret", legacyToken(jwt.SigningMethodHS256, signers()[0].publicKeyForms()["PKIX PEM"], minimal), jwtauth.ErrSignature},
		{"an empty secret", legacyToken(jwt.SigningMethodHS256, []byte{}, minimal), jwtauth.ErrSignature},

		{"no exp", hs256(jwt.MapClaims{"sub": "7"}), jwtauth.ErrClaims},
		{"exp of zero", hs256(jwt.MapClaims{"sub": "7", "exp": 0}), jwtauth.ErrClaims},
		{"exp in a string", hs256(jwt.MapClaims{"sub": "7", "exp": fmt.Sprint(soon)}), jwtauth.ErrClaims},
		{"expired", hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(-time.Minute).Unix()}), authn.ErrExpired},
		{"expired, with an unlisted claim", hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(-time.Minute).Unix(), "x": 1}), jwtauth.ErrClaims},
		{"exp beyond MaxLifetime", hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(12*time.Hour + time.Minute).Unix()}), jwtauth.ErrClaims},
		{"exp beyond MaxLifetime, iat in the future", hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(13 * time.Hour).Unix(), "iat": time.Now().Add(2 * time.Hour).Unix()}), jwtauth.ErrNotYetValid},
		{"exp before iat", hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(-time.Minute).Unix(), "iat": time.Now().Unix()}), jwtauth.ErrClaims},
		{"nbf in the future", hs256(withClaim("nbf", soon)), jwtauth.ErrNotYetValid},
		{"no sub", hs256(jwt.MapClaims{"exp": soon}), jwtauth.ErrClaims},
		{"no claims", hs256(jwt.MapClaims{}), jwtauth.ErrClaims},
	}
	for _, name := range []string{"aud", "jti", "cnf", "events", "nonce", "at_hash", "c_hash", "authorization_details", "sid", "acr", "auth_time", "type", "typ", "token_use", "user_id", "scope", "roles", "role", "client_id", "org"} {
		all = append(all, legacyCase{"unlisted " + name, hs256(withClaim(name, "x")), jwtauth.ErrClaims}, legacyCase{"unlisted null " + name, hs256(withClaim(name, nil)), jwtauth.ErrClaims})
	}
	for _, raw := range []string{"7.0", "7e0", "-0", `""`, "null", "true", `["7"]`, `{"id":7}`, `"a\u0000"`, "12345678901234567890123"} {
		all = append(all, legacyCase{"sub " + raw, tokenWithSub(raw), jwtauth.ErrClaims})
	}
	return all
}

func runLegacy(t *testing.T, site *site, cases []legacyCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			site.runAttack(t, nil, attack{tc.name, func(*signer) string { return tc.token }, tc.want}, nil)
		})
	}
}

// Legacy works beside Issuers, beside the short form, beside tenants, and alone.
func TestLegacy(t *testing.T) {
	s := signers()[2]
	short := config(s).Issuers[0]
	for name, cfg := range map[string]jwtauth.Config{
		"beside one issuer":     {Issuers: config(s).Issuers},
		"beside several":        {Issuers: severalIssuers(s).Issuers},
		"beside the short form": {Issuer: short.Issuer, Audience: short.Audience, Keys: short.Keys},
		"beside tenants":        {Issuers: append(tenantConfig(s).Issuers, config(s).Issuers...)},
		"in a cache":            {Issuers: config(s).Issuers, Cache: 256},
		"alone":                 {},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Legacy = legacyOf()
			site := newSite(t, build(t, cfg))
			cases := legacyCases()
			if name == "alone" {
				for i, tc := range cases {
					if strings.HasPrefix(tc.name, "with the iss ") {
						cases[i].want = jwtauth.ErrIssuer
					}
				}
			} else {
				site.runAttack(t, s, attack{"of the issuer", (*signer).good, nil}, nil)
				site.runAttack(t, s, attack{"of the issuer, without iss", deleteClaim("iss"), jwtauth.ErrType}, nil)
			}
			runLegacy(t, site, cases)
			runLegacy(t, site, cases[:6]) // the accepted tokens again, from the cache
		})
	}
}

// The attacks on an issuer have the same result beside Legacy. Only a token without iss is
// refused for another cause, because the settings of Legacy apply to it.
func TestLegacyChangesNoIssuer(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		cfg := config(s)
		cfg.Legacy = legacyOf()
		cfg.Legacy.Claims = []string{"name", "scope", "roles", "org", "extra", "client_id", "sid", "acr", "auth_time", "jti"}
		site := newSite(t, build(t, cfg))
		site.inProcessOnly = true
		for _, g := range attackGroups {
			for _, a := range g.cases() {
				if g.name == "iss" && a.name == "missing" {
					a.want = authn.ErrInvalid
				}
				t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
			}
		}
	})
}

func TestLegacyPrincipal(t *testing.T) {
	l := legacyOf()
	l.SubjectClaim, l.RolesClaim = "user_id", "role"
	exp := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	v := build(t, jwtauth.Config{Legacy: l})
	for raw, want := range map[any]string{7: "7", "ann": "ann", -3: "-3", 0: "0", int64(1 << 62): "4611686018427387904"} {
		p, err := v.Verify(t.Context(), hs256(jwt.MapClaims{"user_id": raw, "exp": exp.Unix(), "role": "admin", "name": "Ann"}))
		if err != nil || p.Subject != want || p.Issuer != issuer || p.Kind != "jwt" || !p.ExpiresAt.Equal(exp) || !p.HasRole("admin") || p.TokenID+p.ClientID+p.Tenant != "" || len(p.Scopes) > 0 {
			t.Errorf("%v: %+v, %v", raw, p, err)
		}
	}
	for _, c := range []jwt.MapClaims{
		{"user_id": 1.5, "exp": exp.Unix()}, {"user_id": 1, "sub": "2", "exp": exp.Unix()}, {"sub": "2", "exp": exp.Unix()}, {"user_id": 1, "USER_ID": 2, "exp": exp.Unix()},
	} {
		if p, err := v.Verify(t.Context(), hs256(c)); !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%v: %+v, %v", c, p, err)
		}
	}
	l.SubjectClaim, l.RolesClaim = "user.id", "user.role"
	p, err := build(t, jwtauth.Config{Legacy: l}).Verify(t.Context(), hs256(jwt.MapClaims{"user": map[string]any{"id": 7, "role": []string{"a"}}, "exp": exp.Unix()}))
	if err != nil || p.Subject != "7" || !p.HasRole("a") {
		t.Errorf("%+v, %v", p, err)
	}
}

// Each secret verifies the tokens of its own algorithm.
func TestLegacySecrets(t *testing.T) {
	long := []byte("a secret of the old service for HS512, of 64 bytes or more, 64++")
	middle := []byte("a secret of the old service for HS384, of 48 bytes")
	site := newSite(t, build(t, jwtauth.Config{Legacy: legacyOf(
		jwks.Secret{ID: "a", Algorithm: "HS256", Value: legacySecret}, jwks.Secret{ID: "b", Algorithm: "HS512", Value: long}, jwks.Secret{ID: "c", Algorithm: "HS384", Value: middle},
	)}))
	c := jwt.MapClaims{"sub": "7", "exp": time.Now().Add(time.Hour).Unix()}
	runLegacy(t, site, []legacyCase{
		{"HS256", legacyToken(jwt.SigningMethodHS256, legacySecret, c), nil},
		{"HS384", legacyToken(jwt.SigningMethodHS384, middle, c), nil},
		{"HS512", legacyToken(jwt.SigningMethodHS512, long, c), nil},
		{"HS256 by the secret of HS512", legacyToken(jwt.SigningMethodHS256, long, c), jwtauth.ErrSignature},
		{"HS512 by the secret of HS256", legacyToken(jwt.SigningMethodHS512, legacySecret, c), jwtauth.ErrSignature},
		{"HS512 by the secret of HS384", legacyToken(jwt.SigningMethodHS512, middle, c), jwtauth.ErrSignature},
	})
}

// From Until on, a token of the old service is refused, even if it is in the cache and has not
// expired.
func TestLegacyEnds(t *testing.T) {
	for _, cache := range []int{0, 8} {
		synctest.Test(t, func(t *testing.T) {
			l := legacyOf()
			l.Until = time.Now().Add(30 * time.Second)
			v := build(t, jwtauth.Config{Legacy: l, Cache: cache})
			token := hs256(jwt.MapClaims{"sub": "7", "exp": time.Now().Add(time.Hour).Unix()})
			for range 30 {
				if _, err := v.Verify(t.Context(), token); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
			for range 2 {
				if _, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrClaims) || errors.Is(err, authn.ErrExpired) {
					t.Error(err)
				}
				time.Sleep(time.Hour)
			}
		})
	}
	past := legacyOf()
	past.Until = time.Now().Add(-time.Hour)
	cfg := config(signers()[2])
	cfg.Legacy = past
	v := build(t, cfg) // a program that is not rebuilt still starts
	if _, err := v.Verify(t.Context(), hs256(withClaim("name", "Ann"))); !errors.Is(err, jwtauth.ErrClaims) {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), signers()[2].good()); err != nil {
		t.Error(err)
	}
}

// Leeway, which is 5 s, is added to MaxLifetime.
func TestLegacyLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := build(t, jwtauth.Config{Legacy: legacyOf()})
		now := time.Now()
		for life, want := range map[time.Duration]error{
			12 * time.Hour: nil, 12*time.Hour + 5*time.Second: nil, 12*time.Hour + 6*time.Second: jwtauth.ErrClaims, -4 * time.Second: nil, -5 * time.Second: authn.ErrExpired,
		} {
			if _, err := v.Verify(t.Context(), hs256(jwt.MapClaims{"sub": "7", "exp": now.Add(life).Unix()})); !errors.Is(err, want) {
				t.Errorf("%v: %v", life, err)
			}
		}
	})
}

func TestLegacyFaults(t *testing.T) {
	s := signers()[2]
	secret := func(id string) jwks.Secret { return jwks.Secret{ID: id, Algorithm: "HS256", Value: randomSecret(32)} }
	for name, tc := range map[string]struct {
		edit func(*jwtauth.Legacy)
		want []string
	}{
		"zero": {func(l *jwtauth.Legacy) { *l = jwtauth.Legacy{} }, []string{
			"Issuer: is empty; ", `Secrets: "0": is not a list of 1 to 4 secrets`, "Until: is not set; set the date on which the last of these tokens expires",
			`MaxLifetime: "0s": is not positive; set the lifetime that the service gave these tokens`}},
		"negative": {func(l *jwtauth.Legacy) { l.MaxLifetime = -1 }, []string{`MaxLifetime: "-1ns": is not positive`}},
		"faults of its keys": {func(l *jwtauth.Legacy) {
			l.Secrets = []jwks.Secret{{}, {Value: []byte("short")}, {Algorithm: "RS256", Value: legacySecret}}
		}, []string{"Secrets[0].", "Secrets[1].", "Secrets[2]."}},
		"four secrets": {func(l *jwtauth.Legacy) {
			l.Secrets = []jwks.Secret{secret("a"), secret("b"), secret("c"), secret("d")}
		}, nil},
		"five secrets": {func(l *jwtauth.Legacy) {
			l.Secrets = []jwks.Secret{secret("a"), secret("b"), secret("c"), secret("d"), secret("e")}
		}, []string{`Secrets: "5": is not a list of 1 to 4 secrets; list the secrets of tokens that have not expired`}},
		"issuer": {func(l *jwtauth.Legacy) { l.Issuer = "a b" }, []string{`Issuer: "a b": has a space`}},
		"claims": {func(l *jwtauth.Legacy) { l.Claims = []string{"", "iss", "aud", "cnf", "NAME", "a..b", "name", "SUB"} }, []string{
			"Claims[0]: is empty; name a claim", `Claims[1]: "iss": is a registered claim`, `Claims[2]: "aud": is a registered claim`, `Claims[3]: "cnf": is a registered claim`,
			`Claims[5]: "a..b": is not the name`, `Claims[6]: "name": differs from NAME by case only`, `Claims[7]: "SUB": differs from sub by case only`}},
		"a path":        {func(l *jwtauth.Legacy) { l.Claims = []string{"my.name", "/my.name", "https://my.example/name"} }, []string{`Claims[0]: "my.name": is a path, and the list is of whole claims; write the name of the claim`}},
		"subject":       {func(l *jwtauth.Legacy) { l.SubjectClaim = "exp" }, []string{`SubjectClaim: "exp": is a registered claim`}},
		"roles of sub":  {func(l *jwtauth.Legacy) { l.RolesClaim = "sub" }, []string{`RolesClaim: "sub": is a registered claim`}},
		"listed twice":  {func(l *jwtauth.Legacy) { l.Claims = []string{"name", "name", "sub"} }, nil},
		"too many":      {func(l *jwtauth.Legacy) { l.Claims = claimNames(16) }, []string{`Claims[14]: "c14": is one claim more than the 14`, `Claims[15]: "c15": is one claim more`}},
		"as many":       {func(l *jwtauth.Legacy) { l.Claims = claimNames(14) }, nil},
		"a date before": {func(l *jwtauth.Legacy) { l.Until = time.Unix(1, 0) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.Legacy = legacyOf()
			tc.edit(cfg.Legacy)
			for i := range tc.want {
				tc.want[i] = "jwtauth: Legacy." + tc.want[i]
			}
			_, err := jwtauth.New(cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

func claimNames(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("c%d", i)
	}
	return all
}

// A service that has changed its secret has tokens signed with the old secret and tokens signed
// with the new secret. No token has a kid.
func TestLegacySecretsAreTried(t *testing.T) {
	other, short := []byte("another secret of the old service"), []byte("hunter2")
	cfg := config(signers()[2])
	cfg.Cache = 8
	cfg.Legacy = legacyOf(
		jwks.Secret{Value: legacySecret}, jwks.Secret{Value: other}, jwks.Secret{ID: "named", Value: randomSecret(32)},
		jwks.Secret{Value: short, DangerouslyShort: true},
	)
	cfg.Legacy.Audience = []string{"old-api"}
	v := build(t, cfg)
	c := jwt.MapClaims{"sub": "7", "exp": time.Now().Add(time.Hour).Unix()}
	for _, secret := range [][]byte{legacySecret, other, short} {
		for range 2 { // the second time from the cache
			if p, err := v.Verify(t.Context(), legacyToken(jwt.SigningMethodHS256, secret, c)); err != nil || p.Subject != "7" {
				t.Errorf("%v, %v", p, err)
			}
		}
	}
	if _, err := v.Verify(t.Context(), legacyToken(jwt.SigningMethodHS256, randomSecret(32), c)); !errors.Is(err, jwtauth.ErrSignature) {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), legacyToken(jwt.SigningMethodHS512, legacySecret, c)); !errors.Is(err, jwks.ErrUnknownKey) {
		t.Error(err)
	}
	for aud, want := range map[string]error{"old-api": nil, "new-api": jwtauth.ErrAudience} {
		c["aud"] = aud
		if _, err := v.Verify(t.Context(), legacyToken(jwt.SigningMethodHS256, other, c)); !errors.Is(err, want) {
			t.Errorf("%s: %v", aud, err)
		}
	}
	cfg.Legacy.Audience = nil
	if _, err := build(t, cfg).Verify(t.Context(), legacyToken(jwt.SigningMethodHS256, other, c)); !errors.Is(err, jwtauth.ErrClaims) {
		t.Errorf("aud is not in the list of claims: %v", err)
	}
}

// With Config.Revoked, a jti that cannot be read refuses a legacy token: its revocation would
// not be found.
func TestLegacyTokenIDDecides(t *testing.T) {
	for _, revocable := range []bool{false, true} {
		cfg := config(signers()[2])
		cfg.Legacy = legacyOf()
		cfg.Legacy.Claims = []string{"jti"}
		if revocable {
			cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return false, nil }
		}
		v := build(t, cfg)
		for _, id := range []any{"a", 7} {
			_, refused := id.(int)
			if _, err := v.Verify(t.Context(), hs256(withClaim("jti", id))); (err != nil) != (refused && revocable) {
				t.Errorf("revocable %v, jti %v: %v", revocable, id, err)
			}
		}
	}
}
