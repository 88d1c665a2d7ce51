package jwtauth_test

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Names that one reader takes for another's.
func duplicateAttacks() []attack {
	plus := func(name, raw string) func(*signer) string {
		return claimsAs(func(o object) object { return o.plus(name, raw) })
	}
	first := func(name, raw string) func(*signer) string {
		return claimsAs(func(o object) object { return o.first(name, raw) })
	}
	instead := func(from, to string) func(*signer) string {
		return claimsAs(func(o object) object { return o.rename(from, to) })
	}
	inHeader := func(name, raw string) func(*signer) string {
		return headAs(func(o object) object { return o.plus(name, raw) })
	}
	return []attack{
		{"alg none first", headAs(func(o object) object { return o.first("alg", `"none"`) }), jwtauth.ErrMalformed},
		{"alg none last", inHeader("alg", `"none"`), jwtauth.ErrMalformed},
		{"kid twice", inHeader("kid", quote(kid)), jwtauth.ErrMalformed},
		{"typ twice", inHeader("typ", `"at+jwt"`), jwtauth.ErrMalformed},
		{"ALG", inHeader("ALG", `"none"`), jwtauth.ErrMalformed},
		{"Crit", inHeader("Crit", `["x"]`), jwtauth.ErrMalformed},
		{"jKu", inHeader("jKu", `"x"`), jwtauth.ErrMalformed},
		{"kid with a Kelvin sign", inHeader("\u212aid", `"x"`), jwtauth.ErrMalformed},
		{"kid with an escape", inHeader(`k\u0069d`, `"x"`), jwtauth.ErrMalformed},
		{"unknown member twice", headAs(func(o object) object { return o.plus("x", "1").plus("x", "1") }), jwtauth.ErrMalformed},
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
		{"Roles for roles", instead("roles", "Roles"), jwtauth.ErrMalformed},
		{"\u017fcope for scope", instead("scope", "\u017fcope"), jwtauth.ErrMalformed},
		{"Cnf", plus("Cnf", "{}"), jwtauth.ErrMalformed},
		{"ORG, the configured tenant", plus("ORG", `"rival"`), jwtauth.ErrMalformed},
		{"deep inside", claim("x", `[{"y":{"z":1,"z":2}}]`), jwtauth.ErrMalformed},
		{"deep inside, with an escape", claim("x", `{"https://x/y":1,"https:\/\/x\/y":2}`), jwtauth.ErrMalformed},
		{"the same name at two depths", claim("x", `{"x":{"sub":"y","exp":1},"y":{"sub":1}}`), nil},
		{"a variant of a name deep inside", claim("x", `{"Sub":"y"}`), nil},
		{"sub only, with an escape", claimsAs(func(o object) object { return o.rename("sub", `s\u0075b`) }), nil},
		{"a URL with escapes", claim(`https:\/\/x\/y`, "1"), nil},
		{"names that begin alike", claim("subs", "1"), nil},
		{"empty name", claim("", "1"), nil},
	}
}

func expAttacks() []attack {
	now := time.Now()
	past := func(ago time.Duration) func(*signer) string {
		return claimsAs(func(o object) object {
			return o.with("exp", at(now.Add(-ago))).with("iat", at(now.Add(-ago-time.Minute))).without("nbf").without("auth_time")
		})
	}
	return append(dates("exp", jwtauth.ErrClaims),
		attack{"missing", noClaim("exp"), jwtauth.ErrClaims},
		attack{"1 s ago", past(time.Second), authn.ErrExpired},
		attack{"1 y ago", past(365 * 24 * time.Hour), authn.ErrExpired},
		attack{"before iat", claim("exp", at(now.Add(-2*time.Minute))), jwtauth.ErrClaims},
		attack{"a day ahead", claim("exp", at(now.Add(24*time.Hour))), jwtauth.ErrClaims},
		attack{"year 9999", claim("exp", "253402300799"), jwtauth.ErrClaims},
		attack{"fraction", claim("exp", at(now.Add(time.Minute))+".75"), nil},
		attack{"exponent", claim("exp", at(now.Add(time.Minute))+"000e-3"), nil},
	)
}

// dates are values that are no date.
func dates(name string, want error) []attack {
	var all []attack
	for _, raw := range []string{"null", quote(at(time.Now().Add(time.Minute))), "0", "0.5", "-1", "1e308", "1e999", "1e19", "1e20", "253402300800", "253402300799.5", "true", "[1]", "{}", `""`} {
		all = append(all, attack{raw, claim(name, raw), want})
	}
	return all
}

func nbfAttacks() []attack {
	now := time.Now()
	return append(dates("nbf", jwtauth.ErrClaims),
		attack{"future", claim("nbf", at(now.Add(time.Minute))), jwtauth.ErrNotYetValid},
		attack{"missing", noClaim("nbf"), nil},
		attack{"long ago", claim("nbf", "1"), nil},
	)
}

func iatAttacks() []attack {
	now := time.Now()
	return append(dates("iat", jwtauth.ErrClaims),
		attack{"future", claim("iat", at(now.Add(time.Minute))), jwtauth.ErrNotYetValid},
		attack{"missing", noClaim("iat"), jwtauth.ErrClaims},
		attack{"long ago", claim("iat", "1"), jwtauth.ErrClaims},
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
		all = append(all, attack{raw, claim("aud", raw), jwtauth.ErrAudience})
	}
	return append(all,
		attack{"missing", noClaim("aud"), jwtauth.ErrAudience},
		attack{"string", claim("aud", q), nil},
		attack{"the other name of the service", claim("aud", `"other"`), nil},
		attack{"array", claim("aud", `[`+q+`]`), nil},
		attack{"array of many", claim("aud", `["a", "b\"", `+"\t"+q+` ,"" ]`), nil},
		attack{"with an escape", claim("aud", `["a","https:\/\/api.example"]`), nil},
	)
}

func issAttacks() []attack {
	var all []attack
	for _, raw := range []string{`"https://evil.example"`, quote(issuer + "/"), `"https://Issuer.example"`, `"HTTPS://issuer.example"`, `[` + quote(issuer) + `]`, "null", `""`, "1", "{}", quote(issuer + `\u0000`), quote(issuer + ".evil.example")} {
		all = append(all, attack{raw, claim("iss", raw), jwtauth.ErrIssuer})
	}
	return append(all, attack{"missing", noClaim("iss"), jwtauth.ErrIssuer})
}

func subAttacks() []attack {
	return append(identifiers("sub"), attack{"missing", noClaim("sub"), jwtauth.ErrClaims})
}

func jtiAttacks() []attack {
	return append(identifiers("jti"), attack{"missing", noClaim("jti"), jwtauth.ErrClaims})
}

// identifiers are values that identify nothing.
func identifiers(name string) []attack {
	var all []attack
	for _, raw := range []string{"7", `""`, "null", "true", `["ann"]`, `{}`, `"ann\u0000"`, `"a\nb"`, `"\u001b[0m"`, `"\u0085"`} {
		all = append(all, attack{name + " " + raw, claim(name, raw), jwtauth.ErrClaims})
	}
	return append(all, attack{name + " beyond ASCII", claim(name, `"j\u00fcrgen \ud83d\ude00 `+"\U0001F600"+`"`), nil})
}

func otherClaimAttacks() []attack {
	all := append(identifiers("client_id"), identifiers("sid")...)
	all = append(append(all, identifiers("acr")...), identifiers("org")...)
	all = append(all, dates("auth_time", jwtauth.ErrClaims)...)
	for name, wrong := range map[string][]string{
		"scope": {"1", "null", `{}`, `[1]`, `["a b"]`, `["a",""]`, `"a\tb"`, `"a\u00e9"`, `"a\"b"`},
		"roles": {"1", "null", `{}`, `"admin"`, `[1]`, `["a",null]`, `[""]`, `["a\u0000"]`, `[["a"]]`},
		"cnf":   {`{"jkt":"x"}`, `{}`, "null"},
	} {
		for _, raw := range wrong {
			all = append(all, attack{name + " " + raw, claim(name, raw), jwtauth.ErrClaims})
		}
	}
	for name, right := range map[string][]string{
		"scope": {`""`, `" "`, `"a  b "`, `[]`, `["a","b"]`, `"notes:read!"`},
		"roles": {`[]`, `[ "a" , "b c" ]`, `["r\u00f4le"]`, `["\"]","x"]`},
	} {
		for _, raw := range right {
			all = append(all, attack{name + " " + raw, claim(name, raw), nil})
		}
	}
	for _, name := range []string{"client_id", "sid", "acr", "auth_time", "scope", "roles", "org"} {
		all = append(all, attack{"no " + name, noClaim(name), nil})
	}
	return append(all, attack{"auth_time in the future", claim("auth_time", at(time.Now().Add(time.Minute))), jwtauth.ErrNotYetValid})
}
