package jwtauth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func randomSecret(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// secretSigner returns a signer with a shared secret.
func secretSigner(secret []byte) *signer { return secretSignerOf(jwt.SigningMethodHS256, secret) }

func secretSignerOf(method *jwt.SigningMethodHMAC, secret []byte) *signer {
	return &signer{alg: jwks.Algorithm(method.Alg()), method: secretMethod{method, secret}}
}

type secretMethod struct {
	*jwt.SigningMethodHMAC
	secret []byte
}

func (m secretMethod) Sign(signed string, _ any) ([]byte, error) {
	return m.SigningMethodHMAC.Sign(signed, m.secret)
}
func (m secretMethod) Verify(signed string, sig []byte, _ any) error {
	return m.SigningMethodHMAC.Verify(signed, sig, m.secret)
}

// sharedSecret returns the source of one secret for HS256.
func sharedSecret(id string, b []byte) jwks.Source {
	return jwks.InsecureSharedSecrets(jwks.Secret{ID: id, Algorithm: "HS256", Value: b})
}

func secretConfig(b []byte) jwtauth.Config {
	cfg := config(signers()[2])
	cfg.Issuers[0].Keys = sharedSecret(kid, b)
	return cfg
}

// Every attack is refused with a shared secret as with a key.
func TestSharedSecretAttacks(t *testing.T) {
	for _, method := range []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		t.Run(method.Alg(), func(t *testing.T) { testSharedSecretAttacks(t, method) })
	}
}

func testSharedSecretAttacks(t *testing.T, method *jwt.SigningMethodHMAC) {
	// These attacks use the public key of an issuer, and this issuer has no public key.
	keyless := map[string]bool{"confusion": true, "header-key": true}
	secret := randomSecret(64)
	s := secretSignerOf(method, secret)
	cfg := config(signers()[2])
	cfg.Issuers[0].Keys = jwks.InsecureSharedSecrets(jwks.Secret{ID: kid, Algorithm: s.alg, Value: secret})
	site := newSite(t, build(t, cfg))
	for _, g := range attackGroups {
		if keyless[g.name] {
			continue
		}
		for _, a := range g.cases() {
			if a.name == "signature with spare bits" && method == jwt.SigningMethodHS384 {
				continue // 48 bytes have none
			}
			t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
		}
	}
	forger := secretSignerOf(method, randomSecret(64))
	site.runAttack(t, forger, attack{"signed with another secret", (*signer).good, jwtauth.ErrSignature}, nil)
	for _, other := range signers() {
		site.runAttack(t, other, attack{"signed with a key", (*signer).good, jwtauth.ErrAlgorithm}, nil)
	}
	for _, alg := range []string{"HS256", "HS384", "HS512", "hs256", "HS224", "none"} {
		if alg != method.Alg() {
			site.runAttack(t, s, attack{alg, setHeader("alg", quote(alg)), jwtauth.ErrAlgorithm}, nil)
		}
	}
	for _, other := range []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		if other != method {
			site.runAttack(t, secretSignerOf(other, secret), attack{"signed as " + other.Alg(), (*signer).good, jwtauth.ErrAlgorithm}, nil)
		}
	}
}

// A Verifier with public keys accepts no shared secret from any source.
func TestSecretsNeverBesideKeys(t *testing.T) {
	s, b := signers()[2], randomSecret(32)
	hidden := sharedSecret(kid, b)
	cfg := config(s)
	cfg.Issuers[0].Keys = opaqueSource{hidden}
	v := build(t, cfg)
	for _, token := range []string{secretSigner(b).good(), secretSigner(b).token(secretSigner(b).header().with("alg", `"EdDSA"`).json(), claims().json())} {
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrAlgorithm) {
			t.Error(err)
		}
	}
	k, err := hidden.Key(t.Context(), issuer, kid, "HS256")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Issuers[0].Keys = jwks.Static(k)
	_, err = jwtauth.New(cfg)
	mwtest.Faults(t, err, `jwtauth: Issuers[0].Keys[0].Algorithm: "HS256": whoever can verify`, `jwtauth: Issuers[0].Keys[0].Public: "<nil>": is missing`)
	if text := fmt.Sprintf("%v %+v", k, k); strings.Contains(text, strings.Trim(fmt.Sprintf("%v", b), "[]")) {
		t.Error("a key prints its secret")
	}

	several := severalIssuers(s)
	several.Issuers[1].Keys = hidden
	_, err = jwtauth.New(several)
	mwtest.Faults(t, err, "jwtauth: Issuers: mixes key families: ")
	several.Issuers = []jwtauth.TrustedIssuer{trusting(issuer, sharedSecret(kid, randomSecret(32))), trusting(rival, hidden)}
	v = build(t, several)
	if _, err := v.Verify(t.Context(), setIssuer(rival)(secretSigner(b))); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), secretSigner(b).good()); !errors.Is(err, jwtauth.ErrSignature) {
		t.Errorf("a secret of one issuer is good for another: %v", err)
	}
}

// opaqueSource hides the type of a source.
type opaqueSource struct{ jwks.Source }

func TestSecretFaults(t *testing.T) {
	given := map[string][]byte{"": randomSecret(32), strings.Repeat("k", 129): randomSecret(32), "short": randomSecret(31), "nil": nil, "zero": make([]byte, 32), "xs": bytes.Repeat([]byte{0xff}, 64), "good": randomSecret(32)}
	for name, b := range keyMaterial(t) {
		given[name] = b
		if len(b) < 32 {
			t.Errorf("%s is too short for this test", name)
		}
	}
	var secrets []jwks.Secret
	var want []string
	for i, name := range slices.Sorted(maps.Keys(given)) {
		secrets = append(secrets, jwks.Secret{ID: name, Algorithm: "HS256", Value: given[name]})
		if name != "good" && name != "" {
			want = append(want, fmt.Sprintf("jwtauth: Issuers[0].Keys[%d]", i))
		}
	}
	cfg := config(signers()[2])
	cfg.Issuers[0].Keys = jwks.InsecureSharedSecrets(secrets...)
	_, err := jwtauth.New(cfg)
	mwtest.Faults(t, err, want...)
	for name, b := range given {
		if err != nil && len(b) > 8 && strings.Contains(err.Error(), string(b[:8])) {
			t.Errorf("the secret %q is in the fault", name)
		}
	}
	cfg.Issuers[0].Keys = jwks.InsecureSharedSecrets()
	_, err = jwtauth.New(cfg)
	mwtest.Faults(t, err, "jwtauth: Issuers[0].Keys: no token could ever be verified; ")
}

// keyMaterial returns texts that people paste in place of a secret.
func keyMaterial(t *testing.T) map[string][]byte {
	all := map[string][]byte{"OpenSSH": []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx5 ann@example"), "JWKS": []byte(`{"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAA"}]}`)}
	for _, s := range signers() {
		for form, b := range s.publicKeyForms() {
			if form == "raw" || form == "short DER" && s.alg == jwks.EdDSA || len(b) < 32 {
				continue // 32 or 64 raw bytes look like a random secret
			}
			all[string(s.alg)+" "+form] = b
			all[string(s.alg)+" "+form+" with space"] = []byte("\n " + string(b) + "\n")
			if strings.Contains(form, "DER") {
				delete(all, string(s.alg)+" "+form+" with space")
				all[string(s.alg)+" "+form+" in base64"] = []byte(base64.StdEncoding.EncodeToString(b))
				all[string(s.alg)+" "+form+" in base64url"] = []byte(base64.RawURLEncoding.EncodeToString(b))
			} else if strings.Contains(form, "PEM") {
				all[string(s.alg)+" "+form+" in base64"] = []byte(base64.StdEncoding.EncodeToString(b))
			}
		}
		der, err := x509.MarshalPKCS8PrivateKey(s.private)
		if err != nil {
			t.Fatal(err)
		}
		all[string(s.alg)+" private"] = der
		all[string(s.alg)+" private PEM"] = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	return all
}

func TestRandomSecretsAreNoKeys(t *testing.T) {
	for n := range 500 {
		b := randomSecret(32 + n%100)
		b[0] = []byte{0x30, 0x04, '{', b[0]}[n%4]
		if _, err := jwtauth.New(secretConfig(b)); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if _, err := jwtauth.New(secretConfig([]byte(base64.StdEncoding.EncodeToString(b)))); err != nil {
			t.Fatalf("%x in base64: %v", b, err)
		}
	}
}

func TestSecretsAreCopied(t *testing.T) {
	b := randomSecret(32)
	s := secretSigner(bytes.Clone(b))
	given := []jwks.Secret{{ID: kid, Algorithm: "HS256", Value: b}}
	cfg := config(signers()[2])
	cfg.Issuers[0].Keys = jwks.InsecureSharedSecrets(given...)
	clear(b)
	given[0].ID = "later"
	v := build(t, cfg)
	if _, err := v.Verify(context.Background(), s.good()); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(context.Background(), setHeader("kid", `"later"`)(s)); !errors.Is(err, jwks.ErrUnknownKey) || !errors.Is(err, authn.ErrInvalid) {
		t.Error(err)
	}
}

// containsSecret reports whether text contains the bytes of b in one of the forms that
// fmt prints.
func containsSecret(text string, b []byte) bool {
	text = strings.ToLower(text)
	for _, form := range []string{string(b), hex.EncodeToString(b), strings.Trim(fmt.Sprintf("%d", b), "[]"), strings.TrimSuffix(fmt.Sprintf("%#v", b)[len("[]byte{"):], "}")} {
		if strings.Contains(text, strings.ToLower(form)) {
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

// With a wrong verb, fmt prints the target of a pointer.
func TestSharedSecretNeverPrinted(t *testing.T) {
	b := []byte("hunter2-hunter2-hunter2-hunter2-")
	source := sharedSecret(kid, b)
	key, err := source.Key(t.Context(), issuer, kid, "HS256")
	if err != nil {
		t.Fatal(err)
	}
	checked, err := key.Checked()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(signers()[0])
	cfg.Issuers[0].Keys = source
	v := build(t, cfg)
	for name, value := range map[string]any{
		"checked": checked, "hidden checked": struct{ k any }{checked},
		"source": source, "sources": []jwks.Source{source}, "hidden source": struct{ s jwks.Source }{source},
		"key": key, "key pointer": &key, "keys": []jwks.Key{key}, "hidden key": struct{ k jwks.Key }{key}, "hidden key pointer": struct{ k *jwks.Key }{&key},
		"config": cfg, "verifier": v, "hidden verifier": struct{ v any }{v},
	} {
		if text := printAll(value); containsSecret(text, b) {
			t.Errorf("%s: the secret is in\n%s", name, text)
		}
	}
	if !containsSecret(printAll(struct{ b []byte }{b}), b) {
		t.Error("containsSecret does not find a secret that was printed")
	}
}
