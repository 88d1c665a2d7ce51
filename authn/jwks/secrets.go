package jwks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// InsecureSharedSecrets is the source of secrets for HS256 (RFC 7518, section
// 3.2), by their kid, for an issuer that can do nothing better. It is insecure
// because a secret that verifies also signs: whoever gets hold of it, in any of
// the services that have it, can be anybody in all of them.
//
// A secret has at least 32 bytes, out of a generator of random numbers. What can
// be read as a public key is refused, as are a kid that is empty or of more than
// 128 bytes, and a Verifier that has any other source beside this one. The
// source works only as Config.Keys or in Config.Issuers itself, not from inside
// another Source. The secrets are copied. Their faults are reported by
// jwtauth.New.
func InsecureSharedSecrets(secrets map[string][]byte) Source {
	s := &fixed{keys: make(map[string]Key, len(secrets))}
	f := httperr.ConfigFaults{Package: pkg}
	if len(secrets) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one secret to InsecureSharedSecrets")
	}
	for _, kid := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[kid]
		at, before := fmt.Sprintf("Keys[%.32q]", kid), f.Len()
		jwa.CheckID(&f, at+".ID", kid)
		switch {
		case len(secret) < minSecret:
			f.Add(at, nil, fmt.Sprintf("%d bytes can be guessed", len(secret)), "use 32 bytes or more from crypto/rand")
		case bytes.Count(secret, secret[:1]) == len(secret):
			f.Add(at, nil, "is one byte again and again", "use 32 bytes or more from crypto/rand")
		case isKeyMaterial(secret):
			f.Add(at, nil, "is a key or a certificate, which many may know, and no secret", "pass public keys to Static, and 32 bytes or more from crypto/rand here")
		}
		if f.Len() == before { // a secret with a fault verifies nothing
			s.keys[kid] = Key{ID: kid, Algorithm: jwa.HS256, ready: jwa.SharedSecret(kid, secret)}
		}
	}
	s.self = jwa.NewSelfCheck(f.Err(), true)
	return s
}

const minSecret = 32 // bytes, the size of the hash

// isKeyMaterial reports whether b is a key of another kind: PEM, DER, either of
// them in base64, JWK, a line of OpenSSH or a point of a curve. A service that
// was given a public key as its secret accepts what anybody signs.
func isKeyMaterial(b []byte) bool {
	text := bytes.TrimSpace(b)
	if bytes.Contains(text, []byte("-----BEGIN ")) || bytes.HasPrefix(text, []byte("{")) && json.Valid(text) {
		return true
	}
	if slices.ContainsFunc([]string{"ssh-", "ecdsa-sha2-", "sk-"}, func(p string) bool { return bytes.HasPrefix(text, []byte(p)) }) {
		return true
	}
	forms := [][]byte{b}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if der, err := encoding.DecodeString(string(text)); err == nil {
			forms = append(forms, der)
		}
	}
	return slices.ContainsFunc(forms, isEncodedKey)
}

func isEncodedKey(b []byte) bool {
	if bytes.Contains(b, []byte("-----BEGIN ")) {
		return true
	}
	for _, parse := range []func([]byte) error{
		func(b []byte) error { _, err := x509.ParsePKIXPublicKey(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS1PublicKey(b); return err },
		func(b []byte) error { _, err := x509.ParseCertificate(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS8PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS1PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParseECPrivateKey(b); return err },
	} {
		if parse(b) == nil {
			return true
		}
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		if _, err := ecdsa.ParseUncompressedPublicKey(curve, b); err == nil {
			return true
		}
	}
	return false
}
