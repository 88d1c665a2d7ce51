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

// InsecureSharedSecrets is the source of secrets for HS256 (RFC 7518, section 3.2), by
// their kid, for an issuer that supports nothing better. It is insecure because a secret
// that verifies also signs: an attacker who gets the secret from one of the services can
// act as any user in all of them.
//
// A secret has at least 32 bytes from a generator of random numbers. A text that can be
// read as a public key is refused. So are a kid that is empty or longer than 128 bytes,
// and a Verifier that has any other source beside this one. The source works only as
// Config.Keys or in Config.Issuers itself, not inside another Source. The secrets are
// copied. jwtauth.New reports their faults.
func InsecureSharedSecrets(secrets map[string][]byte) Source {
	s := &staticSource{keys: make(map[string]Key, len(secrets))}
	f := httperr.ConfigFaults{Package: pkg}
	if len(secrets) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one secret to InsecureSharedSecrets")
	}
	for _, kid := range slices.Sorted(maps.Keys(secrets)) {
		secret := secrets[kid]
		fieldName, before := fmt.Sprintf("Keys[%.32q]", kid), f.Len()
		jwa.CheckID(&f, fieldName+".ID", kid)
		switch {
		case len(secret) < minSecret:
			f.Add(fieldName, nil, fmt.Sprintf("%d bytes can be guessed", len(secret)), "use 32 bytes or more from crypto/rand")
		case bytes.Count(secret, secret[:1]) == len(secret):
			f.Add(fieldName, nil, "is one byte again and again", "use 32 bytes or more from crypto/rand")
		case isKeyMaterial(secret):
			f.Add(fieldName, nil, "is a key or a certificate, which many may know, and no secret",
				"pass public keys to Static, and 32 bytes or more from crypto/rand here")
		}
		if f.Len() == before { // a secret with a fault verifies nothing
			s.keys[kid] = Key{ID: kid, Algorithm: jwa.HS256, checked: jwa.SharedSecret(kid, secret)}
		}
	}
	s.selfCheck = jwa.NewSelfCheck(f.Err(), true)
	return s
}

const minSecret = 32 // bytes, the size of the hash

// isKeyMaterial reports whether b is a key of another kind: PEM, DER, either of them in
// base64, a JWK, a line of OpenSSH or a point of a curve. A service that uses a public
// key as its secret accepts the tokens of every attacker.
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
