package jwtauth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// newSiteOf returns a site that trusts the issuer s with edited settings.
func newSiteOf(t *testing.T, s *signer, edit func(*jwtauth.TrustedIssuer)) *site {
	t.Helper()
	cfg := config(s)
	edit(&cfg.Issuers[0])
	return newSite(t, build(t, cfg))
}

// plain makes a token of type JWT, with edited claims.
func plain(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().with("typ", `"JWT"`).json(), edit(claims()).json()) }
}

// A rule meets the values of the table, or refuses them. "" is an absent claim.
func TestRequire(t *testing.T) {
	s := signers()[2]
	in, notIn := []string{"a", "7", "true"}, []string{"a", "0", "true"}
	for _, tc := range []struct {
		name    string
		rule    jwtauth.ClaimRule
		met     []string
		refused []string
	}{
		{"present", jwtauth.ClaimRule{Claim: "x"},
			[]string{`"a"`, `["a"]`, `[null]`, `{"a":1}`, "0", "1.5", "false", "true", `"\u0000"`},
			[]string{"", "null", `""`, `" "`, `[]`, `{}`, "[ \t]", "{ \n}"}},
		{"In", jwtauth.ClaimRule{Claim: "x", In: in},
			[]string{`"a"`, `"\u0061"`, "7", `"7"`, "true", `"true"`, `["a"]`, `["b","a"]`, `[ "b" , "7" ]`},
			[]string{"", "null", `""`, `"A"`, `"a "`, `"b"`, "77", "7.0", "7e0", "70e-1", "-7", "false", `[]`, `[7]`, `["b"]`, `["a",7]`, `["a",null]`, `[["a"]]`, `{}`, `{"a":1}`, `{"x":"a"}`}},
		{"NotIn", jwtauth.ClaimRule{Claim: "x", NotIn: notIn},
			[]string{`"b"`, `"A"`, "7", "false", `["b"]`, `["b","c"]`},
			[]string{"", "null", `""`, `"a"`, `"\u0061"`, "0", "-0", "0.0", "0e0", "1.5", "true", `"true"`, `[]`, `["a"]`, `["b","a"]`, `["b",7]`, `[0]`, `[null]`, `{}`, `{"a":1}`, strings.Repeat("9", 20)}},
		{"optional", jwtauth.ClaimRule{Claim: "x", Optional: true},
			[]string{"", "null", `"a"`}, []string{`""`, `[]`, `{}`}},
		{"In, optional", jwtauth.ClaimRule{Claim: "x", In: in, Optional: true},
			[]string{"", "null", `"a"`}, []string{`"b"`, `""`, `[]`, `{}`, "[null]"}},
		{"NotIn, optional", jwtauth.ClaimRule{Claim: "x", NotIn: notIn, Optional: true},
			[]string{"", "null", `"b"`}, []string{`"a"`, `""`, `[]`, `{}`}},
		{"Absent", jwtauth.ClaimRule{Claim: "x", Absent: true},
			[]string{"", "null"}, []string{`""`, "0", "false", `[]`, `{}`, `"a"`}},
		{"path", jwtauth.ClaimRule{Claim: "x.y", In: in},
			[]string{`{"y":"a"}`, `{"z":1,"y":["a"]}`, `{"\u0079":"a"}`},
			[]string{"", "null", `{}`, `{"y":null}`, `{"y":"b"}`, `"a"`, `["a"]`, `[{"y":"a"}]`, "7", `{"Y":"a"}`, `{"y":"a","Y":"b"}`, `{"y":{"y":"a"}}`}},
		{"path, optional", jwtauth.ClaimRule{Claim: "x.y", NotIn: notIn, Optional: true},
			[]string{"", "null", `{}`, `{"y":null}`, `{"y":"b"}`},
			[]string{`{"y":"a"}`, `"b"`, `["b"]`, "7", "false", `{"Y":"b"}`}},
		{"path, Absent", jwtauth.ClaimRule{Claim: "x.y", Absent: true},
			[]string{"", "null", `{}`, `{"z":1}`}, []string{`{"y":"b"}`, `"b"`, `[]`, `{"Y":"b"}`}},
		{"pointer", jwtauth.ClaimRule{Claim: "/x/my.y/a~1b~0", In: in},
			[]string{`{"my.y":{"a/b~":"a"}}`}, []string{"", `{"my":{"y":"a"}}`, `{"my.y":{"a/b":"a"}}`}},
		{"sub", jwtauth.ClaimRule{Claim: "sub", In: []string{"ann"}}, []string{"", `"a"`}, nil},
		{"another sub", jwtauth.ClaimRule{Claim: "sub", In: []string{"bob"}}, nil, []string{"", `"a"`}},
	} {
		site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) {
			ti.Require = []jwtauth.ClaimRule{{Claim: "extra"}, tc.rule}
		})
		run := func(raw string, want error) {
			t.Run(tc.name+"/"+raw, func(t *testing.T) {
				token := setClaim("x", raw)
				if raw == "" {
					token = deleteClaim("x")
				}
				site.runAttack(t, s, attack{raw, token, want}, nil)
			})
		}
		for _, raw := range tc.met {
			run(raw, nil)
		}
		for _, raw := range tc.refused {
			run(raw, jwtauth.ErrClaims)
		}
		site.runAttack(t, s, attack{"the other rule", deleteClaim("extra"), jwtauth.ErrClaims}, nil)
		if tc.rule.Claim != "sub" {
			site.runAttack(t, s, attack{"a case variant", editClaims(func(o object) object { return o.with("x", `"a"`).with("X", `"a"`) }), jwtauth.ErrMalformed}, nil)
		}
	}
}

// A token of an accepted type needs at least one rule of Kind.
func TestKind(t *testing.T) {
	s := signers()[2]
	plainClaim := func(name, raw string) func(*signer) string {
		return plain(func(o object) object { return o.with(name, raw) })
	}
	site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) {
		ti.Types = []string{"JWT", ""}
		ti.Kind = []jwtauth.ClaimRule{{Claim: "token_use", In: []string{"access", "m2m"}}, {Claim: "scp"}, {Claim: "gty", In: []string{"client-credentials"}}}
	})
	same := func(o object) object { return o }
	for _, a := range []attack{
		{"In", plainClaim("token_use", `"access"`), nil},
		{"In, the other value", plainClaim("token_use", `"m2m"`), nil},
		{"presence", plainClaim("scp", `"x"`), nil},
		{"presence of an array", plainClaim("scp", `["x"]`), nil},
		{"array", plainClaim("gty", `["password","client-credentials"]`), nil},
		{"without typ", func(s *signer) string {
			return s.token(s.header().without("typ").json(), claims().with("scp", `"x"`).json())
		}, nil},
		{"no claim", plain(same), jwtauth.ErrType},
		{"another value", plainClaim("token_use", `"other"`), jwtauth.ErrType},
		{"another case", plainClaim("token_use", `"Access"`), jwtauth.ErrType},
		{"empty", plainClaim("scp", `""`), jwtauth.ErrType},
		{"empty array", plainClaim("scp", `[]`), jwtauth.ErrType},
		{"null", plainClaim("scp", `null`), jwtauth.ErrType},
		{"a number in an array", plainClaim("gty", `["client-credentials",7]`), jwtauth.ErrType},
		{"at+jwt, not in Types", setClaim("scp", `"x"`), jwtauth.ErrType},
		{"refresh all the same", plain(func(o object) object { return o.with("scp", `"x"`).with("typ", `"Refresh"`) }), jwtauth.ErrType},
		{"token_use id beside scp", plain(func(o object) object { return o.with("scp", `"x"`).with("token_use", `"id"`) }), jwtauth.ErrType},
		{"at_hash beside scp", plain(func(o object) object { return o.with("scp", `"x"`).with("at_hash", `"x"`) }), jwtauth.ErrType},
		{"events beside scp", plain(func(o object) object { return o.with("scp", `"x"`).with("events", `{}`) }), jwtauth.ErrType},
		{"SCP", plainClaim("SCP", `"x"`), jwtauth.ErrMalformed},
		{"Token_Use beside it", plain(func(o object) object { return o.with("scp", `"x"`).with("Token_Use", `"id"`) }), jwtauth.ErrMalformed},
	} {
		t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
	}
}

// With DangerouslyAnyKind, all of these tokens are accepted that an access token could not be
// told from. The ones that say what they are stay refused.
func TestDangerouslyAnyKind(t *testing.T) {
	s := signers()[2]
	site := newSiteOf(t, s, func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.DangerouslyAnyKind = []string{"JWT"}, true })
	for _, a := range []attack{
		{"plain", plain(func(o object) object { return o }), nil},
		{"token_type refresh", plain(func(o object) object { return o.with("token_type", `"refresh"`) }), nil},
		{"typ Logout", plain(func(o object) object { return o.with("typ", `"Logout"`) }), nil},
		{"typ Refresh", plain(func(o object) object { return o.with("typ", `"Refresh"`) }), jwtauth.ErrType},
		{"type id_token", plain(func(o object) object { return o.with("type", `"id_token"`) }), jwtauth.ErrType},
		{"nonce", plain(func(o object) object { return o.with("nonce", `"x"`) }), jwtauth.ErrType},
		{"events", plain(func(o object) object { return o.with("events", `{"x":{}}`) }), jwtauth.ErrType},
	} {
		t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
	}
}

func TestRuleFaults(t *testing.T) {
	s := signers()[2]
	for name, tc := range map[string]struct {
		kind, require []jwtauth.ClaimRule
		want          []string
	}{
		"no claim":      {require: []jwtauth.ClaimRule{{}, {Claim: "x"}}, want: []string{`Require[0].Claim: is empty; name a claim`}},
		"In and NotIn":  {require: []jwtauth.ClaimRule{{Claim: "x", In: []string{"a"}, NotIn: []string{"b"}}}, want: []string{`Require[0].Claim: "x": has a rule with more than one of`}},
		"Absent and In": {require: []jwtauth.ClaimRule{{Claim: "x", In: []string{"a"}, Absent: true}}, want: []string{`Require[0].Claim: "x": has a rule with more than one of`}},
		"registered":    {require: []jwtauth.ClaimRule{{Claim: "aud"}, {Claim: "exp.x"}}, want: []string{`Require[0].Claim: "aud": is a registered claim`, `Require[1].Claim: "exp.x": is a registered claim`}},
		"a path of jti": {require: []jwtauth.ClaimRule{{Claim: "jti.x"}}, want: []string{`Require[0].Claim: "jti.x": is a registered claim`}},
		"absent, NotIn": {require: []jwtauth.ClaimRule{{Claim: "x", Absent: true, NotIn: []string{"a"}}}, want: []string{"Require[0].Claim: \"x\""}},
		"a variant":     {require: []jwtauth.ClaimRule{{Claim: "Sub"}}, want: []string{`Require[0].Claim: "Sub": differs from sub by case only`}},
		"no name":       {require: []jwtauth.ClaimRule{{Claim: "a..b"}, {Claim: "/"}, {Claim: "a b"}, {Claim: "."}}, want: []string{`Require[0].Claim: "a..b": is not the name`, `Require[1].Claim: "/": `, `Require[2].Claim: "a b": `, `Require[3].Claim: ".": `}},
		"too deep":      {require: []jwtauth.ClaimRule{{Claim: strings.Repeat("a.", 16) + "a"}, {Claim: strings.Repeat("a.", 15) + "a"}}, want: []string{`Require[0].Claim: "a.a.`}},
		"Kind, Optional": {kind: []jwtauth.ClaimRule{{Claim: "x", Optional: true}, {Claim: "x", NotIn: []string{"y"}}, {Claim: "x", Absent: true}, {Claim: "x"}},
			want: []string{`Kind[0].Claim: "x": has a rule that tokens of kinds not yet known meet too; use In`, `Kind[1].Claim: "x": has a rule that`, `Kind[2].Claim: "x": has a rule that`}},
		"sub in Kind":           {kind: []jwtauth.ClaimRule{{Claim: "sub"}, {Claim: "sub", In: []string{"ann"}}}, want: []string{`Kind[0].Claim: "sub": is a claim that tokens of every kind have; name another claim`}},
		"all that there may be": {require: manyRules(11)}, // beside client_id, scope and org
		"too many":              {require: manyRules(13), want: []string{`Require[11].Claim: "c11": is one claim more than the 14`, `Require[12].Claim: "c12": is one claim more`}},
		"very many":             {require: manyRules(90), want: manyFaults(11, 90)},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.Issuers[0].RolesClaim = ""
			cfg.Issuers[0].Kind, cfg.Issuers[0].Require = tc.kind, tc.require
			for i := range tc.want {
				tc.want[i] = "jwtauth: Issuers[0]." + tc.want[i]
			}
			_, err := jwtauth.New(cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

func manyRules(n int) []jwtauth.ClaimRule {
	rules := make([]jwtauth.ClaimRule, n)
	for i := range rules {
		rules[i].Claim = fmt.Sprintf("c%d", i)
	}
	return rules
}

func manyFaults(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf(`Require[%d].Claim: "c%d": is one claim more`, i, i))
	}
	return all
}
