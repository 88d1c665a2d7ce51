package jwtauth_test

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// duplicateAttacks have names that two readers take for different members.
func duplicateAttacks() []attack {
	plus := func(name, raw string) func(*signer) string {
		return editClaims(func(o object) object { return o.add(name, raw) })
	}
	first := func(name, raw string) func(*signer) string {
		return editClaims(func(o object) object { return o.prepend(name, raw) })
	}
	instead := func(from, to string) func(*signer) string {
		return editClaims(func(o object) object { // also if tokens of this shape do not have it
			return o.with(from, cmp.Or(o.value(from), claims().value(from))).rename(from, to)
		})
	}
	inHeader := func(name, raw string) func(*signer) string {
		return editHeader(func(o object) object { return o.add(name, raw) })
	}
	return []attack{
		{"alg none first", editHeader(func(o object) object { return o.prepend("alg", `"none"`) }), jwtauth.ErrMalformed},
		{"alg none last", inHeader("alg", `"none"`), jwtauth.ErrMalformed},
		{"kid twice", inHeader("kid", quote(kid)), jwtauth.ErrMalformed},
		{"typ twice", editHeader(func(o object) object {
			typ := cmp.Or(o.value("typ"), `"at+jwt"`)
			return o.with("typ", typ).add("typ", typ)
		}), jwtauth.ErrMalformed},
		{"ALG", inHeader("ALG", `"none"`), jwtauth.ErrMalformed},
		{"Crit", inHeader("Crit", `["x"]`), jwtauth.ErrMalformed},
		{"jKu", inHeader("jKu", `"x"`), jwtauth.ErrMalformed},
		{"kid with a Kelvin sign", inHeader("\u212aid", `"x"`), jwtauth.ErrMalformed},
		{"kid with an escape", inHeader(`k\u0069d`, `"x"`), jwtauth.ErrMalformed},
		{"unknown member twice", editHeader(func(o object) object { return o.add("x", "1").add("x", "1") }), jwtauth.ErrMalformed},
		{"sub twice", plus("sub", `"admin"`), jwtauth.ErrMalformed},
		{"sub twice, first", first("sub", `"admin"`), jwtauth.ErrMalformed},
		{"sub twice, the same", plus("sub", `"ann"`), jwtauth.ErrMalformed},
		{"exp twice", plus("exp", at(time.Now().Add(time.Minute))), jwtauth.ErrMalformed},
		{"SUB", plus("SUB", `"admin"`), jwtauth.ErrMalformed},
		{"SUB, first", first("SUB", `"admin"`), jwtauth.ErrMalformed},
		{"sub with an escape", plus(`s\u0075b`, `"admin"`), jwtauth.ErrMalformed},
		{"sub with an escape, first", first(`\u0073ub`, `"admin"`), jwtauth.ErrMalformed},
		{"SUB with an escape", plus(`\u0053ub`, `"admin"`), jwtauth.ErrMalformed},
		{"sub with a long s", plus("\u017fub", `"admin"`), jwtauth.ErrMalformed},
		{"sub with a long s as an escape", plus(`\u017fub`, `"admin"`), jwtauth.ErrMalformed},
		{"Aud for aud", instead("aud", "Aud"), jwtauth.ErrMalformed},
		{"Exp for exp", instead("exp", "Exp"), jwtauth.ErrMalformed},
		{"ISS for iss", instead("iss", "ISS"), jwtauth.ErrMalformed},
		{"Roles for roles", instead("roles", "Roles"), nil},
		{"\u017fcope for scope", instead("scope", "\u017fcope"), nil},
		{"Type", plus("Type", `"refresh"`), nil},
		{"SID", plus("SID", `"s-2"`), nil},
		{"Jti", plus("Jti", `"t-2"`), nil},
		{"Nonce", plus("Nonce", `"n"`), jwtauth.ErrMalformed},
		{"EVENTS", plus("EVENTS", `{}`), jwtauth.ErrMalformed},
		{"Cnf", plus("Cnf", "{}"), jwtauth.ErrMalformed},
		{"Authorization_Details", plus("Authorization_Details", "[]"), jwtauth.ErrMalformed},
		{"deep inside", setClaim("x", `[{"y":{"z":1,"z":2}}]`), jwtauth.ErrMalformed},
		{"deep inside, with an escape", setClaim("x", `{"https://x/y":1,"https:\/\/x\/y":2}`), jwtauth.ErrMalformed},
		{"the same name at two depths", setClaim("x", `{"x":{"sub":"y","exp":1},"y":{"sub":1}}`), nil},
		{"a variant of a name deep inside", setClaim("x", `{"Sub":"y"}`), nil},
		{"sub only, with an escape", editClaims(func(o object) object { return o.rename("sub", `s\u0075b`) }), nil},
		{"a URL with escapes", setClaim(`https:\/\/x\/y`, "1"), nil},
		{"names that begin alike", setClaim("subs", "1"), nil},
		{"empty name", setClaim("", "1"), nil},
	}
}

func expAttacks() []attack {
	now := time.Now()
	past := func(ago time.Duration) func(*signer) string {
		return editClaims(func(o object) object {
			return o.with("exp", at(now.Add(-ago))).with("iat", at(now.Add(-ago-time.Minute))).without("nbf").without("auth_time")
		})
	}
	return append(dateAttacks("exp", jwtauth.ErrClaims),
		attack{"missing", deleteClaim("exp"), jwtauth.ErrClaims},
		attack{"1 s ago", past(time.Second), authn.ErrExpired},
		attack{"1 y ago", past(365 * 24 * time.Hour), authn.ErrExpired},
		attack{"before iat", setClaim("exp", at(now.Add(-2*time.Minute))), jwtauth.ErrClaims},
		attack{"a day ahead", setClaim("exp", at(now.Add(24*time.Hour))), jwtauth.ErrClaims},
		attack{"61 min after iat", setClaim("exp", at(now.Add(60*time.Minute))), jwtauth.ErrClaims},
		attack{"97 min after iat", setClaim("exp", at(now.Add(96*time.Minute))), jwtauth.ErrClaims},
		attack{"20 h after iat", setClaim("exp", at(now.Add(20*time.Hour))), jwtauth.ErrClaims},
		attack{"year 9999", setClaim("exp", "253402300799"), jwtauth.ErrClaims},
		attack{"fraction", setClaim("exp", at(now.Add(time.Minute))+".75"), nil},
		attack{"exponent", setClaim("exp", at(now.Add(time.Minute))+"000e-3"), nil},
	)
}

// dateAttacks give a claim values that are not dates. The values in absent count as no
// claim, and are accepted.
func dateAttacks(name string, want error, absent ...string) []attack {
	var all []attack
	for _, raw := range []string{"null", quote(at(time.Now().Add(time.Minute))), "0", "0.5", "-1", "1e308", "1e999", "1e19", "1e20", "253402300800", "253402300799.5", "true", "[1]", "{}", `""`} {
		if slices.Contains(absent, raw) {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), nil})
		} else {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), want})
		}
	}
	return all
}

func nbfAttacks() []attack {
	now := time.Now()
	return append(dateAttacks("nbf", jwtauth.ErrClaims, "null", "0"),
		attack{"future", setClaim("nbf", at(now.Add(time.Minute))), jwtauth.ErrNotYetValid},
		attack{"missing", deleteClaim("nbf"), nil},
		attack{"long ago", setClaim("nbf", "1"), nil},
	)
}

func iatAttacks() []attack {
	now := time.Now()
	return append(dateAttacks("iat", jwtauth.ErrClaims),
		attack{"future", setClaim("iat", at(now.Add(time.Minute))), jwtauth.ErrNotYetValid},
		attack{"missing", deleteClaim("iat"), jwtauth.ErrClaims},
		attack{"long ago", setClaim("iat", "1"), jwtauth.ErrClaims},
	)
}

func audAttacks() []attack {
	q := quote(audience)
	var all []attack
	for _, raw := range []string{
		`"https://web.example"`, `""`, `[]`, `[""]`, `null`, `1`, `[` + q + `,1]`, `[1,` + q + `]`, `[null,` + q + `]`, `{"aud":` + q + `}`, `true`,
		quote(audience[:len(audience)-1]), quote(audience + "/"), quote("HTTPS://api.example"), quote(audience + " " + audience), quote("other " + audience),
		`[[` + q + `]]`, `[{"a":` + q + `}]`, quote(audience + `\u0000`), `["a","b"]`, `[ "x" , [ ` + q + ` ] ]`,
	} {
		all = append(all, attack{raw, setClaim("aud", raw), jwtauth.ErrAudience})
	}
	for _, name := range []string{"client_id", "azp", "cid", "appid", "scope", "sub"} {
		all = append(all,
			attack{"missing, and " + name + " in its place", editClaims(func(o object) object { return o.without("aud").with(name, q) }), jwtauth.ErrAudience},
			attack{"another one, and " + name + " in its place", editClaims(func(o object) object { return o.with("aud", `"x"`).with(name, q) }), jwtauth.ErrAudience},
		)
	}
	return append(all,
		attack{"missing", deleteClaim("aud"), jwtauth.ErrAudience},
		attack{"string", setClaim("aud", q), nil},
		attack{"the other name of the service", setClaim("aud", `"other"`), nil},
		attack{"array", setClaim("aud", `[`+q+`]`), nil},
		attack{"array of many", setClaim("aud", `["a", "b\"", `+"\t"+q+` ,"" ]`), nil},
		attack{"with an escape", setClaim("aud", `["a","https:\/\/api.example"]`), nil},
	)
}

func issAttacks() []attack {
	var all []attack
	for _, raw := range []string{`"https://evil.example"`, quote(issuer + "/"), `"https://Issuer.example"`, `"HTTPS://issuer.example"`, `[` + quote(issuer) + `]`, "null", `""`, "1", "{}", quote(issuer + `\u0000`), quote(issuer + ".evil.example")} {
		all = append(all, attack{raw, func(s *signer) string {
			return setClaim("iss", strings.ReplaceAll(raw, issuer, s.iss()))(s)
		}, jwtauth.ErrIssuer})
	}
	return append(all, attack{"missing", deleteClaim("iss"), jwtauth.ErrIssuer})
}

func subAttacks() []attack {
	return append(identifierAttacks("sub", jwtauth.ErrClaims), attack{"missing", deleteClaim("sub"), jwtauth.ErrClaims})
}

func jtiAttacks() []attack {
	return append(identifierAttacks("jti", jwtauth.ErrClaims), attack{"missing", deleteClaim("jti"), jwtauth.ErrClaims})
}

// identifierAttacks give a claim values that are not identifiers.
func identifierAttacks(name string, want error) []attack {
	var all []attack
	for _, raw := range append([]string{"null"}, identifiersNot...) {
		all = append(all, attack{name + " " + raw, setClaim(name, raw), want})
	}
	return append(all, attack{name + " beyond ASCII", setClaim(name, `"j\u00fcrgen \ud83d\ude00 `+"\U0001F600"+`"`), nil})
}

// unreadable are values of the claims that only inform, in forms that cannot be read. They do
// not refuse a token: TestUnreadableClaims checks that they fill no field.
var unreadable = map[string][]string{
	"scope": {"1", `{}`, `[1]`, `["a b"]`, `["a",""]`, `"a\tb"`, `"a\u00e9"`, `"a\"b"`},
	"roles": {"1", `{}`, `[1]`, `["a",null]`, `[""]`, `["a\u0000"]`, `[["a"]]`, `[{"id":1}]`, `""`},
}

// otherClaimAttacks are about the claims that only inform, and about cnf and
// authorization_details.
func otherClaimAttacks() []attack {
	var all []attack
	for _, name := range []string{"client_id", "sid", "acr", "org"} {
		all = append(all, identifierAttacks(name, nil)...)
	}
	all = append(all, dateAttacks("auth_time", nil)...)
	for name, values := range unreadable {
		for _, raw := range values {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), nil})
		}
	}
	for _, raw := range []string{`{"jkt":"x"}`, `{}`, `""`, "0", "false", "[]"} {
		all = append(all, attack{"cnf " + raw, setClaim("cnf", raw), jwtauth.ErrClaims})
	}
	for _, raw := range []string{`[{"type":"payment","limit":100}]`, `[]`, `{}`, `""`, "0", "false"} {
		all = append(all, attack{"authorization_details " + raw, setClaim("authorization_details", raw), jwtauth.ErrClaims})
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "events"} {
		for _, raw := range []string{`"x"`, `""`, "1", "{}"} {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), jwtauth.ErrType})
		}
		all = append(all, attack{name + " null", setClaim(name, "null"), nil})
	}
	for name, right := range map[string][]string{
		"scope": {`""`, `" "`, `"a  b "`, `[]`, `["a","b"]`, `"notes:read!"`, "null"},
		"roles": {`[]`, `[ "a" , "b c" ]`, `["r\u00f4le"]`, `["\"]","x"]`, `"admin"`, "null"},
		"cnf":   {"null"},

		"authorization_details": {"null"},
	} {
		for _, raw := range right {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), nil})
		}
	}
	for _, name := range []string{"client_id", "sid", "acr", "auth_time", "scope", "roles", "org"} {
		all = append(all, attack{"no " + name, deleteClaim(name), nil})
	}
	return append(all, attack{"auth_time in the future", setClaim("auth_time", at(time.Now().Add(time.Minute))), jwtauth.ErrNotYetValid})
}

// A claim that only informs and cannot be read leaves its field empty, and the record of the
// request says so. With a cache this holds for each request.
func TestUnreadableClaims(t *testing.T) {
	s := signers()[2]
	cfg := cachedConfig(s, 8)
	v := build(t, cfg)
	rows := map[string][]string{
		"client_id": identifiersNot, "sid": identifiersNot, "acr": identifiersNot, "org": identifiersNot,
		"auth_time": {`"1"`, "0.5", "-1", "1e308", "253402300800", "true", "[1]", "{}", `""`},
		"scope":     unreadable["scope"], "roles": unreadable["roles"],
	}
	read := map[string]func(*authn.Principal) any{
		"client_id": func(p *authn.Principal) any { return p.ClientID }, "sid": func(p *authn.Principal) any { return p.SessionID },
		"acr": func(p *authn.Principal) any { return p.ACR }, "org": func(p *authn.Principal) any { return p.Tenant },
		"auth_time": func(p *authn.Principal) any { return p.AuthTime }, "scope": func(p *authn.Principal) any { return p.Scopes },
		"roles": func(p *authn.Principal) any { return p.Roles },
	}
	check := func(name, raw, token string, unread bool) {
		t.Helper()
		for range 2 {
			rec, r := carrier.Ensure(requestWith(bearer(token)))
			p, err := v.Verify(r.Context(), token)
			if err != nil {
				t.Errorf("%s %s: %v", name, raw, err)
				continue
			}
			if value := reflect.ValueOf(read[name](p)); !value.IsZero() {
				t.Errorf("%s %s is read as %v", name, raw, value)
			}
			if got := rec.Facts().Events&carrier.ClaimsUnread != 0; got != unread {
				t.Errorf("%s %s: claims.unread is %v", name, raw, got)
			}
		}
	}
	for name, values := range rows {
		for _, raw := range values {
			check(name, raw, setClaim(name, raw)(s), true)
		}
		check(name, "null", setClaim(name, "null")(s), false)
		check(name, "absent", deleteClaim(name)(s), false)
	}
	check("auth_time", "0", setClaim("auth_time", "0")(s), false)
	cfg.Issuers[0].RolesClaim, cfg.Issuers[0].ScopeClaim, cfg.Issuers[0].TenantClaim, cfg.Issuers[0].ClientClaim = "x.roles", "x.scope", "x.org", "x.app"
	v = build(t, cfg)
	for _, name := range []string{"roles", "scope", "org", "client_id"} {
		check(name, "inside a string", setClaim("x", `"y"`)(s), true)
		check(name, "inside an empty object", setClaim("x", `{}`)(s), false)
	}
}

// identifiersNot are values that are not identifiers.
var identifiersNot = []string{"7", `""`, "true", `["ann"]`, `{}`, `"ann\u0000"`, `"a\nb"`, `"\u001b[0m"`, `"\u0085"`}

// With Config.Revoked, sid and jti decide: a form that cannot be read, or a case variant,
// refuses the token. All other outcomes are the same as without it.
func TestAttacksWithRevoked(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		cfg := config(s)
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return false, nil }
		site := newSite(t, build(t, cfg))
		site.inProcessOnly = true
		for _, g := range attackGroups {
			for _, a := range g.cases() {
				switch raw, isSid := strings.CutPrefix(a.name, "sid "); {
				case isSid && slices.Contains(identifiersNot, raw):
					a.want = jwtauth.ErrClaims
				case a.name == "SID" || a.name == "Jti":
					a.want = jwtauth.ErrMalformed
				}
				t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
			}
		}
	})
}

// A token may have claims of its own whose names are case variants of those that only inform.
// They fill no field.
func TestClaimsOfItsOwn(t *testing.T) {
	s := signers()[2]
	for _, cfg := range []jwtauth.Config{config(s), severalIssuers(s), cachedConfig(s, 8)} {
		v := build(t, cfg)
		for _, name := range []string{"Type", "TYP", "Token_Use", "Scope", "Roles", "ROLES", "ORG", "Sid", "JTI", "Acr", "Auth_Time", "Client_ID", "\u017fcope", "Azp", "Name"} {
			for _, raw := range []string{`"admin"`, `["admin"]`, `{"x":1}`, "7", "null"} {
				for _, at := range []func(*signer) string{
					editClaims(func(o object) object { return o.add(name, raw) }), editClaims(func(o object) object { return o.prepend(name, raw) }),
				} {
					p, err := v.Verify(t.Context(), at(s))
					if err != nil || p.TokenID != "t-1" || p.SessionID != "s-1" || p.Tenant != "acme" || p.ACR != "mfa" || p.ClientID != "web" ||
						!slices.Equal(p.Roles, []string{"admin", "editor"}) || !slices.Equal(p.Scopes, []string{"notes:read", "notes:write"}) {
						t.Errorf("%s %s: %+v, %v", name, raw, p, err)
					}
				}
			}
		}
	}
}
