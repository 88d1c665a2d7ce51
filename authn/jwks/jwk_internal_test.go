package jwks

import (
	"bytes"
	"crypto"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestJWKKinds(t *testing.T) {
	for _, tc := range []struct {
		kind string
		alg  string // in the JWK
		want Algorithm
	}{
		{"RSA", "", PS384}, {"RSA", "RS256", RS256}, {"RSA", "RS384", RS384}, {"RSA", "RS512", RS512}, {"RSA", "PS256", PS256}, {"RSA", "PS384", PS384}, {"RSA", "PS512", PS512},
		{"P-256", "", ES256}, {"P-256", "ES256", ES256}, {"P-384", "", ES384}, {"P-384", "ES384", ES384}, {"P-521", "", ES512}, {"P-521", "ES512", ES512},
		{"Ed25519", "", EdDSA}, {"Ed25519", "EdDSA", EdDSA}, {"Ed25519", "Ed25519", EdDSA},
	} {
		public := publicOf(tc.kind)
		o := jwkObject("a", public)
		if tc.alg != "" {
			o = o.with("alg", `"`+tc.alg+`"`)
		}
		keys, skipped, err := parseJWKS([]byte(setOf(o)), PS384)
		if err != nil || len(skipped) != 0 || keys.size() != 1 {
			t.Errorf("%s %q: %v, %v", tc.kind, tc.alg, skipped, err)
			continue
		}
		k := keys.withID("a")
		if k.ID != "a" || k.Algorithm != tc.want || !k.Public.(interface{ Equal(crypto.PublicKey) bool }).Equal(public) || k.checked == nil || k.checked.Algorithm() != string(tc.want) {
			t.Errorf("%s %q: %+v", tc.kind, tc.alg, k)
		}
	}
}

// A jwkCase changes the second of two valid keys. want names the member at fault, after
// "skip" if the fault skips only that key.
type jwkCase struct {
	name, kind string
	change     func(jwkMembers) jwkMembers
	want       string
}

func setMember(name, raw string) func(jwkMembers) jwkMembers {
	return func(o jwkMembers) jwkMembers { return o.with(name, raw) }
}

func addMember(name, raw string) func(jwkMembers) jwkMembers {
	return func(o jwkMembers) jwkMembers { return o.add(name, raw) }
}

func dropMember(name string) func(jwkMembers) jwkMembers {
	return func(o jwkMembers) jwkMembers { return o.without(name) }
}

// editBytes changes the decoded value of a member.
func editBytes(name string, f func([]byte) []byte) func(jwkMembers) jwkMembers {
	return func(o jwkMembers) jwkMembers {
		b, err := base64url.DecodeString(o.get(name))
		if err != nil {
			panic(err)
		}
		return o.with(name, `"`+jwa.Encode(f(b))+`"`)
	}
}

// editText changes the text of a member.
func editText(name string, f func(string) string) func(jwkMembers) jwkMembers {
	return func(o jwkMembers) jwkMembers { return o.with(name, `"`+f(o.get(name))+`"`) }
}

func prependZero(b []byte) []byte   { return append([]byte{0}, b...) }
func dropFirstByte(b []byte) []byte { return b[1:] }
func flipBit(b []byte) []byte       { b[len(b)-1] ^= 2; return b }
func exponent(e string) func(jwkMembers) jwkMembers {
	n, ok := new(big.Int).SetString(e, 0)
	if !ok {
		panic(e)
	}
	return setMember("e", `"`+jwa.Encode(n.Bytes())+`"`)
}

func jwkCases() []jwkCase {
	cases := []jwkCase{
		{"unchanged", "RSA", func(o jwkMembers) jwkMembers { return o }, ""},
		{"for signatures", "RSA", setMember("use", `"sig"`), ""},
		{"to verify", "RSA", setMember("key_ops", `["verify"]`), ""},
		{"to verify and more", "RSA", setMember("key_ops", `["encrypt","verify"]`), ""},
		{"certificates", "RSA", func(o jwkMembers) jwkMembers {
			return o.with("x5c", `["MIIB"]`).with("x5t", `1`).with("x5u", `"http://127.0.0.1/"`).with("x5t#S256", `null`)
		}, ""},
		{"members unknown", "P-256", setMember("more", `{"d":{"k":[1]}}`), ""},
		{"of an issuer", "P-256", setMember("issuer", `"https://issuer.example"`), ""},
		{"issuer null", "P-256", setMember("issuer", `null`), ""},
		{"escapes", "P-256", setMember("kid", `"\u0074\/wo"`), ""},
		{"128 bytes of kid", "P-256", setMember("kid", `"`+strings.Repeat("k", 128)+`"`), ""},
		{"exponent 3", "RSA", exponent("3"), ""},
		{"exponent 2³¹-1", "RSA", exponent("0x7fffffff"), ""},
		{"null members", "RSA", func(o jwkMembers) jwkMembers {
			for _, name := range []string{"use", "key_ops", "alg", "kid", "x5c", "x5t", "crv", "x", "y", "d", "p", "k", "issuer"} {
				o = o.with(name, "null")
			}
			return o
		}, ""},
		{"no kid", "RSA", dropMember("kid"), ""},
		{"kid empty", "RSA", setMember("kid", `""`), ""},
		{"alg Ed25519", "Ed25519", setMember("alg", `"Ed25519"`), ""},
		{"zero byte before n", "RSA", editBytes("n", prependZero), ""},
		{"zero bytes before n", "RSA", editBytes("n", func(b []byte) []byte { return append(make([]byte, 3), b...) }), ""},
		{"zero byte before e", "RSA", editBytes("e", prependZero), ""},
		{"padding", "RSA", editText("n", func(s string) string { return s + "==" }), ""},
		{"padding of x", "P-256", editText("x", func(s string) string { return s + "=" }), ""},

		{"for encryption", "RSA", setMember("use", `"enc"`), "skip keys[1].use"},
		{"for a number", "RSA", setMember("use", `1`), "skip keys[1].use"},
		{"for SIG", "RSA", setMember("use", `"SIG"`), "skip keys[1].use"},
		{"to sign", "RSA", setMember("key_ops", `["sign"]`), "skip keys[1].key_ops"},
		{"no operations", "RSA", setMember("key_ops", `[]`), "skip keys[1].key_ops"},
		{"operations no array", "RSA", setMember("key_ops", `"verify"`), "skip keys[1].key_ops"},
		{"operations mixed", "RSA", setMember("key_ops", `["verify",1]`), "skip keys[1].key_ops"},
		{"no kty", "RSA", dropMember("kty"), "skip keys[1].kty"},
		{"kty unknown", "RSA", setMember("kty", `"AKP"`), "skip keys[1].kty"},
		{"kty in lower case", "RSA", setMember("kty", `"rsa"`), "skip keys[1].kty"},
		{"kty no string", "RSA", setMember("kty", `["RSA"]`), "skip keys[1].kty"},
		{"P-256K", "P-256", setMember("crv", `"secp256k1"`), "skip keys[1].crv"},
		{"P-224", "P-224", setMember("crv", `"P-224"`), "skip keys[1].crv"},
		{"no crv", "P-256", dropMember("crv"), "skip keys[1].crv"},
		{"X25519", "Ed25519", setMember("crv", `"X25519"`), "skip keys[1].crv"},
		{"Ed448", "Ed25519", setMember("crv", `"Ed448"`), "skip keys[1].crv"},
		{"alg of encryption", "RSA", setMember("alg", `"RSA-OAEP"`), "skip keys[1].alg"},
		{"alg none", "RSA", setMember("alg", `"none"`), "skip keys[1].alg"},
		{"alg HS256", "RSA", setMember("alg", `"HS256"`), "skip keys[1].alg"},
		{"alg empty", "RSA", setMember("alg", `""`), "skip keys[1].alg"},
		{"alg of another kind", "RSA", setMember("alg", `"ES256"`), "skip keys[1].Public"},
		{"alg of another curve", "P-256", setMember("alg", `"ES384"`), "skip keys[1].Public"},
		{"alg RSA for Ed25519", "Ed25519", setMember("alg", `"RS256"`), "skip keys[1].Public"},
		{"kid a number", "RSA", setMember("kid", `7`), "skip keys[1].kid"},
		{"issuer a number", "RSA", setMember("issuer", `7`), "skip keys[1].issuer"},
		{"issuer empty", "RSA", setMember("issuer", `""`), "skip keys[1].issuer"},
		{"129 bytes of kid", "RSA", setMember("kid", `"`+strings.Repeat("k", 129)+`"`), "skip keys[1].kid"},

		{"1024 bits", "RSA-1024", func(o jwkMembers) jwkMembers { return o }, "skip keys[1].Public"},
		{"8200 bits", "RSA", setMember("n", `"`+jwa.Encode(bytes.Repeat([]byte{0xff}, 1025))+`"`), "skip keys[1].Public"},
		{"500 KiB of modulus", "RSA", setMember("n", `"`+jwa.Encode(bytes.Repeat([]byte{0xff}, 500<<10))+`"`), "skip keys[1].Public"},
		{"500 KiB of exponent", "RSA", setMember("e", `"`+jwa.Encode(bytes.Repeat([]byte{0xff}, 500<<10))+`"`), "skip keys[1].Public"},
		{"even modulus", "RSA", editBytes("n", func(b []byte) []byte { b[len(b)-1] &^= 1; return b }), "skip keys[1].Public"},
		{"exponent 1", "RSA", exponent("1"), "skip keys[1].Public"},
		{"even exponent", "RSA", exponent("65536"), "skip keys[1].Public"},
		{"exponent 2³¹+1", "RSA", exponent("0x80000001"), "skip keys[1].Public"},
		{"exponent 2³²+3, which is 3 in 32 bits", "RSA", exponent("0x100000003"), "skip keys[1].Public"},
		{"exponent 2⁶⁴+3, which is 3 in 64 bits", "RSA", exponent("0x10000000000000003"), "skip keys[1].Public"},
		{"no n", "RSA", dropMember("n"), "skip keys[1].n"},
		{"no e", "RSA", dropMember("e"), "skip keys[1].e"},
		{"e a number", "RSA", setMember("e", `65537`), "skip keys[1].e"},
		{"e zero", "RSA", setMember("e", `"AA"`), "skip keys[1].Public"},
		{"half of the padding", "RSA", editText("n", func(s string) string { return s + "=" }), "skip keys[1].n"},
		{"padding too long", "RSA", editText("n", func(s string) string { return s + "===" }), "skip keys[1].n"},
		{"padding that is not needed", "RSA", editText("e", func(s string) string { return s + "====" }), "skip keys[1].e"},
		{"n of zeros", "RSA", setMember("n", `"AAAA"`), "skip keys[1].Public"},
		{"standard alphabet", "RSA", editText("n", func(s string) string { return "+/" + s[2:] }), "skip keys[1].n"},
		{"line end", "RSA", editText("n", func(s string) string { return s[:64] + `\n` + s[64:] }), "skip keys[1].n"},
		{"line end in front", "P-256", editText("x", func(s string) string { return `\r` + s }), "skip keys[1].x"},
		{"bits left over", "RSA", setMember("e", `"AQAC"`), "skip keys[1].Public"},
		{"bits left over in x", "Ed25519", editText("x", spareBit), "skip keys[1].x"},
		{"no x", "P-256", dropMember("x"), "skip keys[1].x"},
		{"no y", "P-256", dropMember("y"), "skip keys[1].y"},
		{"x too short", "P-256", editBytes("x", dropFirstByte), "skip keys[1].x"},
		{"y too short", "P-521", editBytes("y", dropFirstByte), "skip keys[1].y"},
		{"zero byte before x", "P-384", editBytes("x", prependZero), "skip keys[1].x"},
		{"off the curve", "P-256", editBytes("y", flipBit), "skip keys[1].x"},
		{"beyond the field", "P-256", editBytes("x", func(b []byte) []byte { return bytes.Repeat([]byte{0xff}, len(b)) }), "skip keys[1].x"},
		{"of another curve", "P-256", setMember("crv", `"P-384"`), "skip keys[1].x"},
		{"31 bytes of Ed25519", "Ed25519", editBytes("x", dropFirstByte), "skip keys[1].Public"},
		{"33 bytes of Ed25519", "Ed25519", editBytes("x", prependZero), "skip keys[1].Public"},
		{"zeros of Ed25519", "Ed25519", editBytes("x", func([]byte) []byte { return make([]byte, 32) }), "skip keys[1].Public"},

		{"shared secret", "RSA", func(jwkMembers) jwkMembers {
			return jwkMembers{{"kty", `"oct"`}, {"k", `"aHVudGVyMg"`}, {"kid", `"s"`}}
		}, "skip keys[1].k,keys[1].kty"},
		{"oct without k", "RSA", setMember("kty", `"oct"`), "skip keys[1].kty"},
		{"same kid, another algorithm", "RSA", setMember("kid", `"one"`), ""},
		{"same kid and algorithm", "P-256, another", setMember("kid", `"one"`), "keys,keys[0].kid,keys[1].kid"},
		{"same kid and algorithm, escaped", "P-256, another", setMember("kid", `"\u006fne"`), "keys,keys[0].kid,keys[1].kid"},
		{"same kid, for encryption", "P-256, another", func(o jwkMembers) jwkMembers { return o.with("kid", `"one"`).with("use", `"enc"`) }, "skip keys[1].use"},
		{"member twice", "RSA", addMember("e", `"AQAB"`), "keys"},
		{"member twice, escaped", "RSA", addMember(`\u0065`, `"AQAB"`), "keys"},
		{"member twice, deep", "RSA", addMember("a", `{"b":{"c":1,"c":2}}`), "keys"},
		{"variant of n", "RSA", addMember("N", `"AQAB"`), "skip keys[1]"},
		{"variant of a private member", "RSA", addMember("\u212a", `"AQAB"`), "skip keys[1]"},
		{"variant of kty", "RSA", addMember("KTY", `"oct"`), "skip keys[1]"},
		{"many members", "RSA", func(o jwkMembers) jwkMembers {
			for i := range 64 {
				o = o.add("m"+strings.Repeat("x", i), "1")
			}
			return o
		}, "keys"},
	}
	for member := jwkD; member < jwkCount; member++ {
		name := jwkNames[member]
		for _, raw := range []string{`"aHVudGVyMg"`, `""`, `{}`} {
			cases = append(cases, jwkCase{"private " + name + " " + raw, []string{"RSA", "P-384", "Ed25519"}[member%3], addMember(name, raw), "skip keys[1]." + name})
		}
		cases = append(cases, jwkCase{"private, for encryption " + name, "RSA", func(o jwkMembers) jwkMembers { return o.with("use", `"enc"`).add(name, `"aHVudGVyMg"`) }, "skip keys[1]." + name})
	}
	return cases
}

// spareBit sets an unused bit of the last character.
func spareBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:len(s)-1] + string(alphabet[strings.IndexByte(alphabet, s[len(s)-1])|1])
}

func TestJWKCases(t *testing.T) {
	for _, tc := range jwkCases() {
		t.Run(tc.name, func(t *testing.T) {
			text := setOf(jwkObject("one", publicOf("P-256")), tc.change(jwkObject("two", publicOf(tc.kind))))
			keys, skipped, err := parseJWKS([]byte(text), RS256)
			want, skip := strings.CutPrefix(tc.want, "skip ")
			switch {
			case tc.want == "":
				if err != nil || keys.size() != 2 || len(skipped) != 0 {
					t.Fatalf("%d keys, %v, %v", keys.size(), skipped, err)
				}
				return
			case skip:
				if err != nil || keys.size() != 1 || keys.withID("one").checked == nil {
					t.Fatalf("%d keys, %v, %v", keys.size(), skipped, err)
				}
				err = errors.Join(skipped...)
			case keys != nil || err == nil:
				t.Fatalf("%d keys, %v", keys.size(), err)
			}
			var faults []string
			for field := range strings.SplitSeq(want, ",") {
				faults = append(faults, "jwks: "+field+": ")
			}
			if mwtest.Faults(t, err, faults...); strings.Contains(err.Error(), "aHVudGVyMg") {
				t.Errorf("the secret is in %v", err)
			}
		})
	}
}
