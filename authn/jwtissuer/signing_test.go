package jwtissuer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestGenerateKey(t *testing.T) {
	for alg := range privateKeys() {
		k, err := jwtissuer.GenerateKey(alg)
		if err != nil || k.Algorithm != alg || len(k.ID) != 43 {
			t.Fatalf("%s: %v, %v", alg, k, err)
		}
		i := newIssuer(t, issuerConfig(k))
		if _, err := verifierOf(t, i).Verify(context.Background(), issue(t, i, grant()).Token); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if _, err := i.Key(context.Background(), issuer, k.ID, jwa.Canonical(string(alg))); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
	for _, alg := range []jwks.Algorithm{"", "none", "HS256", "es256"} {
		if k, err := jwtissuer.GenerateKey(alg); err == nil || k.Private != nil || !strings.Contains(err.Error(), "is not an algorithm") {
			t.Errorf("%q: %v, %v", alg, k, err)
		}
	}
}

func TestSigningKeyFaults(t *testing.T) {
	s := signers()
	rsaKey, ecKey, edKey := s[0].private.(*rsa.PrivateKey), s[1].private.(*ecdsa.PrivateKey), s[2].private.(ed25519.PrivateKey)
	mixedEC := *ecKey
	mixedEC.PublicKey = newEC(elliptic.P256()).PublicKey
	mixed := bytes.Clone(edKey)
	mixed[40] ^= 1
	broken := func(change func(*rsa.PrivateKey)) *rsa.PrivateKey {
		k := &rsa.PrivateKey{PublicKey: rsaKey.PublicKey, D: rsaKey.D, Primes: append([]*big.Int(nil), rsaKey.Primes...)}
		change(k)
		return k
	}
	const at = "jwtissuer: Key."
	for name, tc := range map[string]struct {
		key    jwtissuer.SigningKey
		faults []string
	}{
		"zero":            {jwtissuer.SigningKey{}, []string{at + `Algorithm: "": `, at + `Private: "<nil>": is missing`}},
		"HS256":           {jwtissuer.SigningKey{Algorithm: "HS256", Private: []byte("hunter2hunter2")}, []string{at + `Algorithm: "HS256": `, at + `Private: "[]uint8": is not a parsed private key`}},
		"text":            {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: "hunter2"}, []string{at + `Private: "string": is not a parsed private key`}},
		"weak":            {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: newRSA(1024)}, []string{at + `Private: "*rsa.PrivateKey": 1024 bits`}},
		"P-224":           {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: newEC(elliptic.P224())}, []string{at + `Private: "*ecdsa.PrivateKey": is not a point on`}},
		"another curve":   {jwtissuer.SigningKey{Algorithm: jwks.ES384, Private: ecKey}, []string{at + `Private: "*ecdsa.PrivateKey": does not fit the algorithm ES384; use the algorithm ES256`}},
		"another family":  {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: edKey}, []string{at + `Private: "ed25519.PrivateKey": does not fit`}},
		"public RSA":      {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: s[0].public}, []string{at + `Private: "*rsa.PublicKey": is not a parsed private key`}},
		"public EC":       {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: s[1].public}, []string{at + `Private: "*ecdsa.PublicKey": is not a parsed private key`}},
		"public Ed25519":  {jwtissuer.SigningKey{Algorithm: jwks.EdDSA, Private: s[2].public}, []string{at + `Private: "ed25519.PublicKey": is not a parsed private key`}},
		"by value":        {jwtissuer.SigningKey{Algorithm: jwks.EdDSA, Private: &edKey}, []string{at + `Private: "*ed25519.PrivateKey": is not a parsed private key`}},
		"something else":  {jwtissuer.SigningKey{Algorithm: jwks.EdDSA, Private: 7}, []string{at + `Private: "int": is not a parsed private key`}},
		"nil RSA":         {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: (*rsa.PrivateKey)(nil)}, []string{at + `Private: "*rsa.PrivateKey": is missing`}},
		"nil EC":          {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: (*ecdsa.PrivateKey)(nil)}, []string{at + `Private: "*ecdsa.PrivateKey": is missing`}},
		"empty RSA":       {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: &rsa.PrivateKey{}}, []string{at + `Private: "*rsa.PrivateKey": has no modulus`}},
		"empty EC":        {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: &ecdsa.PrivateKey{}}, []string{at + `Private: "*ecdsa.PrivateKey": is not a point`}},
		"EC, no scalar":   {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: &ecdsa.PrivateKey{PublicKey: ecKey.PublicKey}}, []string{at + `Private: "*ecdsa.PrivateKey": its public half`}},
		"EC, mixed":       {jwtissuer.SigningKey{Algorithm: jwks.ES256, Private: &mixedEC}, []string{at + `Private: "*ecdsa.PrivateKey": its public half`}},
		"short Ed25519":   {jwtissuer.SigningKey{Algorithm: jwks.EdDSA, Private: edKey[:32]}, []string{at + `Private: "ed25519.PrivateKey": an Ed25519`}},
		"mixed Ed25519":   {jwtissuer.SigningKey{Algorithm: jwks.EdDSA, Private: ed25519.PrivateKey(mixed)}, []string{at + `Private: "ed25519.PrivateKey": its public half`}},
		"RSA, no D":       {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.D = nil })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"RSA, wrong D":    {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.D = big.NewInt(3) })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"RSA, one prime":  {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.Primes = k.Primes[:1] })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"RSA, nil prime":  {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.Primes[1] = nil })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"RSA, zero prime": {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.Primes[0] = new(big.Int) })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"RSA, other n":    {jwtissuer.SigningKey{Algorithm: jwks.RS256, Private: broken(func(k *rsa.PrivateKey) { k.N = new(big.Int).Add(k.N, big.NewInt(2)) })}, []string{at + `Private: "*rsa.PrivateKey": its numbers`}},
		"long ID":         {jwtissuer.SigningKey{ID: strings.Repeat("k", 129), Algorithm: jwks.EdDSA, Private: edKey}, []string{at + `ID: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk": `}},
		"ID with quote":   {jwtissuer.SigningKey{ID: `a"b`, Algorithm: jwks.EdDSA, Private: edKey}, []string{at + `ID: `}},
		"ID with space":   {jwtissuer.SigningKey{ID: "a b", Algorithm: "x", Private: nil}, []string{at + `ID: `, at + "Algorithm: ", at + "Private: "}},
		"foreign ID":      {jwtissuer.SigningKey{ID: "clé", Algorithm: jwks.EdDSA, Private: edKey}, []string{at + `ID: `}},
	} {
		t.Run(name, func(t *testing.T) {
			i, err := jwtissuer.New(issuerConfig(tc.key))
			if i != nil {
				t.Error("New returned an issuer and an error")
			}
			mwtest.Faults(t, err, tc.faults...)
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Error("a secret is in the fault")
			}
		})
	}
}

// privateNumbers returns the private numbers of a key in all forms in which they are
// printed.
func privateNumbers(private crypto.PrivateKey) []string {
	var raw [][]byte
	switch k := private.(type) {
	case *rsa.PrivateKey:
		raw = append(raw, k.D.Bytes(), k.Precomputed.Dp.Bytes(), k.Precomputed.Dq.Bytes(), k.Precomputed.Qinv.Bytes())
		for _, p := range k.Primes {
			raw = append(raw, p.Bytes())
		}
	case *ecdsa.PrivateKey:
		b, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		raw = append(raw, b)
	case ed25519.PrivateKey:
		raw = append(raw, k.Seed())
	}
	var all []string
	for _, b := range raw {
		decimals := strings.Trim(fmt.Sprintf("%d", b), "[]")
		for _, s := range []string{
			new(big.Int).SetBytes(b).String(), hex.EncodeToString(b), decimals, strings.ReplaceAll(decimals, " ", ","), strings.ReplaceAll(decimals, " ", ", "),
			base64.RawURLEncoding.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b), fmt.Sprintf("%#v", b)[len("[]byte{"):], string(b),
		} {
			all = append(all, s[1:len(s)/2]) // half of a number is a leak too, and its ends depend on the text beside it
		}
	}
	return all
}

func containsPrivateKey(text string, private crypto.PrivateKey) bool {
	for _, n := range privateNumbers(private) {
		if strings.Contains(text, n) || strings.Contains(text, strings.ToUpper(n)) {
			return true
		}
	}
	return false
}

// printAll returns the texts that fmt, encoding/json, encoding/xml and log/slog print for
// v.
func printAll(v any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	text, err := json.Marshal(v)
	fmt.Fprintf(&b, "%s %v\n", text, err)
	text, err = xml.Marshal(v)
	fmt.Fprintf(&b, "%s %v\n", text, err)
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
	return b.String()
}

func TestSigningKeyNeverPrinted(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, key jwtissuer.SigningKey) {
		i := newIssuer(t, issuerConfig(key))
		if err := i.Rotate(edDSA("next")); err != nil {
			t.Fatal(err)
		}
		_, err := jwtissuer.New(jwtissuer.Config{Key: jwtissuer.SigningKey{ID: "\n", Algorithm: "x", Private: key.Private}})
		for name, v := range map[string]any{
			"key": key, "pointer": &key, "slice": []jwtissuer.SigningKey{key}, "map": map[string]jwtissuer.SigningKey{"a": key},
			"field": struct{ K jwtissuer.SigningKey }{key}, "config": issuerConfig(key), "config pointer": []any{issuerConfig(key)},
			"issuer": i, "error": err, "hidden issuer": struct{ i *jwtissuer.Issuer }{i},
		} {
			if text := printAll(v); containsPrivateKey(text, key.Private) {
				t.Errorf("%s: the private key is in\n%s", name, text)
			}
		}
		if s := key.String(); s != fmt.Sprintf("jwtissuer.SigningKey(%q, %q)", kid, key.Algorithm) {
			t.Errorf("printed as %s", s)
		}
		// containsPrivateKey finds a key that is printed.
		bare := struct{ Private any }{key.Private}
		if ed, ok := key.Private.(ed25519.PrivateKey); ok && !containsPrivateKey(printAll(ed), key.Private) || !ok && !containsPrivateKey(printAll(bare), key.Private) {
			t.Error("containsPrivateKey does not find a key that was printed")
		}
	})
}

// A change of the key by the caller after New has no effect on the Issuer.
func TestSigningKeyIsCopied(t *testing.T) {
	for _, alg := range []jwks.Algorithm{jwks.RS256, jwks.ES256, jwks.EdDSA} {
		key, err := jwtissuer.GenerateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		i := newIssuer(t, issuerConfig(key))
		switch k := key.Private.(type) {
		case *rsa.PrivateKey:
			k.D.SetInt64(1)
			k.N.SetInt64(15)
			k.Primes[0].SetInt64(3)
			k.Precomputed = rsa.PrecomputedValues{}
		case *ecdsa.PrivateKey:
			*k = ecdsa.PrivateKey{}
		case ed25519.PrivateKey:
			clear(k)
		}
		if _, err := verifierOf(t, i).Verify(context.Background(), issue(t, i, grant()).Token); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}
