package jwtauth_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	nonce       = "n-0S6_WzA2Mj"
	accessToken = "SlAV32hkKG"
)

// idTokenShape makes the tokens of the kit ID tokens.
var idTokenShape = shape{object{{"typ", `"JWT"`}}, object{{"jti", ""}, {"client_id", ""}, {"scope", ""}, {"nonce", quote(nonce)}, {"azp", quote(audience)}}}

func idTokenConfig(s *signer) jwtauth.IDTokenConfig {
	return jwtauth.IDTokenConfig{Issuer: issuer, ClientID: audience, Keys: jwks.Static(s.key()), RolesClaim: "roles", TenantClaim: "org"}
}

func newIDToken[C any](t testing.TB, cfg jwtauth.IDTokenConfig) *jwtauth.IDTokenVerifier[C] {
	t.Helper()
	return mwtest.Must[*jwtauth.IDTokenVerifier[C]](t)(jwtauth.NewIDToken[C](cfg))
}

// A login is an Authenticator for tests: it expects the ID token of one login as a bearer
// token, so that the attacks on access tokens can run on ID tokens too.
type login[C any] struct {
	authn.Authenticator // Present and Challenge
	verifier            *jwtauth.IDTokenVerifier[C]
	want                jwtauth.IDTokenRequest
}

func (l login[C]) Authenticate(r *http.Request) (*authn.Principal, error) {
	token, err := l.verifier.Verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), l.want)
	if err != nil {
		return nil, err
	}
	return token.Principal, nil
}

func loginOf(t testing.TB, s *signer, v *jwtauth.IDTokenVerifier[jwtauth.NoClaims], want jwtauth.IDTokenRequest) login[jwtauth.NoClaims] {
	return login[jwtauth.NoClaims]{build(t, config(s)), v, want}
}

// The ID tokens of well-known providers, in the documented forms.
func TestIDTokenProviders(t *testing.T) {
	now := time.Now()
	iat, hour := at(now.Add(-time.Second)), at(now.Add(time.Hour-time.Second))
	tenant := "https://login.microsoftonline.com/" + tenantID + "/v2.0"
	type profile struct {
		Email string `json:"email"`
	}
	for _, tc := range []struct {
		name, issuer, client string
		header, claims       object
		hash                 bool // the provider writes at_hash
	}{
		{"Google", "https://accounts.google.com", "123.apps.googleusercontent.com", object{{"typ", `"JWT"`}}, object{
			{"azp", `"123.apps.googleusercontent.com"`}, {"aud", `"123.apps.googleusercontent.com"`}, {"sub", `"110169484474386276334"`}, {"hd", `"example.com"`},
			{"email", `"ann@example.com"`}, {"email_verified", "true"}, {"name", `"Ann"`}, {"exp", hour}}, true},
		{"Apple", "https://appleid.apple.com", "com.example.app", object{{"typ", ""}}, object{
			{"aud", `"com.example.app"`}, {"sub", `"001999.b2fe.1234"`}, {"c_hash", `"x"`}, {"email", `"ann@example.com"`}, {"email_verified", `"true"`},
			{"is_private_email", `"true"`}, {"auth_time", iat}, {"nonce_supported", "true"}, {"exp", at(now.Add(24*time.Hour - time.Second))}}, true},
		{"Auth0", "https://tenant.auth0.com/", "a0Client", object{{"typ", `"JWT"`}}, object{
			{"aud", `"a0Client"`}, {"sub", `"auth0|123456"`}, {"nickname", `"ann"`}, {"email", `"ann@example.com"`}, {"updated_at", `"2026-11-30T10:00:00.000Z"`}, {"sid", `"s-7"`},
			{"https://notes.example/roles", `["admin"]`}, {"exp", at(now.Add(10*time.Hour - time.Second))}}, false},
		{"Okta", "https://dev-1.okta.com/oauth2/default", "0oa1client", object{{"typ", ""}}, object{
			{"aud", `"0oa1client"`}, {"sub", `"00u1"`}, {"ver", "1"}, {"jti", `"ID.Ab1"`}, {"amr", `["pwd","otp"]`}, {"idp", `"00o1"`}, {"email", `"ann@example.com"`},
			{"preferred_username", `"ann"`}, {"auth_time", iat}, {"exp", hour}}, true},
		{"Entra", tenant, "6e74172b-be56-4843-9ff4-e66a39bb12e3", object{{"typ", `"JWT"`}}, object{
			{"aud", `"6e74172b-be56-4843-9ff4-e66a39bb12e3"`}, {"sub", `"AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ"`}, {"oid", `"0000"`}, {"tid", quote(tenantID)}, {"nbf", iat},
			{"aio", `"Df2UVX"`}, {"rh", `"0.AR"`}, {"uti", `"u"`}, {"ver", `"2.0"`}, {"email", `"ann@example.com"`}, {"exp", at(now.Add(64 * time.Minute))}}, false},
		{"Keycloak", "https://sso.example/realms/staff", "notes", object{{"typ", `"JWT"`}}, object{
			{"aud", `"notes"`}, {"azp", `"notes"`}, {"sub", `"f1"`}, {"typ", `"ID"`}, {"jti", `"onrtac:1"`}, {"sid", `"s-8"`}, {"acr", `"1"`}, {"email", `"ann@example.com"`}, {"exp", hour}}, true},
		{"Cognito", "https://cognito-idp.eu-central-1.amazonaws.com/pool", "1client", object{{"typ", ""}}, object{
			{"aud", `"1client"`}, {"sub", `"u-1"`}, {"token_use", `"id"`}, {"cognito:groups", `["a"]`}, {"auth_time", iat}, {"email", `"ann@example.com"`}, {"exp", hour}}, true},
	} {
		eachSigner(t, func(t *testing.T, s *signer) {
			claims := tc.claims.with("iss", quote(tc.issuer)).with("nonce", quote(nonce)).with("iat", iat)
			if tc.hash {
				claims = claims.with("at_hash", quote(jwa.HalfHash(string(s.alg), accessToken)))
			}
			multi := jwtauth.IDTokenConfig{Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0", ClientID: tc.client, Keys: jwks.Static(s.key()), Tenants: []string{tenantID}}
			for _, cfg := range []jwtauth.IDTokenConfig{{Issuer: tc.issuer, ClientID: tc.client, Keys: jwks.Static(s.key())}, multi} {
				if cfg.Tenants != nil && tc.name != "Entra" {
					continue
				}
				v := newIDToken[profile](t, cfg)
				token, err := v.Verify(t.Context(), s.token(s.header().change(tc.header).json(), claims.json()), jwtauth.IDTokenRequest{Nonce: nonce, AccessToken: accessToken})
				if err != nil {
					t.Errorf("%s: %v", tc.name, err)
				} else if token.Issuer != tc.issuer || token.ClientID != tc.client || quote(token.Subject) != claims.value("sub") || token.Claims.Email != "ann@example.com" {
					t.Errorf("%s: %+v, %+v", tc.name, token.Principal, token.Claims)
				}
			}
		})
	}
}

// An idTokenCase is a token, the login that it is presented for, and the expected error.
type idTokenCase struct {
	name  string
	token func(*signer) string
	want  jwtauth.IDTokenRequest // beside Nonce
	err   error
}

func idTokenCases() []idTokenCase {
	now := time.Now()
	two := `[` + quote(audience) + `,"https://other.example"]`
	set := func(changes ...[2]string) func(*signer) string {
		return editClaims(func(o object) object { return o.change(changes) })
	}
	hash := func(text string) func(*signer) string {
		return func(s *signer) string { return setClaim("at_hash", quote(jwa.HalfHash(string(s.alg), text)))(s) }
	}
	return []idTokenCase{
		{"right", (*signer).good, jwtauth.IDTokenRequest{}, nil},
		{"other nonce", set([2]string{"nonce", `"other"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"nonce in another case", set([2]string{"nonce", quote(strings.ToUpper(nonce))}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"no nonce", set([2]string{"nonce", ""}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"nonce null", set([2]string{"nonce", "null"}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"nonce in an array", set([2]string{"nonce", "[" + quote(nonce) + "]"}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},

		{"two audiences with azp", set([2]string{"aud", two}), jwtauth.IDTokenRequest{}, nil},
		{"two audiences without azp", set([2]string{"aud", two}, [2]string{"azp", ""}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"two audiences, azp null", set([2]string{"aud", two}, [2]string{"azp", "null"}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"two audiences, azp of the other", set([2]string{"aud", two}, [2]string{"azp", `"https://other.example"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"one audience in an array without azp", set([2]string{"aud", "[" + quote(audience) + "]"}, [2]string{"azp", ""}), jwtauth.IDTokenRequest{}, nil},
		{"one audience without azp", set([2]string{"azp", ""}), jwtauth.IDTokenRequest{}, nil},
		{"other azp", set([2]string{"azp", `"https://other.example"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"azp in an array", set([2]string{"azp", "[" + quote(audience) + "]"}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"AZP", set([2]string{"AZP", `"https://other.example"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrMalformed},
		{"other audience", set([2]string{"aud", `"https://other.example"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrAudience},

		{"auth_time in time", (*signer).good, jwtauth.IDTokenRequest{LoginSince: now.Add(-time.Hour - 30*time.Second)}, nil},
		{"auth_time too old", (*signer).good, jwtauth.IDTokenRequest{LoginSince: now.Add(-50 * time.Minute)}, jwtauth.ErrClaims},
		{"no auth_time", set([2]string{"auth_time", ""}), jwtauth.IDTokenRequest{LoginSince: now.Add(-time.Hour)}, jwtauth.ErrClaims},
		{"no auth_time, not asked", set([2]string{"auth_time", ""}), jwtauth.IDTokenRequest{}, nil},
		{"auth_time in a string", set([2]string{"auth_time", quote(at(now))}), jwtauth.IDTokenRequest{LoginSince: now.Add(-time.Hour)}, jwtauth.ErrClaims},

		{"acr", (*signer).good, jwtauth.IDTokenRequest{ACR: []string{"phr", "mfa"}}, nil},
		{"other acr", (*signer).good, jwtauth.IDTokenRequest{ACR: []string{"phr"}}, jwtauth.ErrClaims},
		{"no acr", set([2]string{"acr", ""}), jwtauth.IDTokenRequest{ACR: []string{"mfa"}}, jwtauth.ErrClaims},
		{"empty acr", set([2]string{"acr", `""`}), jwtauth.IDTokenRequest{ACR: []string{""}}, nil},

		{"at_hash", hash(accessToken), jwtauth.IDTokenRequest{AccessToken: accessToken}, nil},
		{"at_hash wrong", hash("other"), jwtauth.IDTokenRequest{AccessToken: accessToken}, jwtauth.ErrClaims},
		{"at_hash empty", set([2]string{"at_hash", `""`}), jwtauth.IDTokenRequest{AccessToken: accessToken}, jwtauth.ErrClaims},
		{"at_hash of a number", set([2]string{"at_hash", "7"}), jwtauth.IDTokenRequest{AccessToken: accessToken}, jwtauth.ErrClaims},
		{"at_hash null", set([2]string{"at_hash", "null"}), jwtauth.IDTokenRequest{AccessToken: accessToken}, nil},
		{"no at_hash", (*signer).good, jwtauth.IDTokenRequest{AccessToken: accessToken}, nil},
		{"at_hash without an access token", hash("other"), jwtauth.IDTokenRequest{}, nil},

		{"typ at+jwt", setHeader("typ", `"at+jwt"`), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"typ application/at+jwt", setHeader("typ", `"application/at+jwt"`), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"typ logout+jwt", setHeader("typ", `"logout+jwt"`), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"no typ", editHeader(func(o object) object { return o.without("typ") }), jwtauth.IDTokenRequest{}, nil},
		{"a logout token", set([2]string{"events", `{"http://schemas.openid.net/event/backchannel-logout":{}}`}), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"an access token of Cognito", set([2]string{"token_use", `"access"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"an access token of an old Keycloak", set([2]string{"typ", `"Bearer"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"a refresh token", set([2]string{"typ", `"Refresh"`}), jwtauth.IDTokenRequest{}, jwtauth.ErrType},
		{"bound to a key", set([2]string{"cnf", `{"jkt":"x"}`}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"authorization_details", set([2]string{"authorization_details", "[]"}), jwtauth.IDTokenRequest{}, jwtauth.ErrClaims},
		{"alg none", func(s *signer) string {
			return encode(s.header().with("alg", `"none"`).json()) + "." + encode(s.claims().json()) + "."
		}, jwtauth.IDTokenRequest{}, jwtauth.ErrMalformed},
		{"alg none, signed", setHeader("alg", `"none"`), jwtauth.IDTokenRequest{}, jwtauth.ErrAlgorithm},
		{"HS256 by the client secret", func(s *signer) string {
			return secretSignerOf(jwt.SigningMethodHS256, randomSecret(32)).in(idTokenShape).good()
		}, jwtauth.IDTokenRequest{}, jwtauth.ErrAlgorithm},
		{"forged", func(s *signer) string { return otherSigners()[s.alg].in(idTokenShape).good() }, jwtauth.IDTokenRequest{}, jwtauth.ErrSignature},
	}
}

// The ID token of one login is refused for every other login, and other tokens of the issuer
// are refused for each.
func TestIDTokenOfAnotherLogin(t *testing.T) {
	for _, tc := range idTokenCases() {
		eachSigner(t, func(t *testing.T, s *signer) {
			tc.want.Nonce = nonce
			site := newSite(t, loginOf(t, s, newIDToken[jwtauth.NoClaims](t, idTokenConfig(s)), tc.want))
			t.Run(tc.name, func(t *testing.T) { site.runAttack(t, s.in(idTokenShape), attack{tc.name, tc.token, tc.err}, nil) })
		})
	}
}

// Clocks may differ by 60 s, and a token lives for at most MaxLifetime.
func TestIDTokenTimes(t *testing.T) {
	s := signers()[2].in(idTokenShape)
	synctest.Test(t, func(t *testing.T) { // the fake clock starts at midnight
		now := time.Now()
		week := idTokenConfig(s)
		week.MaxLifetime = 7 * 24 * time.Hour
		for name, tc := range map[string]struct {
			exp, iat time.Duration
			want, wk error
		}{
			"expired 59 s":    {-59 * time.Second, -time.Hour, nil, nil},
			"expired 61 s":    {-61 * time.Second, -time.Hour, authn.ErrExpired, authn.ErrExpired},
			"iat +60 s":       {time.Hour, 60 * time.Second, nil, nil},
			"iat +61 s":       {time.Hour, 61 * time.Second, jwtauth.ErrNotYetValid, jwtauth.ErrNotYetValid},
			"24 h":            {23 * time.Hour, -time.Hour, nil, nil},
			"24 h and 61 s":   {23*time.Hour + 61*time.Second, -time.Hour, jwtauth.ErrClaims, nil},
			"a week":          {6 * 24 * time.Hour, -24 * time.Hour, jwtauth.ErrClaims, nil},
			"a week and 61 s": {6*24*time.Hour + 61*time.Second, -24 * time.Hour, jwtauth.ErrClaims, jwtauth.ErrClaims},
		} {
			token := s.token(s.header().json(), s.claims().change(object{{"nbf", ""}, {"auth_time", ""}, {"exp", at(now.Add(tc.exp))}, {"iat", at(now.Add(tc.iat))}}).json())
			for i, cfg := range []jwtauth.IDTokenConfig{idTokenConfig(s), week} {
				want := []error{tc.want, tc.wk}[i]
				if _, err := newIDToken[jwtauth.NoClaims](t, cfg).Verify(t.Context(), token, jwtauth.IDTokenRequest{Nonce: nonce}); !errors.Is(err, want) {
					t.Errorf("%s, config %d: %v", name, i, err)
				}
			}
		}
		// auth_time of a login at midnight, with max_age=0.
		token := s.token(s.header().json(), s.claims().change(object{{"auth_time", at(now)}}).json())
		for since, want := range map[time.Duration]error{60 * time.Second: nil, 61 * time.Second: jwtauth.ErrClaims, -time.Hour: nil} {
			request := jwtauth.IDTokenRequest{Nonce: nonce, LoginSince: now.Add(since)}
			if _, err := newIDToken[jwtauth.NoClaims](t, idTokenConfig(s)).Verify(t.Context(), token, request); !errors.Is(err, want) {
				t.Errorf("login since %v: %v", since, err)
			}
		}
	})
}

// A Validate of C is asked last, and the principal has the values of the token.
func TestIDTokenPrincipal(t *testing.T) {
	s := signers()[2].in(idTokenShape)
	v := newIDToken[valueValidated](t, idTokenConfig(s))
	request := jwtauth.IDTokenRequest{Nonce: nonce}
	token, err := v.Verify(t.Context(), setClaim("tier", `"gold"`)(s), request)
	if err != nil {
		t.Fatal(err)
	}
	got := *token.Principal
	got.Detail = nil
	claims := token.Claims
	want := authn.Principal{
		Kind: "jwt", Issuer: issuer, Subject: "ann", ClientID: audience, SessionID: "s-1", Tenant: "acme", Roles: []string{"admin", "editor"}, ACR: "mfa",
		AuthTime: got.AuthTime, IssuedAt: got.IssuedAt, ExpiresAt: got.ExpiresAt,
	}
	if !reflect.DeepEqual(got, want) || got.AuthTime.IsZero() || got.IssuedAt.IsZero() || got.ExpiresAt.IsZero() || claims.Tier != "gold" || token.Detail != any(token) {
		t.Errorf("%+v, %+v", got, claims)
	}
	if _, err := v.Verify(t.Context(), setClaim("tier", `"lead"`)(s), request); !errors.Is(err, errTier) || !errors.Is(err, authn.ErrInvalid) {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), setClaim("tier", "7")(s), request); !errors.Is(err, jwtauth.ErrClaims) {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), s.good(), jwtauth.IDTokenRequest{}); !errors.Is(err, httperr.ErrInternal) {
		t.Errorf("without a nonce: %v", err)
	}
	if _, err := v.Verify(t.Context(), strings.Repeat("a", 9000), request); !errors.Is(err, jwtauth.ErrMalformed) {
		t.Error(err)
	}
	down := idTokenConfig(s)
	down.Keys = &fakeSource{err: errors.New("down")}
	if _, err := newIDToken[jwtauth.NoClaims](t, down).Verify(t.Context(), s.good(), request); !errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	down.Keys = &fakeSource{err: context.Canceled}
	if _, err := newIDToken[jwtauth.NoClaims](t, down).Verify(ctx, s.good(), request); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// An ID token whose claim could not be read has an event in the record, and no other has one.
func TestIDTokenUnread(t *testing.T) {
	s := signers()[2].in(idTokenShape)
	v := newIDToken[jwtauth.NoClaims](t, idTokenConfig(s))
	for token, want := range map[string]bool{s.good(): false, setClaim("acr", "7")(s): true} {
		rec, r := carrier.Ensure(requestWith(""))
		if _, err := v.Verify(r.Context(), token, jwtauth.IDTokenRequest{Nonce: nonce}); err != nil {
			t.Fatal(err)
		}
		if got := rec.Facts().Events&carrier.ClaimsUnread != 0; got != want {
			t.Errorf("claims.unread is %v", got)
		}
	}
}

// The refusals name the fields of IDTokenConfig, and no part of a token.
func TestIDTokenRefusals(t *testing.T) {
	s := signers()[2].in(idTokenShape)
	v := newIDToken[jwtauth.NoClaims](t, idTokenConfig(s))
	for want, token := range map[string]string{
		`typ is not one of ["JWT" ""]`:                                                         setHeader("typ", `"at+jwt"`)(s),
		`iss is not "https://issuer.example" (IDTokenConfig.Issuer)`:                           setClaim("iss", `"hunter2"`)(s),
		`aud is not "https://api.example" (IDTokenConfig.ClientID)`:                            setClaim("aud", `"hunter2"`)(s),
		`azp is not "https://api.example" (IDTokenConfig.ClientID)`:                            setClaim("azp", `"hunter2"`)(s),
		`kid is not one of the keys of the issuer (IDTokenConfig.Keys)`:                        setHeader("kid", `"hunter2"`)(s),
		`exp is not at most 24h0m0s after iat (IDTokenConfig.MaxLifetime)`:                     setClaim("exp", at(time.Now().Add(48*time.Hour)))(s),
		`iat is not at most 1m0s in the future`:                                                setClaim("iat", at(time.Now().Add(time.Hour)))(s),
		`nonce is not the nonce of the login`:                                                  setClaim("nonce", `"hunter2"`)(s),
		"auth_time is missing":                                                                 deleteClaim("auth_time")(s),
		"auth_time is not at or after the LoginSince of the login":                             setClaim("auth_time", at(time.Now().Add(-3*time.Hour)))(s),
		`type is not that of an ID token`:                                                      setClaim("type", `"refresh"`)(s),
		`cnf is not absent: it binds the token to a key, and the request proves no possession`: setClaim("cnf", `"hunter2"`)(s),
	} {
		request := jwtauth.IDTokenRequest{Nonce: nonce, LoginSince: time.Now().Add(-2 * time.Hour)}
		_, err := v.Verify(t.Context(), token, request)
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got  %v\nwant …: %s", err, want)
		}
	}
}

func TestIDTokenFaults(t *testing.T) {
	s := signers()[2]
	const at = "jwtauth: IDTokenConfig."
	for name, tc := range map[string]struct {
		change func(*jwtauth.IDTokenConfig)
		want   []string
	}{
		"right":    {func(*jwtauth.IDTokenConfig) {}, nil},
		"nothing":  {func(cfg *jwtauth.IDTokenConfig) { *cfg = jwtauth.IDTokenConfig{} }, []string{at + "Issuer: is empty", at + "ClientID: ", at + "Keys: is nil"}},
		"ClientID": {func(cfg *jwtauth.IDTokenConfig) { cfg.ClientID = "a b" }, []string{at + `ClientID: "a b": is empty, or has a space`}},
		"secrets":  {func(cfg *jwtauth.IDTokenConfig) { cfg.Keys = sharedSecret(kid, randomSecret(32)) }, []string{at + "Keys: is a source of shared secrets"}},
		"lifetime": {func(cfg *jwtauth.IDTokenConfig) { cfg.MaxLifetime = -1 }, []string{at + `MaxLifetime: "-1ns": is negative; use a positive duration, or 0 for 24h0m0s`}},
		"size":     {func(cfg *jwtauth.IDTokenConfig) { cfg.MaxToken = 1 << 20 }, []string{at + "MaxToken: "}},
		"tenants":  {func(cfg *jwtauth.IDTokenConfig) { cfg.Tenants = []string{"common"} }, []string{at + "Tenants[0]: ", at + "Issuer: "}},
		"roles":    {func(cfg *jwtauth.IDTokenConfig) { cfg.RolesClaim = "nonce" }, []string{at + "RolesClaim: "}},
		"types":    {func(cfg *jwtauth.IDTokenConfig) { cfg.LogoutTypes = []string{"", "a b"} }, []string{at + `LogoutTypes[1]: "a b": is not a media type`}},
	} {
		cfg := idTokenConfig(s)
		tc.change(&cfg)
		t.Run(name, func(t *testing.T) {
			_, err := jwtauth.NewIDToken[jwtauth.NoClaims](cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
	_, err := jwtauth.NewIDToken[string](idTokenConfig(s))
	mwtest.Faults(t, err, "jwtauth: C: ")
}

// Every attack on access tokens has the listed outcome for ID tokens.
func TestIDTokenAttacks(t *testing.T) {
	p := profile{name: "ID tokens", shape: idTokenShape, differs: []difference{
		typJWT, typMissing, noAccessTyp, jtiOptional, lives24Hour, idTokenUse,
		{"", "no access token came with the ID token, and the code flow has no c_hash", nil, append(rowsOf("other claims", "at_hash", `"x"`, `""`, "1", "{}"),
			rowsOf("other claims", "c_hash", `"x"`, `""`, "1", "{}")...)},
		{"", "these say that it is an ID token", nil, []string{"type/type ID in the claims", "type/typ ID in the claims"}},
		{"", "nonce is that of the login", jwtauth.ErrClaims, rowsOf("other claims", "nonce", `"x"`, `""`, "1", "{}", "null")},
		{"", "an access token is no ID token", jwtauth.ErrType, []string{"type/type access in the claims", "type/typ access in the claims", "type/token_use access in the claims"}},
		{"", "there is one client ID", jwtauth.ErrAudience, []string{"aud/the other name of the service"}},
		{"", "no Authorization field is read", jwtauth.ErrMalformed, []string{"encoding/flattened JSON", "encoding/general JSON"}},
	}}
	eachSigner(t, func(t *testing.T, s *signer) {
		v := jwtauth.WithoutLeeway(newIDToken[jwtauth.NoClaims](t, idTokenConfig(s)))
		faults := p.faultsWith(t, loginOf(t, s, v, jwtauth.IDTokenRequest{Nonce: nonce}), s.in(p.shape), func(string) bool { return true })
		slices.Sort(faults)
		for _, fault := range faults {
			t.Error(fault)
		}
	})
}

const logoutEvents = `{"http://schemas.openid.net/event/backchannel-logout":{}}`

// logoutShape makes the tokens of the kit logout tokens.
var logoutShape = shape{object{{"typ", `"logout+jwt"`}}, object{
	{"client_id", ""}, {"scope", ""}, {"nbf", ""}, {"acr", ""}, {"auth_time", ""}, {"roles", ""}, {"org", ""}, {"events", logoutEvents},
}}

// A logout token of this issuer for this client is accepted, and no other token.
func TestVerifyLogout(t *testing.T) {
	set := func(changes ...[2]string) func(*signer) string {
		return editClaims(func(o object) object { return o.change(changes) })
	}
	older := func(typ string) func(*signer) string {
		return editHeader(func(o object) object { return o.change(object{{"typ", typ}}) })
	}
	for name, tc := range map[string]struct {
		token func(*signer) string
		types []string
		err   error
	}{
		"right":                       {(*signer).good, nil, nil},
		"sid alone":                   {set([2]string{"sub", ""}), nil, nil},
		"sub alone":                   {set([2]string{"sid", ""}), nil, nil},
		"neither":                     {set([2]string{"sid", ""}, [2]string{"sub", ""}), nil, jwtauth.ErrClaims},
		"neither, null":               {set([2]string{"sid", "null"}, [2]string{"sub", "null"}), nil, jwtauth.ErrClaims},
		"sid of a number":             {set([2]string{"sid", "7"}), nil, jwtauth.ErrClaims},
		"SID":                         {set([2]string{"SID", `"s-2"`}), nil, jwtauth.ErrMalformed},
		"nonce":                       {set([2]string{"nonce", quote(nonce)}), nil, jwtauth.ErrType},
		"nonce null":                  {set([2]string{"nonce", "null"}), nil, nil},
		"no events":                   {set([2]string{"events", ""}), nil, jwtauth.ErrType},
		"events null":                 {set([2]string{"events", "null"}), nil, jwtauth.ErrType},
		"events in a string":          {set([2]string{"events", quote(logoutEvents[2:40])}), nil, jwtauth.ErrType},
		"other events":                {set([2]string{"events", `{"http://schemas.openid.net/event/other":{}}`}), nil, jwtauth.ErrType},
		"event of a string":           {set([2]string{"events", strings.Replace(logoutEvents, "{}", `""`, 1)}), nil, jwtauth.ErrType},
		"event with members":          {set([2]string{"events", strings.Replace(logoutEvents, "{}", `{"a":1},"b":{}`, 1)}), nil, nil},
		"event twice":                 {set([2]string{"events", `{"a":{},"a":{}}`}), nil, jwtauth.ErrMalformed},
		"no jti":                      {set([2]string{"jti", ""}), nil, jwtauth.ErrClaims},
		"no iat":                      {set([2]string{"iat", ""}), nil, jwtauth.ErrClaims},
		"no exp":                      {set([2]string{"exp", ""}), nil, jwtauth.ErrClaims},
		"expired 61 s":                {set([2]string{"exp", at(time.Now().Add(-61 * time.Second))}, [2]string{"iat", at(time.Now().Add(-2 * time.Minute))}), nil, authn.ErrExpired},
		"iat in the future":           {set([2]string{"iat", at(time.Now().Add(62 * time.Second))}), nil, jwtauth.ErrNotYetValid},
		"other audience":              {set([2]string{"aud", `"https://other.example"`}), nil, jwtauth.ErrAudience},
		"several audiences":           {set([2]string{"aud", `["https://other.example",` + quote(audience) + `]`}), nil, nil},
		"other issuer":                {set([2]string{"iss", `"https://other.example"`}), nil, jwtauth.ErrIssuer},
		"at_hash":                     {set([2]string{"at_hash", `"x"`}), nil, jwtauth.ErrType},
		"typ of Keycloak":             {set([2]string{"typ", `"Logout"`}), nil, nil},
		"typ claim of an ID token":    {set([2]string{"typ", `"ID"`}), nil, jwtauth.ErrType},
		"forged":                      {func(s *signer) string { return otherSigners()[s.alg].in(logoutShape).good() }, nil, jwtauth.ErrSignature},
		"typ JWT":                     {older(`"JWT"`), nil, jwtauth.ErrType},
		"no typ":                      {older(""), nil, jwtauth.ErrType},
		"typ at+jwt":                  {older(`"at+jwt"`), []string{"JWT", ""}, jwtauth.ErrType},
		"typ JWT of an old provider":  {older(`"JWT"`), []string{"JWT", ""}, nil},
		"no typ of an old provider":   {older(""), []string{"JWT", ""}, nil},
		"an ID token of the provider": {func(s *signer) string { return s.in(idTokenShape).good() }, []string{"JWT", ""}, jwtauth.ErrType},
		"8192 bytes":                  {func(s *signer) string { return sizedToken(s, 8192, s.claims()) }, nil, nil},
		"too long":                    {func(*signer) string { return strings.Repeat("a", 9000) }, nil, jwtauth.ErrMalformed},
		"no token":                    {func(*signer) string { return "a.b" }, nil, jwtauth.ErrMalformed},
	} {
		eachSigner(t, func(t *testing.T, s *signer) {
			cfg := idTokenConfig(s)
			cfg.LogoutTypes = tc.types
			got, err := newIDToken[jwtauth.NoClaims](t, cfg).VerifyLogout(t.Context(), tc.token(s.in(logoutShape)))
			if !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("%s: %v, want %v", name, err, tc.err)
			}
			want := jwtauth.LogoutToken{Issuer: issuer, SessionID: "s-1", Subject: "ann", TokenID: "t-1", IssuedAt: got.IssuedAt, ExpiresAt: got.ExpiresAt}
			if name == "right" && (got != want || got.IssuedAt.IsZero() || got.ExpiresAt.IsZero()) || err != nil && got != (jwtauth.LogoutToken{}) {
				t.Errorf("%s: %+v", name, got)
			}
		})
	}
}
