package jwtauth_test

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func encodingAttacks() []attack {
	parts := func(f func(h, c, s string) string) func(*signer) string {
		return editToken(func(_ *signer, good string) string {
			p := strings.Split(good, ".")
			return f(p[0], p[1], p[2])
		})
	}
	return []attack{
		{"signature with spare bits", editToken(func(_ *signer, good string) string {
			last := strings.IndexByte(alphabet, good[len(good)-1])
			return good[:len(good)-1] + alphabet[last+1:last+2] // the four low bits are spare
		}), jwtauth.ErrMalformed},
		{"padded", editToken(func(_ *signer, good string) string { return good + "==" }), jwtauth.ErrMalformed},
		{"padded header", parts(func(h, c, s string) string { return h + "=." + c + "." + s }), jwtauth.ErrMalformed},
		{"standard alphabet", func(s *signer) string {
			for i := 0; ; i++ {
				good := setClaim("jti", fmt.Sprintf(`"t-%d"`, i))(s)
				if standard := strings.NewReplacer("-", "+", "_", "/").Replace(good); standard != good {
					return standard
				}
			}
		}, jwtauth.ErrMalformed},
		{"trailing dot", editToken(func(_ *signer, good string) string { return good + "." }), jwtauth.ErrMalformed},
		{"four segments", editToken(func(_ *signer, good string) string { return good + ".AAAA" }), jwtauth.ErrMalformed},
		{"leading dot", editToken(func(_ *signer, good string) string { return "." + good }), jwtauth.ErrMalformed},
		{"dots only", func(*signer) string { return ".." }, jwtauth.ErrMalformed},
		{"one dot", parts(func(h, c, s string) string { return h + "." + c }), jwtauth.ErrMalformed},
		{"no dot", parts(func(h, c, s string) string { return h }), jwtauth.ErrMalformed},
		{"empty header", parts(func(h, c, s string) string { return "." + c + "." + s }), jwtauth.ErrMalformed},
		{"empty signature", parts(func(h, c, s string) string { return h + "." + c + "." }), jwtauth.ErrMalformed},
		{"truncated signature", parts(func(h, c, s string) string { return h + "." + c + "." + s[:len(s)/8*4] }), jwtauth.ErrSignature},
		{"one character of a signature", parts(func(h, c, s string) string { return h + "." + c + ".A" }), jwtauth.ErrMalformed},
		{"zero signature", parts(func(h, c, s string) string { return h + "." + c + "." + encode(string(make([]byte, len(decode(s))))) }), jwtauth.ErrSignature},
		{"longer signature", parts(func(h, c, s string) string { return h + "." + c + "." + encode(decode(s)+"\x00") }), jwtauth.ErrSignature},
		{"signature in front of a zero", parts(func(h, c, s string) string { return h + "." + c + "." + encode("\x00"+decode(s)) }), jwtauth.ErrSignature},
		{"swapped payload", editToken(func(s *signer, good string) string {
			admin := strings.Split(setClaim("sub", `"admin"`)(s), ".")
			p := strings.Split(good, ".")
			return p[0] + "." + admin[1] + "." + p[2]
		}), jwtauth.ErrSignature},
		{"swapped header", editToken(func(s *signer, good string) string {
			other := strings.Split(setHeader("x", "1")(s), ".")
			p := strings.Split(good, ".")
			return other[0] + "." + p[1] + "." + p[2]
		}), jwtauth.ErrSignature},
		{"flattened JSON", parts(func(h, c, s string) string {
			return `{"protected":"` + h + `","payload":"` + c + `","signature":"` + s + `"}`
		}), jwtauth.ErrCredential},
		{"general JSON", parts(func(h, c, s string) string {
			return `{"payload":"` + c + `","signatures":[{"protected":"` + h + `","signature":"` + s + `"}]}`
		}), jwtauth.ErrCredential},
		{"JWE", editToken(func(_ *signer, good string) string { return good + ".AAAA.AAAA" }), jwtauth.ErrMalformed},
		{"header is not JSON", withHeader("alg"), jwtauth.ErrMalformed},
		{"header is an array", withHeader("[]"), jwtauth.ErrMalformed},
		{"header is null", withHeader("null"), jwtauth.ErrMalformed},
		{"header with trailing data", func(s *signer) string { return withHeader(s.header().json() + "{}")(s) }, jwtauth.ErrMalformed},
		{"header with a BOM", func(s *signer) string { return withHeader("\ufeff" + s.header().json())(s) }, jwtauth.ErrMalformed},
		{"header with bad UTF-8", setHeader("x", "\"\xff\""), jwtauth.ErrMalformed},
		{"header with a lone surrogate", setHeader("x", `"\ud800"`), jwtauth.ErrMalformed},
		{"header of 17 members", func(s *signer) string {
			return withHeader(s.header().json()[:len(s.header().json())-1] + "," + manyMembers(17 - len(s.header()))[1:])(s)
		}, jwtauth.ErrMalformed},
		{"header of 16 members", func(s *signer) string {
			return withHeader(s.header().json()[:len(s.header().json())-1] + "," + manyMembers(16 - len(s.header()))[1:])(s)
		}, nil},
		{"header of 4097 bytes", func(s *signer) string {
			return setHeader("x", quote(strings.Repeat("x", 4097-len(s.header().with("x", `""`).json()))))(s)
		}, jwtauth.ErrMalformed},
		{"header of 4096 bytes", func(s *signer) string {
			return setHeader("x", quote(strings.Repeat("x", 4096-len(s.header().with("x", `""`).json()))))(s)
		}, nil},
		{"header with spaces", func(s *signer) string {
			return withHeader(strings.ReplaceAll(" "+s.header().json()+"\r\n", ":", " :\t"))(s)
		}, nil},
	}
}

func payloadAttacks() []attack {
	good := func(f func(string) string) func(*signer) string {
		return func(s *signer) string { return withPayload(f(s.claims().json()))(s) }
	}
	claimsOf := func(n int) func(*signer) string {
		return func(s *signer) string {
			c := s.claims()
			return withPayload(c.json()[:len(c.json())-1] + "," + manyMembers(n - len(c))[1:])(s)
		}
	}
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	all := []attack{
		{"nested token", func(s *signer) string { return withPayload(s.good())(s) }, jwtauth.ErrMalformed},
		{"trailing data", good(func(c string) string { return c + c }), jwtauth.ErrMalformed},
		{"trailing NUL", good(func(c string) string { return c + "\x00" }), jwtauth.ErrMalformed},
		{"trailing comma", good(func(c string) string { return c[:len(c)-1] + ",}" }), jwtauth.ErrMalformed},
		{"truncated", good(func(c string) string { return c[:len(c)-1] }), jwtauth.ErrMalformed},
		{"BOM", good(func(c string) string { return "\ufeff" + c }), jwtauth.ErrMalformed},
		{"UTF-16", good(func(c string) string { return strings.Join(strings.Split(c, ""), "\x00") }), jwtauth.ErrMalformed},
		{"comment", good(func(c string) string { return c + "/**/" }), jwtauth.ErrMalformed},
		{"array around it", good(func(c string) string { return "[" + c + "]" }), jwtauth.ErrMalformed},
		{"20 000 deep", setClaim("x", nested(20000)), jwtauth.ErrMalformed},
		{"2 000 deep", setClaim("x", nested(2000)), jwtauth.ErrMalformed},
		{"17 deep", setClaim("x", nested(16)), jwtauth.ErrMalformed},
		{"16 deep", setClaim("x", nested(15)), nil},
		{"129 claims", claimsOf(129), jwtauth.ErrMalformed},
		{"128 claims", claimsOf(128), nil},
		{"spaces", good(func(c string) string { return "\r\n\t " + strings.ReplaceAll(c, ",", " , ") + " " }), nil},
	}
	for _, text := range []string{"[]", `"x"`, "null", "7", "", "true", "{", "}", "{}x", "{} {}"} {
		all = append(all, attack{"payload " + quote(text), withPayload(text), jwtauth.ErrMalformed})
	}
	for _, raw := range []string{
		"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", `"\ud800"`, `"\udc00\ud800"`, `"\ud800x"`, `"\x41"`, `"\u12"`, `"\u00g0"`, `"`, "\"\n\"", "\"\x00\"", `'x'`,
		"01", "+1", ".5", "1.", "1e", "1e+", "0x1", "-", "NaN", "Infinity", "1_0", "True", "nul", "undefined", "[1,]", "[,1]", "[1 2]", `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`, `{,}`, "[", `{"a":1`,
	} {
		all = append(all, attack{"value " + raw, setClaim("x", raw), jwtauth.ErrMalformed})
	}
	for _, raw := range []string{"-0", "-0.0e-0", "1E+5", "[ ]", "{ }", `[1 ,2]`, `{ "a" : [ { } ] }`, `"\ud83d\ude00\/\b\f\n\r\t\"\\\u0000"`, `"` + "\u2028\u007f" + `"`} {
		all = append(all, attack{"value " + raw, setClaim("x", raw), nil})
	}
	return all
}

// sized makes a valid token of exactly n bytes.
func sized(n int) func(*signer) string {
	return func(s *signer) string { return sizedToken(s, n, s.claims()) }
}

func sizedToken(s *signer, n int, o object) string {
	good := s.token(s.header().json(), o.json())
	signature := len(good) - strings.LastIndexByte(good, '.')
	encoded := base64.RawURLEncoding.EncodedLen
	short := len(o.with("x", `""`).json())
	for i := range 4 {
		h := s.header().with("x", quote(strings.Repeat("x", i))).json()
		for k := n * 3 / 4; k > 0; k-- {
			if size := encoded(len(h)) + 1 + encoded(short+k) + signature; size == n {
				return s.token(h, o.with("x", quote(strings.Repeat("x", k))).json())
			} else if size < n {
				break
			}
		}
	}
	panic("no token of this size")
}

func sizeAttacks() []attack {
	return []attack{
		{"100 KB", setClaim("x", quote(strings.Repeat("x", 75000))), jwtauth.ErrMalformed},
		{"32769 bytes", sized(32769), jwtauth.ErrMalformed},
		{"8193 bytes", sized(8193), jwtauth.ErrMalformed},
		{"8192 bytes", sized(8192), nil},
	}
}

func controlAttacks() []attack {
	return []attack{{"valid token", (*signer).good, nil}}
}

// algAttacks are tokens without a signature, and tokens with an invalid alg. The latter
// are correctly signed: a lenient reader of alg accepts them.
func algAttacks() []attack {
	var all []attack
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		unsigned := func(s *signer) string {
			return encode(s.header().with("alg", quote(none)).json()) + "." + encode(s.claims().json())
		}
		all = append(all,
			attack{none + ", empty signature", func(s *signer) string { return unsigned(s) + "." }, jwtauth.ErrMalformed},
			attack{none + ", two segments", unsigned, jwtauth.ErrMalformed},
			attack{none + ", kept signature", setHeader("alg", quote(none)), jwtauth.ErrAlgorithm},
		)
	}
	signedAs := func(f func(alg string) string) func(*signer) string {
		return func(s *signer) string { return setHeader("alg", f(string(s.alg)))(s) }
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
		attack{"empty", setHeader("alg", `""`), jwtauth.ErrAlgorithm},
		attack{"number", setHeader("alg", "1"), jwtauth.ErrAlgorithm},
		attack{"null", setHeader("alg", "null"), jwtauth.ErrAlgorithm},
		attack{"array", signedAs(func(alg string) string { return "[" + quote(alg) + "]" }), jwtauth.ErrAlgorithm},
		attack{"object", setHeader("alg", "{}"), jwtauth.ErrAlgorithm},
		attack{"NUL suffix", signedAs(func(alg string) string { return quote(alg + `\u0000`) }), jwtauth.ErrAlgorithm},
		attack{"missing", editHeader(func(o object) object { return o.without("alg") }), jwtauth.ErrAlgorithm},
		attack{"with an escape", signedAs(func(alg string) string { return fmt.Sprintf(`"\u%04x%s"`, alg[0], alg[1:]) }), nil},
	)
}

// critAttacks have header parameters that change the meaning of the rest of the token.
func critAttacks() []attack {
	crit := func(raw string, more ...string) func(*signer) string {
		return editHeader(func(o object) object {
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
		{"b64 false alone", setHeader("b64", "false"), jwtauth.ErrMalformed},
		{"absent member", crit(`["x"]`), jwtauth.ErrMalformed},
		{"alg", crit(`["alg"]`), jwtauth.ErrMalformed},
		{"zip", setHeader("zip", `"DEF"`), jwtauth.ErrMalformed},
		{"enc", setHeader("enc", `"A128GCM"`), jwtauth.ErrMalformed},
		{"cty JWT", setHeader("cty", `"JWT"`), jwtauth.ErrMalformed},
		{"cty application/jwt", setHeader("cty", `"application/jwt"`), jwtauth.ErrMalformed},
		{"cty number", setHeader("cty", `1`), jwtauth.ErrMalformed},
		{"cty of something else", setHeader("cty", `"application/json"`), nil},
		{"unknown member", setHeader("x", `{"crit":["x"],"zip":"DEF"}`), nil},
	}
}

func typeAttacks() []attack {
	all := []attack{
		{"number", setHeader("typ", "1"), jwtauth.ErrType},
		{"null", setHeader("typ", "null"), jwtauth.ErrType},
		{"array", setHeader("typ", `["at+jwt"]`), jwtauth.ErrType},
		{"missing", editHeader(func(o object) object { return o.without("typ") }), jwtauth.ErrType},
		{"trailing space", setHeader("typ", `"at+jwt "`), jwtauth.ErrType},
		{"parameter", setHeader("typ", `"at+jwt;x=y"`), jwtauth.ErrType},
		{"application/at+jwt", setHeader("typ", `"application/at+jwt"`), nil},
		{"AT+JWT", setHeader("typ", `"AT+JWT"`), nil},
	}
	for _, typ := range []string{"JWT", "rt+jwt", "id+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "", "text/at+jwt"} {
		all = append(all, attack{quote(typ), setHeader("typ", quote(typ)), jwtauth.ErrType})
	}
	for _, c := range []string{"type", "typ", "token_use"} {
		all = append(all,
			attack{c + " refresh in the claims", setClaim(c, `"refresh"`), jwtauth.ErrType},
			attack{c + " ID in the claims", setClaim(c, `"ID"`), jwtauth.ErrType},
			attack{c + " access in the claims", setClaim(c, `"access"`), nil},
			attack{c + " of something else in the claims", setClaim(c, `7`), nil},
		)
	}
	return all
}

func kidAttacks() []attack {
	all := []attack{
		{"number", setHeader("kid", "1"), jwtauth.ErrMalformed},
		{"null", setHeader("kid", "null"), jwtauth.ErrMalformed},
		{"array", setHeader("kid", "["+quote(kid)+"]"), jwtauth.ErrMalformed},
		{"empty", setHeader("kid", `""`), jwtauth.ErrMalformed},
		{"missing, and the issuer has one key", editHeader(func(o object) object { return o.without("kid") }), nil},
		{"missing, forged", func(s *signer) string {
			good := s.token(s.header().without("kid").json(), s.claims().json())
			return good[:len(good)-8] + "AAAAAAAA"
		}, jwtauth.ErrSignature},
		{"6000 bytes", setHeader("kid", quote(strings.Repeat("k", 6000))), jwtauth.ErrMalformed},
		{"129 bytes", setHeader("kid", quote(strings.Repeat("k", 129))), jwtauth.ErrMalformed},
		{"128 bytes", setHeader("kid", quote(strings.Repeat("k", 128))), jwks.ErrUnknownKey},
		{"with an escape", setHeader("kid", `"\u006b`+kid[1:]+`"`), nil},
	}
	for _, id := range []string{"unknown", "../../dev/null", "/dev/null", "' OR '1'='1", "|| sleep 9 ||", `NUL\u0000`, kid + `\u0000`, kid + " ", kid[1:], strings.ToUpper(kid), "https://evil.example/jwks", kid + `\n`} {
		all = append(all, attack{quote(id), setHeader("kid", quote(id)), jwks.ErrUnknownKey})
	}
	return all
}
