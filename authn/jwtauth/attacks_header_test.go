package jwtauth_test

import (
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

func controlAttacks() []attack {
	return []attack{{"valid token", (*signer).good, nil}}
}

// Tokens without a signature, and alg as it must not be. The latter are signed
// correctly: a reader that is lenient about alg accepts them.
func algAttacks() []attack {
	var all []attack
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		unsigned := func(s *signer) string {
			return encode(s.header().with("alg", quote(none)).json()) + "." + encode(claims().json())
		}
		all = append(all,
			attack{none + ", empty signature", func(s *signer) string { return unsigned(s) + "." }, jwtauth.ErrMalformed},
			attack{none + ", two segments", unsigned, jwtauth.ErrMalformed},
			attack{none + ", kept signature", head("alg", quote(none)), jwtauth.ErrAlgorithm},
		)
	}
	signedAs := func(f func(alg string) string) func(*signer) string {
		return func(s *signer) string { return head("alg", f(string(s.alg)))(s) }
	}
	for _, other := range []string{"RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA", "HS256", "ES256K", "RSA1_5"} {
		all = append(all, attack{"claims to be " + other, signedAs(func(alg string) string {
			if alg == other {
				return `"RS512"`
			}
			return quote(other)
		}), jwtauth.ErrAlgorithm})
	}
	return append(all,
		attack{"other case", signedAs(func(alg string) string {
			if alg == "EdDSA" {
				return `"EDDSA"`
			}
			return quote(strings.ToLower(alg))
		}), jwtauth.ErrAlgorithm},
		attack{"leading space", signedAs(func(alg string) string { return quote(" " + alg) }), jwtauth.ErrAlgorithm},
		attack{"empty", head("alg", `""`), jwtauth.ErrAlgorithm},
		attack{"number", head("alg", "1"), jwtauth.ErrAlgorithm},
		attack{"null", head("alg", "null"), jwtauth.ErrAlgorithm},
		attack{"array", signedAs(func(alg string) string { return "[" + quote(alg) + "]" }), jwtauth.ErrAlgorithm},
		attack{"object", head("alg", "{}"), jwtauth.ErrAlgorithm},
		attack{"NUL suffix", signedAs(func(alg string) string { return quote(alg + `\u0000`) }), jwtauth.ErrAlgorithm},
		attack{"missing", headAs(func(o object) object { return o.without("alg") }), jwtauth.ErrAlgorithm},
		attack{"with an escape", signedAs(func(alg string) string { return fmt.Sprintf(`"\u%04x%s"`, alg[0], alg[1:]) }), nil},
	)
}

// Anything that changes what the rest of the token means.
func critAttacks() []attack {
	crit := func(raw string, more ...string) func(*signer) string {
		return headAs(func(o object) object {
			o = o.with("crit", raw)
			for i := 0; i < len(more); i += 2 {
				o = o.with(more[i], more[i+1])
			}
			return o
		})
	}
	return []attack{
		{"unknown name", crit(`["x"]`, "x", "1"), jwtauth.ErrMalformed},
		{"exp", crit(`["exp"]`, "exp", "1"), jwtauth.ErrMalformed},
		{"empty array", crit(`[]`), jwtauth.ErrMalformed},
		{"string", crit(`"exp"`), jwtauth.ErrMalformed},
		{"null", crit(`null`), jwtauth.ErrMalformed},
		{"b64 true", crit(`["b64"]`, "b64", "true"), jwtauth.ErrMalformed},
		{"b64 false", crit(`["b64"]`, "b64", "false"), jwtauth.ErrMalformed},
		{"b64 false alone", head("b64", "false"), jwtauth.ErrMalformed},
		{"absent member", crit(`["x"]`), jwtauth.ErrMalformed},
		{"alg", crit(`["alg"]`), jwtauth.ErrMalformed},
		{"zip", head("zip", `"DEF"`), jwtauth.ErrMalformed},
		{"enc", head("enc", `"A128GCM"`), jwtauth.ErrMalformed},
		{"cty JWT", head("cty", `"JWT"`), jwtauth.ErrMalformed},
		{"cty application/jwt", head("cty", `"application/jwt"`), jwtauth.ErrMalformed},
		{"cty number", head("cty", `1`), jwtauth.ErrMalformed},
		{"cty of something else", head("cty", `"application/json"`), nil},
		{"unknown member", head("x", `{"crit":["x"],"zip":"DEF"}`), nil},
	}
}

func typeAttacks() []attack {
	all := []attack{
		{"number", head("typ", "1"), jwtauth.ErrType},
		{"null", head("typ", "null"), jwtauth.ErrType},
		{"array", head("typ", `["at+jwt"]`), jwtauth.ErrType},
		{"missing", headAs(func(o object) object { return o.without("typ") }), jwtauth.ErrType},
		{"trailing space", head("typ", `"at+jwt "`), jwtauth.ErrType},
		{"parameter", head("typ", `"at+jwt;x=y"`), jwtauth.ErrType},
		{"application/at+jwt", head("typ", `"application/at+jwt"`), nil},
		{"AT+JWT", head("typ", `"AT+JWT"`), nil},
	}
	for _, typ := range []string{"JWT", "rt+jwt", "id+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "", "text/at+jwt"} {
		all = append(all, attack{quote(typ), head("typ", quote(typ)), jwtauth.ErrType})
	}
	for _, c := range []string{"type", "typ", "token_use"} {
		all = append(all,
			attack{c + " refresh in the claims", claim(c, `"refresh"`), jwtauth.ErrType},
			attack{c + " ID in the claims", claim(c, `"ID"`), jwtauth.ErrType},
			attack{c + " access in the claims", claim(c, `"access"`), nil},
			attack{c + " of something else in the claims", claim(c, `7`), nil},
		)
	}
	return all
}

func kidAttacks() []attack {
	all := []attack{
		{"number", head("kid", "1"), jwtauth.ErrMalformed},
		{"null", head("kid", "null"), jwtauth.ErrMalformed},
		{"array", head("kid", "["+quote(kid)+"]"), jwtauth.ErrMalformed},
		{"empty", head("kid", `""`), jwtauth.ErrMalformed},
		{"missing", headAs(func(o object) object { return o.without("kid") }), jwtauth.ErrMalformed},
		{"6000 bytes", head("kid", quote(strings.Repeat("k", 6000))), jwtauth.ErrMalformed},
		{"129 bytes", head("kid", quote(strings.Repeat("k", 129))), jwtauth.ErrMalformed},
		{"128 bytes", head("kid", quote(strings.Repeat("k", 128))), jwtauth.ErrUnknownKey},
		{"with an escape", head("kid", `"\u006b`+kid[1:]+`"`), nil},
	}
	for _, id := range []string{"unknown", "../../dev/null", "/dev/null", "' OR '1'='1", "|| sleep 9 ||", `NUL\u0000`, kid + `\u0000`, kid + " ", kid[1:], strings.ToUpper(kid), "https://evil.example/jwks", kid + `\n`} {
		all = append(all, attack{quote(id), head("kid", quote(id)), jwtauth.ErrUnknownKey})
	}
	return all
}
