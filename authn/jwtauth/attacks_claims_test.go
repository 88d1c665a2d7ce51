package jwtauth_test

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
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
		return editClaims(func(o object) object { return o.rename(from, to) })
	}
	inHeader := func(name, raw string) func(*signer) string {
		return editHeader(func(o object) object { return o.add(name, raw) })
	}
	return []attack{
		{"alg none first", editHeader(func(o object) object { return o.prepend("alg", `"none"`) }), jwtauth.ErrMalformed},
		{"alg none last", inHeader("alg", `"none"`), jwtauth.ErrMalformed},
		{"kid twice", inHeader("kid", quote(kid)), jwtauth.ErrMalformed},
		{"typ twice", inHeader("typ", `"at+jwt"`), jwtauth.ErrMalformed},
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
		{"Roles for roles", instead("roles", "Roles"), jwtauth.ErrMalformed},
		{"\u017fcope for scope", instead("scope", "\u017fcope"), jwtauth.ErrMalformed},
		{"Cnf", plus("Cnf", "{}"), jwtauth.ErrMalformed},
		{"ORG, the configured tenant", plus("ORG", `"rival"`), jwtauth.ErrMalformed},
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
		attack{"year 9999", setClaim("exp", "253402300799"), jwtauth.ErrClaims},
		attack{"fraction", setClaim("exp", at(now.Add(time.Minute))+".75"), nil},
		attack{"exponent", setClaim("exp", at(now.Add(time.Minute))+"000e-3"), nil},
	)
}

// dateAttacks give a claim values that are not dates.
func dateAttacks(name string, want error) []attack {
	var all []attack
	for _, raw := range []string{"null", quote(at(time.Now().Add(time.Minute))), "0", "0.5", "-1", "1e308", "1e999", "1e19", "1e20", "253402300800", "253402300799.5", "true", "[1]", "{}", `""`} {
		all = append(all, attack{raw, setClaim(name, raw), want})
	}
	return all
}

func nbfAttacks() []attack {
	now := time.Now()
	return append(dateAttacks("nbf", jwtauth.ErrClaims),
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
		all = append(all, attack{raw, setClaim("iss", raw), jwtauth.ErrIssuer})
	}
	return append(all, attack{"missing", deleteClaim("iss"), jwtauth.ErrIssuer})
}

func subAttacks() []attack {
	return append(identifierAttacks("sub"), attack{"missing", deleteClaim("sub"), jwtauth.ErrClaims})
}

func jtiAttacks() []attack {
	return append(identifierAttacks("jti"), attack{"missing", deleteClaim("jti"), jwtauth.ErrClaims})
}

// identifierAttacks give a claim values that are not identifiers.
func identifierAttacks(name string) []attack {
	var all []attack
	for _, raw := range []string{"7", `""`, "null", "true", `["ann"]`, `{}`, `"ann\u0000"`, `"a\nb"`, `"\u001b[0m"`, `"\u0085"`} {
		all = append(all, attack{name + " " + raw, setClaim(name, raw), jwtauth.ErrClaims})
	}
	return append(all, attack{name + " beyond ASCII", setClaim(name, `"j\u00fcrgen \ud83d\ude00 `+"\U0001F600"+`"`), nil})
}

func otherClaimAttacks() []attack {
	all := append(identifierAttacks("client_id"), identifierAttacks("sid")...)
	all = append(append(all, identifierAttacks("acr")...), identifierAttacks("org")...)
	all = append(all, dateAttacks("auth_time", jwtauth.ErrClaims)...)
	for name, wrong := range map[string][]string{
		"scope": {"1", "null", `{}`, `[1]`, `["a b"]`, `["a",""]`, `"a\tb"`, `"a\u00e9"`, `"a\"b"`},
		"roles": {"1", "null", `{}`, `"admin"`, `[1]`, `["a",null]`, `[""]`, `["a\u0000"]`, `[["a"]]`},
		"cnf":   {`{"jkt":"x"}`, `{}`, "null"},
	} {
		for _, raw := range wrong {
			all = append(all, attack{name + " " + raw, setClaim(name, raw), jwtauth.ErrClaims})
		}
	}
	for name, right := range map[string][]string{
		"scope": {`""`, `" "`, `"a  b "`, `[]`, `["a","b"]`, `"notes:read!"`},
		"roles": {`[]`, `[ "a" , "b c" ]`, `["r\u00f4le"]`, `["\"]","x"]`},
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
