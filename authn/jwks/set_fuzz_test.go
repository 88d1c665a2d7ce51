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
	"errors"
	"math/big"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

func samePublic(a, b crypto.PublicKey) bool {
	return a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b)
}

// readKeysOf reads a JWK or a JWK Set, as from a file.
func readKeysOf(text string) (*keySet, []error, error) {
	r := newKeyReader(RS256)
	r.readJSON(text, true)
	return r.result()
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
		if x := number("x"); x.BitLen() <= 256 {
			return ed25519.PublicKey(x.FillBytes(make([]byte, 32))), true
		}
	}
	return nil, false
}

// isFit reports whether k is the key of j, as encoding/json reads it, and j may verify.
func isFit(k *boundKey, j map[string]any) bool {
	public, ok := decodeLeniently(j)
	if !ok || !samePublic(k.Public, public) {
		return false
	}
	text := func(name string) string { s, _ := j[name].(string); return s }
	absent := func(name string) bool { return j[name] == nil }
	checked := jwa.Given{ID: text("kid"), Algorithm: string(k.Algorithm), Public: public}.Check(new(httperr.ConfigFaults), "")
	ops, _ := j["key_ops"].([]any)
	return checked != nil && k.checked.Same(checked) && k.issuer == text("issuer") && !isPrivate(j) &&
		(absent("alg") || jwa.Canonical(text("alg")) == string(k.Algorithm)) &&
		(absent("use") || text("use") == "sig") && (absent("key_ops") || slices.Contains(ops, any("verify")))
}

func isPrivate(j map[string]any) bool {
	return j["kty"] == "oct" || slices.ContainsFunc(jwkNames[jwkD:], func(name string) bool { return j[name] != nil })
}

// checkKeys checks that each key is a fit one of the text, and that no two can be confused.
func checkKeys(t *testing.T, text string, keys *keySet, all []map[string]any) {
	t.Helper()
	for i, k := range keys.all {
		if !slices.ContainsFunc(all, func(j map[string]any) bool { return isFit(k, j) }) {
			t.Fatalf("%q: %+v is no fit key of it", text, k.Key)
		}
		for _, j := range all {
			if public, ok := decodeLeniently(j); ok && isPrivate(j) && samePublic(k.Public, public) {
				t.Fatalf("%q: the private part of %+v is in it", text, k.Key)
			}
		}
		for _, other := range keys.all[:i] {
			same := k.ID == other.ID && k.Algorithm == other.Algorithm
			if same && k.ID != "" && !samePublic(k.Public, other.Public) || same && k.issuer == other.issuer && samePublic(k.Public, other.Public) {
				t.Fatalf("%q: %+v and %+v", text, k.Key, other.Key)
			}
		}
	}
}

// sameKeys reports whether two sets have the same keys in the same order.
func sameKeys(a, b *keySet) bool {
	return a.size() == b.size() && (a == nil || slices.EqualFunc(a.all, b.all, func(k, l *boundKey) bool {
		return k.checked.Same(l.checked) && k.issuer == l.issuer
	}))
}

func FuzzJWK(f *testing.F) {
	for _, tc := range jwkCases() {
		if o := tc.change(jwkObject("two", publicOf(tc.kind))); len(o.String()) < 10_000 {
			f.Add(o.String())
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, _, err := readKeysOf(text)
		if (err == nil) != (keys.size() > 0) {
			t.Fatalf("%q: %d keys, %v", text, keys.size(), err)
		}
		var j map[string]any
		if err != nil || strings.Contains(text, `"keys"`) {
			return
		}
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		checkKeys(t, text, keys, []map[string]any{j})
		for _, k := range keys.all {
			again := jwkObject("", k.Public).with("alg", `"`+string(k.Algorithm)+`"`)
			for name, value := range map[string]string{"kid": k.ID, "issuer": k.issuer} {
				raw, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				if again = again.without(name); value != "" {
					again = again.with(name, string(raw))
				}
			}
			if second, _, err := readKeysOf(again.String()); err != nil || !sameKeys(keys, second) {
				t.Fatalf("%q, written again %s: %v", text, again, err)
			}
		}
		// With a private member at any position no key is left. A member that is null changes
		// nothing, unless it is there twice.
		for _, name := range jwkNames[jwkD:] {
			at := strings.IndexByte(text, '{') + 1
			for _, mutation := range []string{text[:at] + `"` + name + `":{},` + text[at:], strings.TrimRight(text, " \t\r\n}") + `,"` + name + `":"AQAB"}`} {
				if keys, _, err := readKeysOf(mutation); err == nil {
					t.Fatalf("%q: %v", mutation, keys)
				}
			}
			if _, there := j[name]; !there && len(j) < jwkRules.Members {
				if second, _, err := readKeysOf(text[:at] + `"` + name + `":null,` + text[at:]); err != nil || !sameKeys(keys, second) {
					t.Fatalf("%q with %s null: %v", text, name, err)
				}
			}
		}
	})
}

// indexOf returns the index in the field of a fault, such as keys[7].use.
func indexOf(t *testing.T, fault error) int {
	t.Helper()
	e, _ := errors.AsType[*httperr.ConfigError](fault)
	rest, _ := strings.CutPrefix(e.Field, "keys[")
	digits, _, _ := strings.Cut(rest, "]")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(fault)
	}
	return n
}

func FuzzJWKS(f *testing.F) {
	for _, tc := range jwkCases() {
		if o := tc.change(jwkObject("two", publicOf(tc.kind))); len(o.String()) < 10_000 {
			f.Add(setOf(jwkObject("one", publicOf("P-256")), o))
			f.Add(setOf(o, jwkObject("two", publicOf(tc.kind)), jwkObject("one", publicOf("P-256")), o.with("kid", `"one"`)))
		}
	}
	f.Fuzz(func(t *testing.T, text string) { checkSet(t, text) })
}

// Random sets of keys that clash, are copies, expose one another or have faults.
func TestJWKSRandomSets(t *testing.T) {
	cases, kinds := jwkCases(), []string{"RSA", "P-256", "P-256, another", "Ed25519", "Ed25519, another"}
	sizes := map[int]int{}
	for range 3000 {
		var set []jwkMembers
		for range 1 + rand.IntN(8) {
			kind := kinds[rand.IntN(len(kinds))]
			o := jwkObject([]string{"a", "b", "c"}[rand.IntN(3)], publicOf(kind))
			// Half of the keys have a fault or an odd spelling; a few are as large as the bounds.
			if tc := cases[rand.IntN(len(cases))]; rand.IntN(2) == 0 && len(tc.change(jwkObject("", publicOf(tc.kind))).String()) < 10_000 {
				o = tc.change(jwkObject(o.get("kid"), publicOf(tc.kind)))
			}
			if rand.IntN(4) == 0 {
				o = o.with("alg", `"`+[]string{"RS256", "RS384", "ES256", "EdDSA", "Ed25519"}[rand.IntN(5)]+`"`)
			}
			set = append(set, o)
		}
		sizes[checkSet(t, setOf(set...))]++
	}
	if len(sizes) < 6 {
		t.Errorf("only sets of these sizes: %v", sizes)
	}
}

// checkSet checks the keys that parseJWKS finds in text, and that no skipped key matters to
// the others. It returns their number.
func checkSet(t *testing.T, text string) int {
	t.Helper()
	keys, skipped, err := parseJWKS([]byte(text), RS256)
	if (err == nil) != (keys.size() > 0) {
		t.Fatalf("%q: %d keys, %v", text, keys.size(), err)
	}
	if err != nil {
		return 0
	}
	var raw struct{ Keys []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &raw); err != nil || len(raw.Keys) > 64 {
		t.Fatalf("%q: %d keys, %v", text, len(raw.Keys), err)
	}
	all := make([]map[string]any, len(raw.Keys))
	for i, r := range raw.Keys {
		_ = json.Unmarshal(r, &all[i]) // an element that is no object has no members
	}
	checkKeys(t, text, keys, all)
	// The set without the keys that were left out has the same keys, and no fault.
	left := map[int]bool{}
	for _, fault := range skipped {
		left[indexOf(t, fault)] = true
	}
	var rest []string
	for i, r := range raw.Keys {
		if left[i] {
			continue
		}
		if !slices.ContainsFunc(keys.all, func(k *boundKey) bool { return isFit(k, all[i]) }) {
			t.Fatalf("%q: keys[%d] is neither used nor reported", text, i)
		}
		rest = append(rest, string(r))
	}
	again, skipped, err := parseJWKS([]byte(`{"keys":[`+strings.Join(rest, ",")+`]}`), RS256)
	if err != nil || len(skipped) > 0 || !sameKeys(keys, again) {
		t.Fatalf("%q without the skipped keys: %v, %v", text, skipped, err)
	}
	return keys.size()
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
		if (err == nil) != (keys.size() > 0) {
			t.Fatalf("%q: %d keys, %v", text, keys.size(), err)
		}
		if err != nil {
			return
		}
		again := ""
		for _, k := range keys.all {
			if k.ID != jwa.Thumbprint(k.Public) {
				t.Fatalf("%q: %s is %s", text, k.ID, jwa.Thumbprint(k.Public))
			}
			again += publicPEM(k.Public)
		}
		if second, err := readPEM(again); err != nil || second.size() != keys.size() {
			t.Fatalf("%q, written again %q: %v", text, again, err)
		}
		// The number of blocks that a reader finds if it skips garbage must be the number of
		// the blocks, and each must be a key or a copy of one.
		n, seen := 0, map[string]bool{}
		for rest := []byte(text); ; n++ {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if strings.Contains(block.Type, "PRIVATE") {
				t.Fatalf("%q holds a private key", text)
			}
			public, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				public, err = x509.ParsePKCS1PublicKey(block.Bytes)
			}
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			seen[jwa.Thumbprint(public)] = true
		}
		if len(seen) != keys.size() || strings.Count(text, "-----BEGIN") != n {
			t.Fatalf("%q: %d keys in %d blocks", text, keys.size(), n)
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
