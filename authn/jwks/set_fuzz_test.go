package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

func samePublic(a, b crypto.PublicKey) bool {
	return a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b)
}

// readKeysOf reads a JWK or a JWK Set, as from a file.
func readKeysOf(text string) (map[string]Key, error) {
	r := newKeyReader(RS256)
	r.readJSON(text, true)
	keys, _, err := r.result()
	return keys, err
}

// decodeLeniently returns the numbers of a JWK as encoding/json and big integers read
// them. They repair or ignore faults that this package refuses.
func decodeLeniently(j map[string]any) (crypto.PublicKey, bool) {
	number := func(name string) *big.Int {
		s, _ := j[name].(string)
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(b)
	}
	switch j["kty"] {
	case "RSA":
		return &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}, true
	case "EC":
		name, _ := j["crv"].(string)
		for _, kind := range []string{"P-256", "P-384", "P-521"} {
			if kind == name {
				//nolint:staticcheck // this reference must not check the point
				return &ecdsa.PublicKey{Curve: publicOf(kind).(*ecdsa.PublicKey).Curve, X: number("x"), Y: number("y")}, true
			}
		}
	case "OKP":
		return ed25519.PublicKey(number("x").FillBytes(make([]byte, 32))), true
	}
	return nil, false
}

// checkKey compares an accepted key with the result of the lenient reader.
func checkKey(t *testing.T, text string, k Key, j map[string]any) {
	t.Helper()
	public, ok := decodeLeniently(j)
	checked := jwa.Given{ID: k.ID, Algorithm: string(k.Algorithm), Public: public}.Check(new(httperr.ConfigFaults), "")
	if !ok || j["kid"] != k.ID || !samePublic(k.Public, public) || checked == nil || !k.checked.Same(checked) {
		t.Fatalf("%q: %+v, but leniently %+v", text, k, public)
	}
	if alg, ok := j["alg"]; ok && alg != string(k.Algorithm) {
		t.Fatalf("%q: %s", text, k.Algorithm)
	}
	if use, ok := j["use"]; ok && use != "sig" {
		t.Fatalf("%q is for %v", text, use)
	}
	for _, name := range jwkNames[jwkD:] {
		if _, ok := j[name]; ok {
			t.Fatalf("%q has %s", text, name)
		}
	}
	id, err := json.Marshal(k.ID)
	if err != nil {
		t.Fatal(err)
	}
	again := jwkObject("", k.Public).with("kid", string(id)).with("alg", `"`+string(k.Algorithm)+`"`)
	keys, err := readKeysOf(again.String())
	if err != nil || keys[k.ID].Algorithm != k.Algorithm || !samePublic(keys[k.ID].Public, k.Public) {
		t.Fatalf("%q reads as %+v, written again as %+v, %v", text, k, keys, err)
	}
}

func FuzzJWK(f *testing.F) {
	for _, tc := range jwkCases() {
		if o := tc.change(jwkObject("two", publicOf(tc.kind))); len(o.String()) < 10_000 {
			f.Add(o.String())
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := readKeysOf(text)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%q: %d keys, %v", text, len(keys), err)
		}
		var j map[string]any
		if err != nil || strings.Contains(text, `"keys"`) {
			return
		}
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, k := range keys {
			checkKey(t, text, k, j)
		}
		// With a private member at any position the text is refused.
		for _, name := range jwkNames[jwkD:] {
			at := strings.IndexByte(text, '{') + 1
			for _, mutation := range []string{text[:at] + `"` + name + `":null,` + text[at:], strings.TrimRight(text, " \t\r\n}") + `,"` + name + `":"AQAB"}`} {
				if keys, err := readKeysOf(mutation); err == nil {
					t.Fatalf("%q: %v", mutation, keys)
				}
			}
		}
	})
}

func FuzzJWKS(f *testing.F) {
	for _, tc := range jwkCases() {
		if o := tc.change(jwkObject("two", publicOf(tc.kind))); len(o.String()) < 10_000 {
			f.Add(setOf(jwkObject("one", publicOf("P-256")), o))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, _, err := parseJWKS([]byte(text), RS256)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%q: %d keys, %v", text, len(keys), err)
		}
		if err != nil {
			return
		}
		var s struct{ Keys []map[string]any }
		if err := json.Unmarshal([]byte(text), &s); err != nil || len(s.Keys) > 64 {
			t.Fatalf("%q: %d keys, %v", text, len(s.Keys), err)
		}
		seen := map[string]bool{}
		for _, j := range s.Keys {
			if _, private := j["d"]; private || j["kty"] == "oct" {
				t.Fatalf("%q shows a secret", text)
			}
			kid, ok := j["kid"].(string)
			if ok && kid != "" && seen[kid] {
				t.Fatalf("%q has %q twice", text, kid)
			}
			seen[kid] = true
			if k, ok := keys[kid]; ok {
				checkKey(t, text, k, j)
				delete(keys, kid)
			}
		}
		if len(keys) != 0 {
			t.Fatalf("%q: keys %v are not in the text", text, keys)
		}
	})
}

func FuzzPEM(f *testing.F) {
	all := ""
	for _, kind := range []string{"RSA", "P-256", "P-384", "P-521", "Ed25519", "P-224", "RSA-1024"} {
		one := publicPEM(publicOf(kind))
		all += one
		f.Add(one)
		f.Add(one + "\r\n" + one)
		f.Add("x\n" + one)
		f.Add(one[:60])
	}
	f.Add(all)
	f.Add(pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(publicOf("RSA").(*rsa.PublicKey)), nil))
	f.Add(pemOf("PRIVATE KEY", []byte("secret"), nil) + all)
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := readPEM(text)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%q: %d keys, %v", text, len(keys), err)
		}
		if err != nil {
			return
		}
		again := ""
		for id, k := range keys {
			if id != jwa.Thumbprint(k.Public) || id != k.ID {
				t.Fatalf("%q: %s is %s", text, id, jwa.Thumbprint(k.Public))
			}
			again += publicPEM(k.Public)
		}
		if second, err := readPEM(again); err != nil || len(second) != len(keys) {
			t.Fatalf("%q, written again %q: %v", text, again, err)
		}
		// The number of keys must equal the number of blocks that a reader finds if it
		// skips garbage.
		n := 0
		for rest := []byte(text); ; n++ {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if strings.Contains(block.Type, "PRIVATE") {
				t.Fatalf("%q holds a private key", text)
			}
		}
		if n != len(keys) || strings.Count(text, "-----BEGIN") != n {
			t.Fatalf("%q: %d keys in %d blocks", text, len(keys), n)
		}
	})
}

func FuzzFreshnessLifetime(f *testing.F) {
	f.Add("max-age=1800", "600")
	f.Add(`no-cache="a,b", max-age="1"`, "")
	f.Fuzz(func(t *testing.T, control, age string) {
		if d := freshnessLifetime(http.Header{"Cache-Control": {control}, "Age": {age}}); d < minFreshness || d > maxFreshness {
			t.Fatalf("%q, %q: %v", control, age, d)
		}
	})
}
