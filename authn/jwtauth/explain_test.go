package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// lines returns the problems of a token, one a line.
func lines(problems []jwtauth.Problem) (all []string) {
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

// Each fault of a token is reported once, with the setting that would accept it.
func TestExplain(t *testing.T) {
	s := signers()[2]
	now := time.Now().Truncate(time.Second).UTC()
	date := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	withRules := config(s)
	ti := &withRules.Issuers[0]
	ti.Types, ti.Kind = []string{"JWT"}, []jwtauth.ClaimRule{{Claim: "token_use", In: []string{"access"}}, {Claim: "scp"}}
	ti.Require = []jwtauth.ClaimRule{{Claim: "firebase.provider", NotIn: []string{"anonymous"}}, {Claim: "email_verified", In: []string{"true"}}, {Claim: "azpacr", Absent: true}}
	ti.Clients, ti.ClientClaim = []string{"web"}, "x.app"
	tenants := tenantConfig(s, tenantID)
	legacy := config(s)
	legacy.Legacy = legacyOf()
	small := severalIssuers(s)
	small.Issuers[1].MaxToken, small.Issuers[1].MaxHeader = 20<<10, 8<<10
	one := config(s)
	short := jwtauth.Config{Issuer: issuer, Audience: []string{audience}, Keys: jwks.Static(s.key())}
	const settings = "(Config.Issuers[0]."

	for name, tc := range map[string]struct {
		cfg   jwtauth.Config
		token string
		want  []string
	}{
		"accepted":    {one, s.good(), nil},
		"too long":    {one, strings.Repeat("a", 9000), []string{"token: found 9000 bytes, wanted at most as long as the largest MaxToken of Config"}},
		"no token":    {one, "x.y", []string{"token: found another form, wanted three segments that are not empty"}},
		"no base64":   {one, s.good() + "=", []string{"token: found another form, wanted canonical base64url without padding"}},
		"forged":      {one, otherSigners()[s.alg].good(), []string{"signature: found another signature, wanted one of the key that kid names"}},
		"unknown kid": {one, setHeader("kid", `"x"`)(s), []string{`kid: found "x", wanted one of the keys of the issuer ` + settings + `Keys)`}},
		"alg none": {one, s.token(s.header().with("alg", `"none"`).with("typ", `"JWT"`).json(), claims().without("jti").json()), []string{
			`typ: found "JWT", wanted "at+jwt" ` + settings + `Types)`, `alg: found "none", wanted one that a key of the Verifier can have`, `jti is missing, wanted a value ` + settings + `OptionalTokenID)`}},
		"alg of another key": {one, setHeader("alg", `"RS256"`)(s), []string{`alg: found "RS256", wanted the Algorithm of the key that kid names`}},
		"no typ":             {one, editHeader(func(o object) object { return o.without("typ") })(s), []string{`typ is missing, wanted "at+jwt" ` + settings + `Types)`}},
		"typ of a number":    {one, setHeader("typ", "7")(s), []string{`typ: found another form, wanted "at+jwt" ` + settings + `Types)`}},
		"crit and aud": {one, s.token(s.header().with("crit", `["x"]`).json(), claims().with("aud", `["x","y"]`).json()), []string{
			"header: found another form, wanted without crit, b64, zip and enc", `aud: found ["x","y"], wanted one of ["other" "https://api.example"] ` + settings + `Audience)`}},
		"header twice": {one, s.token(s.header().add("kid", `"x"`).json(), claims().json()), []string{"header: found JSON: two members of one name, wanted one strict JSON object"}},
		"claims twice": {one, editClaims(func(o object) object { return o.add("sub", `"x"`) })(s), []string{"claims: found JSON: two members of one name, wanted one strict JSON object"}},
		"twice, several": {small, editClaims(func(o object) object { return o.add("sub", `"x"`) })(s), []string{
			"claims: found JSON: two members of one name, wanted one strict JSON object"}},
		"many": {one, s.token(s.header().with("typ", `"JWT"`).json(), object{{"iss", `"https://evil.example"`}, {"aud", "7"}, {"nonce", `"hunter2"`}, {"type", `"refresh"`}, {"cnf", "{}"},
			{"sub", "7"}, {"iat", at(now.Add(time.Hour))}, {"nbf", at(now.Add(2 * time.Hour))}, {"exp", at(now.Add(-time.Hour))}}.json()), []string{
			`typ: found "JWT", wanted "at+jwt" ` + settings + `Types)`,
			`iss: found "https://evil.example", wanted "https://issuer.example" ` + settings + `Issuer)`,
			`aud: found 7, wanted one of ["other" "https://api.example"] ` + settings + `Audience)`,
			"cnf: found an object, wanted absent: it binds the token to a key, and the request proves no possession (Config.Confirm)",
			`nonce: found a string, wanted absent: only ID tokens have it ` + settings + `IDTokens)`,
			`type: found a string, wanted that of an access token ` + settings + `Kind)`,
			"sub: found a number, wanted a string that is not empty and has no control characters",
			`jti is missing, wanted a value ` + settings + `OptionalTokenID)`,
			`iat: found ` + date(time.Hour) + `, wanted at most 0s in the future ` + settings + `Leeway)`,
			`nbf: found ` + date(2*time.Hour) + `, wanted at most 0s in the future ` + settings + `Leeway)`,
			`exp: found ` + date(-time.Hour) + `, wanted in the future`}},
		"long ago, and long": {one, s.token(s.header().json(), claims().with("iat", at(now.Add(-5*time.Hour))).with("exp", at(now.Add(-time.Hour))).json()), []string{
			`exp: found ` + date(-time.Hour) + `, wanted at most 1h0m0s after iat ` + settings + `MaxLifetime)`, `exp: found ` + date(-time.Hour) + `, wanted in the future`}},
		"no claims": {one, withPayload("{}")(s), []string{
			`iss is missing, wanted "https://issuer.example" ` + settings + `Issuer)`, `aud is missing, wanted one of ["other" "https://api.example"] ` + settings + `Audience)`,
			"sub is missing, wanted a value", `jti is missing, wanted a value ` + settings + `OptionalTokenID)`, "exp is missing, wanted a value", "iat is missing, wanted a value"}},
		"unreadable dates": {one, s.token(s.header().json(), claims().with("exp", `"x"`).with("iat", "null").with("nbf", "-1").json()), []string{
			"exp: found a string, wanted a number of seconds since 1970", "iat: found null, wanted a value", "nbf: found a number, wanted a number of seconds since 1970"}},
		"no exp, iat in the future": {one, s.token(s.header().json(), claims().without("exp").with("iat", at(now.Add(time.Hour))).json()), []string{
			"exp is missing, wanted a value", `iat: found ` + date(time.Hour) + `, wanted at most 0s in the future ` + settings + `Leeway)`}},
		"rules": {withRules, s.token(s.header().with("typ", `"JWT"`).json(), claims().with("token_use", `"hunter2"`).with("firebase", `"x"`).with("azpacr", "1").with("x", `{"app":"hunter2"}`).json()), []string{
			`token_use, scp: found token_use a string, scp missing, wanted as access tokens have it: token_use "access", or scp present and not empty ` + settings + `Kind)`,
			`firebase.provider: found another form, wanted a value outside ["anonymous"] ` + settings + `Require[0])`,
			`email_verified is missing, wanted "true" ` + settings + `Require[1])`,
			`azpacr: found a number, wanted absent ` + settings + `Require[2])`,
			`x.app: found a string, wanted "web" ` + settings + `Clients)`}},
		"details": {one, setClaim("authorization_details", `[{"type":"hunter2"}]`)(s), []string{
			"authorization_details: found an array, wanted absent: it limits what the token permits, and no field of C reads it (NewTyped)"}},
		"another issuer": {small, setIssuer("https://evil.example")(s), []string{
			`iss: found "https://evil.example", wanted one of ["https://issuer.example" "https://rival.example" "https://third.example"] (Config.Issuers)`}},
		"no iss, several": {small, deleteClaim("iss")(s), []string{
			`iss is missing, wanted one of ["https://issuer.example" "https://rival.example" "https://third.example"] (Config.Issuers)`}},
		"sizes of one issuer": {small, s.token(s.header().with("x", quote(strings.Repeat("x", 5000))).json(), claims().with("x", quote(strings.Repeat("x", 5000))).json()), []string{
			"token: found 139", "header: found 50"}},
		"tenant": {tenants, tenantToken(quote(ofTenant(otherTenantID)), quote(tenantID))(s), []string{
			`iss: found "https://login.example/` + otherTenantID + `/v2.0", wanted "https://login.example/{tenantid}/v2.0" (Config.Issuers)`}},
		"tid": {tenants, tenantToken(quote(ofTenant(tenantID)), quote(otherTenantID))(s), []string{`tid: found a string, wanted the tenant in iss`}},
		"legacy": {legacy, hs256(jwt.MapClaims{"purpose": "hunter2", "aud": "x", "exp": now.Add(20 * time.Hour).Unix()}), []string{
			`the set of claims: found "aud", "purpose", wanted a part of the accepted claims (Config.Legacy.Claims)`, "sub is missing, wanted a value",
			`exp: found ` + date(20*time.Hour) + `, wanted at most 12h0m0s after now (Config.Legacy.MaxLifetime)`}},
		"legacy, registered": {legacy, hs256(jwt.MapClaims{"sub": "7", "jti": "hunter2", "exp": now.Add(time.Hour).Unix()}), []string{
			`the set of claims: found "jti", wanted a part of the accepted claims (Config.Legacy.Claims)`}},
		"legacy, many": {legacy, hs256(jwt.MapClaims{"sub": "7", "exp": now.Add(time.Hour).Unix(),
			"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1}), []string{
			`the set of claims: found "a", "b", "c", "d", "e", "f", "g", "h" and more, wanted`}},
		"short form": {short, s.token(s.header().with("typ", `"JWT"`).json(), claims().with("aud", `"x"`).json()), []string{
			`typ: found "JWT", wanted "at+jwt" ` + settings + `Types)`, `aud: found "x", wanted "https://api.example" (Config.Audience)`}},
	} {
		t.Run(name, func(t *testing.T) {
			v := build(t, tc.cfg)
			got := lines(v.Explain(t.Context(), tc.token))
			if !slices.EqualFunc(got, tc.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
			if strings.Contains(strings.Join(got, "\n"), "hunter2") {
				t.Error("a value of the token is in the problems")
			}
			if _, err := v.Verify(t.Context(), tc.token); (err == nil) != (len(got) == 0) {
				t.Errorf("Verify: %v", err)
			}
		})
	}
}

// Explain shows no value of a claim but iss, aud and the dates.
func TestExplainShowsNoValue(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Issuers[0].Require = []jwtauth.ClaimRule{{Claim: "x", In: []string{"a"}}, {Claim: "y.z", NotIn: []string{"hunter2"[:3]}}}
	cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { t.Error("called"); return false, nil }
	v := typed[explained](t, cfg)
	const planted = "hunter2"
	for _, c := range claims() {
		if c[0] == "iss" || c[0] == "aud" {
			continue
		}
		for _, raw := range []string{`"hunter2"`, `"hunter2\u0000"`, `["hunter2",7]`, `{"hunter2":"hunter2"}`} {
			for name, token := range map[string]string{
				"in place": setClaim(c[0], raw)(s), "as sub too": editClaims(func(o object) object { return o.with(c[0], raw).with("sub", raw) })(s),
			} {
				text := fmt.Sprintf("%+v %s", v.Explain(t.Context(), token), lines(v.Explain(t.Context(), token)))
				if strings.Contains(text, planted) {
					t.Errorf("%s %s %s: %s", c[0], raw, name, text)
				}
			}
		}
	}
	for name, token := range map[string]string{
		"validated": s.token(s.header().json(), claims().with("x", `"a"`).with("y", `{"z":"b"}`).with("tier", `"hunter2"`).json()),
		"decoded":   s.token(s.header().json(), claims().with("x", `"a"`).with("y", `{"z":"b"}`).with("tier", `["hunter2"]`).json()),
		"variant":   s.token(s.header().json(), claims().with("x", `"a"`).with("y", `{"z":"b"}`).with("Tier", `"hunter2"`).json()),
	} {
		got := v.Explain(t.Context(), token)
		want := map[string]string{
			"validated": "the set of claims: found other values, wanted one that the Validate method of C accepts",
			"decoded":   "the set of claims: found claims of other types, wanted one that decodes into jwtauth_test.explained",
			"variant":   "a name: found another form, wanted exactly the name of a field of C, and differs by case only",
		}[name]
		if len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: %s", name, lines(got))
		}
	}
}

// explained is refused with an error that quotes a claim.
type explained struct {
	Tier string `json:"tier"`
}

func (e explained) Validate(context.Context) error {
	if e.Tier != "" {
		return fmt.Errorf("no such tier: %s", e.Tier)
	}
	return nil
}

// During an outage, Explain says so, and explains the claims all the same.
func TestExplainOutage(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Issuers[0].Keys = &fakeSource{err: errors.New("dial 10.0.0.1")}
	got := lines(build(t, cfg).Explain(t.Context(), deleteClaim("jti")(s)))
	if len(got) != 2 || !strings.HasPrefix(got[0], "kid: found ") || !strings.Contains(got[0], "dial 10.0.0.1") || !strings.HasPrefix(got[1], "jti is missing") {
		t.Errorf("%q", got)
	}
}

// An unknown issuer, or an algorithm that no key can have, makes Explain call no source, as
// with Verify.
func TestExplainCallsNoSource(t *testing.T) {
	s := signers()[2]
	src := &fakeSource{key: s.key()}
	cfg := severalIssuers(s)
	for i := range cfg.Issuers {
		cfg.Issuers[i].Keys = src
	}
	v := build(t, cfg)
	for _, token := range []string{setIssuer("x")(s), setHeader("alg", `"none"`)(s), setHeader("alg", `"HS256"`)(s), setHeader("crit", `["x"]`)(s), "a.b.c"} {
		if len(v.Explain(t.Context(), token)) == 0 || src.calls != 0 {
			t.Errorf("%q: %d calls", token, src.calls)
		}
	}
}

// The log alone must show an operator the field to change, with the names of the Config
// and of the claims. It must not show any part of a token.
func TestRefusals(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Issuers[0].Leeway, cfg.Issuers[0].MaxLifetime = 30*time.Second, 10*time.Minute
	cfg.Issuers[0].ScopeClaim, cfg.Issuers[0].RolesClaim = "scp", "https://notes.example/roles"
	v := build(t, cfg)
	const planted = "hunter2"
	now := time.Now()
	for name, tc := range map[string]struct {
		token func(*signer) string
		want  string
	}{
		"typ":       {setHeader("typ", quote(planted)), `typ is not "at+jwt" (Config.Issuers[0].Types)`},
		"alg":       {setHeader("alg", quote(planted)), "alg is not one that a key of the Verifier can have"},
		"key's alg": {setHeader("alg", `"RS256"`), "alg is not the Algorithm of the key that kid names"},
		"kid":       {setHeader("kid", quote(planted)), "kid is not one of the keys of the issuer (Config.Issuers[0].Keys)"},
		"iss":       {setClaim("iss", quote(planted)), `iss is not "https://issuer.example" (Config.Issuers[0].Issuer)`},
		"aud":       {setClaim("aud", quote(planted)), `aud is not one of ["other" "https://api.example"] (Config.Issuers[0].Audience)`},
		"sub":       {deleteClaim("sub"), "sub is missing"},
		"exp":       {setClaim("exp", quote(planted)), "exp is not a number of seconds since 1970"},
		"lifetime":  {setClaim("exp", at(now.Add(time.Hour))), "exp is not at most 10m0s after iat (Config.Issuers[0].MaxLifetime)"},
		"iat":       {setClaim("iat", at(now.Add(time.Minute))), "iat is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"nbf":       {setClaim("nbf", at(now.Add(time.Minute))), "nbf is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"auth_time": {setClaim("auth_time", at(now.Add(time.Minute))), "auth_time is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"sub, form": {setClaim("sub", `["`+planted+`"]`), "sub is not a string that is not empty and has no control characters"},
		"jti":       {deleteClaim("jti"), "jti is missing (Config.Issuers[0].OptionalTokenID)"},
		"nonce":     {setClaim("nonce", quote(planted)), "nonce is not absent: only ID tokens have it (Config.Issuers[0].IDTokens)"},
		"events":    {setClaim("events", quote(planted)), "events is not absent: only logout tokens and other event tokens have it"},
		"cnf":       {setClaim("cnf", quote(planted)), "cnf is not absent: it binds the token to a key, and the request proves no possession (Config.Confirm)"},
		"details": {setClaim("authorization_details", `[{"type":"`+planted+`"}]`),
			"authorization_details is not absent: it limits what the token permits, and no field of C reads it (NewTyped)"},
		"type":      {setClaim("type", `"refresh"`), "type is not that of an access token (Config.Issuers[0].Kind)"},
		"token_use": {setClaim("token_use", `"id"`), "token_use is not that of an access token (Config.Issuers[0].Kind)"},
	} {
		t.Run(name, func(t *testing.T) {
			token := tc.token(s)
			_, err := v.Verify(context.Background(), token)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+tc.want) {
				t.Fatalf("got  %v\nwant …: %s", err, tc.want)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("a part of the token is in %v", err)
			}
			if _, again := v.Verify(context.Background(), token); again != err {
				t.Error("the refusal is not shared between requests")
			}
		})
	}
}

// The refusals of one Verifier do not name the values of another Config.
func TestRefusalsAreOfOneVerifier(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Issuers[0].Types, cfg.Issuers[0].DangerouslyAnyKind, cfg.Issuers[0].MaxLifetime = []string{"JWT"}, true, time.Minute
	build(t, config(s))
	strict := build(t, cfg)
	build(t, config(s))
	_, err := strict.Verify(context.Background(), s.good())
	if err == nil || !strings.HasSuffix(err.Error(), `: typ is not "JWT" (Config.Issuers[0].Types)`) {
		t.Error(err)
	}
}

func TestLifetimeHasABound(t *testing.T) {
	s := signers()[2]
	for _, tc := range []struct {
		max  time.Duration
		long bool
		want []string
	}{
		{24 * time.Hour, false, nil},
		{24*time.Hour + 1, false, []string{`jwtauth: Issuers[0].MaxLifetime: "24h0m0.000000001s": a stolen token is good for as long, and cannot be revoked; write at most 24h`}},
		{30 * 24 * time.Hour, true, nil},
		{-1, true, []string{`jwtauth: Issuers[0].MaxLifetime: "-1ns": is negative; `}},
	} {
		cfg := config(s)
		cfg.Issuers[0].MaxLifetime, cfg.Issuers[0].DangerouslyLongLived = tc.max, tc.long
		_, err := jwtauth.New(cfg)
		mwtest.Faults(t, err, tc.want...)
	}
	cfg := config(s)
	cfg.Issuers[0].Leeway = time.Minute + 1
	_, err := jwtauth.New(cfg)
	mwtest.Faults(t, err, `jwtauth: Issuers[0].Leeway: "1m0.000000001s": is more than 1m0s; write at most 1m; keep the clocks by NTP`)
}
