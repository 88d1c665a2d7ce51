package jwks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestJWKSForms(t *testing.T) {
	good := jwkObject("one", publicOf("Ed25519")).String()
	for text, want := range map[string]string{
		`{"keys":[` + good + `]}`:                            "",
		" { \"keys\" :\r\n[ " + good + " ]\t} \n":            "",
		`{"issuer":"x","keys":[` + good + `],"more":[1,{}]}`: "",
		``:                                  "JSON: not an object",
		`null`:                              "JSON: not an object",
		`[` + good + `]`:                    "JSON: not an object",
		good:                                "is not an array",
		`{}`:                                "is not an array",
		`{"keys":null}`:                     "is not an array",
		`{"keys":{"a":` + good + `}}`:       "is not an array",
		`{"keys":"` + `[]"}`:                "is not an array",
		`{"keys":[]}`:                       "has no key that is fit",
		`{"Keys":[` + good + `]}`:           "JSON: a name that differs from a registered one by case only",
		`{"keys":[` + good + `],"keys":[]}`: "JSON: two members of one name",
		`{"keys":[` + good + `]}{}`:         "JSON: data after the object",
		`{"keys":[` + good + `]`:            "JSON: syntax",
		`{"keys":[` + good[:40]:             "JSON: syntax",
		`{"keys":[` + good + `,]}`:          "JSON: syntax",
		`{"keys":[` + good + `],"a":"` + "\xff\"}":                                              "JSON: invalid UTF-8",
		"\ufeff{\"keys\":[" + good + `]}`:                                                       "JSON: not an object",
		`{"keys":[` + good + `],"a":"\ud800"}`:                                                  "JSON: control character, bad escape or lone surrogate",
		`{"keys":[` + good + `],"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`: "JSON: nested too deeply",
		`{"keys":[` + good + `,null,"a",[{}]]}`:                                                 "",
		`{"keys":[null]}`:                                                                       "JSON: not an object",
		`{"keys":[` + good + `],"a":"` + strings.Repeat("x", maxSetSize) + `"}`:                 "is longer than 1 MiB",
		"<html></html>": "JSON: not an object",
	} {
		keys, _, err := parseJWKS([]byte(text), RS256)
		if want == "" {
			if err != nil || keys.size() != 1 {
				t.Errorf("%.60q: %v", text, err)
			}
			continue
		}
		if keys != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
		// The Verifier would turn one of these errors into 401.
		if errors.Is(err, authn.ErrInvalid) || errors.Is(err, ErrUnknownKey) {
			t.Errorf("%.60q: %v is a refusal of a token", text, err)
		}
	}
}

func TestJWKSManyKeys(t *testing.T) {
	for _, n := range []int{64, 65, 1000} {
		var all []jwkMembers
		for i := range n {
			all = append(all, jwkObject(fmt.Sprint(i), publicOf("Ed25519")))
		}
		keys, _, err := parseJWKS([]byte(setOf(all...)), RS256)
		if (err == nil) != (n <= 64) || err == nil && keys.size() != n {
			t.Errorf("%d keys: %d, %v", n, keys.size(), err)
		}
		if err != nil {
			mwtest.Faults(t, err, "jwks: keys: has more than 64 keys; ")
		}
	}
}

// An operator must learn all faults of a set at once.
func TestJWKSAllReasons(t *testing.T) {
	one := jwkObject("one", publicOf("P-256"))
	two := jwkObject("two", publicOf("P-384"))
	keys, skipped, err := parseJWKS([]byte(setOf(one.add("d", `"aHVudGVyMg"`), two.add("k", "1").add("p", "2"), one.with("use", `"enc"`), jwkObject("b", publicOf("RSA-1024")), jwkObject("c", publicOf("Ed25519")))), RS256)
	if err != nil || keys.size() != 1 {
		t.Errorf("%d keys, %v", keys.size(), err)
	}
	mwtest.Faults(t, errors.Join(skipped...), "jwks: keys[0].d: is part of a private key; ", "jwks: keys[1].p: ", "jwks: keys[1].k: ",
		"jwks: keys[2].use: is not sig; ", `jwks: keys[3].Public: "*rsa.PublicKey": 1024 bits`)

	_, _, err = parseJWKS([]byte(setOf(one.with("use", `"enc"`), one.with("kid", "1"))), RS256)
	mwtest.Faults(t, err, "jwks: keys: has no key that is fit", "jwks: keys[0].use: is not sig", "jwks: keys[1].kid: is not a string")
}

// The keys of a set are told apart by kid and algorithm. Each set has a key "other" too,
// which no fault of the others may cost.
func TestJWKSIdentity(t *testing.T) {
	rsa, ec, ec2, ed := jwkObject("a", publicOf("RSA")), jwkObject("a", publicOf("P-256")), jwkObject("a", publicOf("P-256, another")), jwkObject("a", publicOf("Ed25519"))
	alg := func(o jwkMembers, name string) jwkMembers { return o.with("alg", `"`+name+`"`) }
	const clash = "another key has this ID and algorithm"
	for name, tc := range map[string]struct {
		keys    []jwkMembers
		want    string // kid, algorithm of each key in use
		skipped []string
	}{
		"one key for three algorithms": {[]jwkMembers{alg(rsa, "RS256"), alg(rsa, "RS384"), alg(rsa, "RS512")}, "a RS256 a RS384 a RS512", nil},
		"twice":                        {[]jwkMembers{rsa, rsa}, "a RS256", nil},
		"twice, once without alg":      {[]jwkMembers{rsa, alg(rsa, "RS256")}, "a RS256", nil},
		"twice, spelled differently":   {[]jwkMembers{ed, alg(ed, "Ed25519").with("use", `"sig"`)}, "a EdDSA", nil},
		"one ID for two kinds":         {[]jwkMembers{rsa, ec, ed}, "a RS256 a ES256 a EdDSA", nil},
		"for encryption too":           {[]jwkMembers{rsa.with("use", `"enc"`), alg(rsa, "RSA-OAEP"), rsa}, "a RS256", []string{"keys[0].use: is not sig", "keys[1].alg: is not an algorithm"}},
		"clash":                        {[]jwkMembers{ec, ec2}, "", []string{`keys[0].kid: "a": ` + clash, `keys[1].kid: "a": ` + clash}},
		"clash of three":               {[]jwkMembers{ec, ec2, ec}, "", []string{`keys[0].kid: "a": ` + clash, `keys[1].kid: "a": ` + clash, `keys[2].kid: "a": ` + clash}},
		"clash beside another kind":    {[]jwkMembers{ec, rsa, ec2}, "a RS256", []string{`keys[0].kid: "a": ` + clash, `keys[2].kid: "a": ` + clash}},
		"same ID, weak":                {[]jwkMembers{rsa, jwkObject("a", publicOf("RSA-1024"))}, "a RS256", []string{"keys[1].Public: "}},
		"without kid":                  {[]jwkMembers{ec.without("kid"), ec2.without("kid")}, " ES256  ES256", nil},
		"without kid, twice":           {[]jwkMembers{ec.without("kid"), ec.with("kid", `""`)}, " ES256", nil},
	} {
		keys, skipped, err := parseJWKS([]byte(setOf(append(slices.Clone(tc.keys), jwkObject("other", publicOf("P-384")))...)), RS256)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, k := range keys.all {
			got = append(got, k.ID+" "+string(k.Algorithm))
		}
		if want := strings.TrimPrefix(tc.want+" other ES384", map[bool]string{true: " "}[tc.want == ""]); strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		var want []string
		for _, s := range tc.skipped {
			want = append(want, "jwks: "+s)
		}
		mwtest.Faults(t, errors.Join(skipped...), want...)
	}
}

// All keys with the public part of a private key in the set are refused, in each spelling
// and for each use. The other keys are used.
func TestJWKSExposed(t *testing.T) {
	const public = "has the public part of a private key in this text"
	for _, kind := range []string{"RSA", "P-256", "Ed25519"} {
		good := jwkObject("a", publicOf(kind))
		private := jwkObject("b", publicOf(kind)).add("d", `"aHVudGVyMg"`)
		part := map[bool]string{true: "n", false: "x"}[kind == "RSA"]
		for name, private := range map[string]jwkMembers{
			"as it is":            private,
			"same kid":            private.with("kid", `"a"`),
			"for encryption":      private.with("use", `"enc"`),
			"padded":              editText(part, func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) })(private),
			"unusable":            private.without("kty").without("y").without("e"),
			"n and x":             private.with(map[bool]string{true: "x", false: "n"}[kind == "RSA"], `"AQAB"`),
			"nothing but the kid": {{"kty", `"EC"`}, {"kid", `"a"`}, {"d", `"aHVudGVyMg"`}},
		} {
			for _, set := range [][]jwkMembers{{private, good}, {good, private}} {
				keys, skipped, err := parseJWKS([]byte(setOf(append(slices.Clone(set), jwkObject("other", publicOf("P-384")))...)), RS256)
				if err != nil || keys.size() != 1 || keys.withID("other").checked == nil {
					t.Errorf("%s, %s: %d keys, %v", kind, name, keys.size(), err)
				}
				i := slices.IndexFunc(set, func(o jwkMembers) bool { return o.get("d") != "" })
				mwtest.Faults(t, errors.Join(skipped...), fmt.Sprintf("jwks: keys[%d].d: is part of a private key", i), fmt.Sprintf("jwks: keys[%d]: %s", 1-i, public))
			}
		}
	}
	// A private key in a JWK that cannot be read otherwise.
	odd := jwkObject("b", publicOf("P-256")).add("KID", "1").add("d", `"aHVudGVyMg"`)
	keys, skipped, err := parseJWKS([]byte(setOf(odd, jwkObject("a", publicOf("P-256")), jwkObject("other", publicOf("P-384")))), RS256)
	if err != nil || keys.size() != 1 || keys.withID("other").checked == nil {
		t.Errorf("%d keys, %v", keys.size(), err)
	}
	mwtest.Faults(t, errors.Join(skipped...), "jwks: keys[0]: JSON: a name that differs", "jwks: keys[0].d: is part of a private key", "jwks: keys[1]: "+public)
	// A shared secret exposes no other key.
	keys, skipped, err = parseJWKS([]byte(setOf(jwkObject("a", publicOf("P-256")), jwkMembers{{"kty", `"oct"`}, {"kid", `"a"`}, {"k", `"aHVudGVyMg"`}})), RS256)
	if err != nil || keys.size() != 1 || len(skipped) != 2 {
		t.Errorf("%d keys, %v, %v", keys.size(), skipped, err)
	}
}

// The IDs of the keys must not keep the text of a whole set in memory.
func TestJWKSKeepsNoText(t *testing.T) {
	data := []byte(setOf(jwkObject("one", publicOf("RSA")).with("alg", `"RS256"`)))
	keys, _, err := parseJWKS(data, PS256)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		data[i] = 'x'
	}
	if k := keys.withID("one"); k.ID != "one" || k.Algorithm != RS256 || k.checked.ID() != "one" {
		t.Errorf("%+v", k)
	}
}
