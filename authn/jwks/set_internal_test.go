package jwks

import (
	"errors"
	"fmt"
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
		`{"keys":[` + good + `,null]}`:                                                          "JSON: not an object",
		`{"keys":[` + good + `,"a"]}`:                                                           "JSON: not an object",
		`{"keys":[` + good + `,[{}]]}`:                                                          "JSON: not an object",
		`{"keys":[` + good + `],"a":"` + strings.Repeat("x", maxSetSize) + `"}`:                 "is longer than 1 MiB",
		"<html></html>": "JSON: not an object",
	} {
		keys, _, err := parseJWKS([]byte(text), RS256)
		if want == "" {
			if err != nil || len(keys) != 1 {
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
		if (err == nil) != (n <= 64) || err == nil && len(keys) != n {
			t.Errorf("%d keys: %d, %v", n, len(keys), err)
		}
		if err != nil {
			mwtest.Faults(t, err, "jwks: keys: has more than 64 keys; ")
		}
	}
}

// An operator must learn all faults of a set at once.
func TestJWKSAllReasons(t *testing.T) {
	one := jwkObject("one", publicOf("P-256"))
	_, skipped, err := parseJWKS([]byte(setOf(one.add("d", `"aHVudGVyMg"`), one.add("k", "1").add("p", "2"), one.with("use", `"enc"`), jwkObject("b", publicOf("RSA-1024")))), RS256)
	mwtest.Faults(t, err, "jwks: keys[0].d: is part of a private key; ", "jwks: keys[1].p: ", "jwks: keys[1].k: ", `jwks: keys[1].kid: "one": another key`, `jwks: keys[2].kid: "one": another key`)
	mwtest.Faults(t, errors.Join(skipped...), "jwks: keys[2].use: is not sig; ", `jwks: keys[3].Public: "*rsa.PublicKey": 1024 bits`)

	_, _, err = parseJWKS([]byte(setOf(one.with("use", `"enc"`), one.without("kid"))), RS256)
	mwtest.Faults(t, err, "jwks: keys: has no key that is fit", "jwks: keys[0].use: is not sig", "jwks: keys[1].kid: is missing")
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
	if k := keys["one"]; k.ID != "one" || k.Algorithm != RS256 || k.checked.ID() != "one" {
		t.Errorf("%+v", k)
	}
}
