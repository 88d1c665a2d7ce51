package jwks

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Secret is a shared secret of InsecureSharedSecrets. Printing, logging or marshalling it
// shows only ID and Algorithm, with one exception: fmt calls no method of a value in an
// unexported field, and prints Value there. Do not keep a Secret in an unexported field;
// the Source itself is safe.
type Secret struct {
	_ [0]func()

	// ID is the kid in the tokens that the secret verifies: at most 128 bytes, compared
	// exactly. Default: no ID, for tokens without kid. A secret with an ID verifies these too,
	// if it is the only one for their algorithm.
	ID string

	// Algorithm is the only algorithm of the secret. Default: HS256. HS384 and HS512 are
	// accepted too.
	Algorithm Algorithm

	// Value is the secret, as bytes: a secret that is configured as base64 or hex must be
	// decoded first, if the issuer does so. It has at least as many bytes as the hash (RFC
	// 7518, section 3.2): 32 for HS256, 48 for HS384, 64 for HS512. A text that can be read as
	// a key or a certificate is refused, and so is one byte again and again. It is copied.
	Value []byte

	// DangerouslyShort accepts a Value from 4 bytes on. Its price: an attacker with one
	// token can try out secrets on a computer of their own, without a request to the service,
	// until one verifies the token. From then on the attacker can sign tokens of any user. Use
	// it only until the tokens of an old issuer have expired.
	DangerouslyShort bool
}

const minShortSecret = 4 // bytes

// String implements fmt.Stringer. The secret itself is not shown.
func (s Secret) String() string {
	return fmt.Sprintf("jwks.Secret(%q, %q)", s.ID, string(cmp.Or(s.Algorithm, HS256)))
}

// Format implements fmt.Formatter. It prints the result of String for every verb, also
// for %#v and %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements slog.LogValuer. It returns the result of String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and other encoders
// call. It returns the result of String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// InsecureSharedSecrets is the source of secrets for HS256, HS384 and HS512 (RFC 7518,
// section 3.2), for an issuer that supports nothing better. It is insecure because a secret
// that verifies also signs: an attacker that gets the secret from one of the services can
// act as any user in all of them.
//
// Each secret comes from a generator of random numbers. Two secrets with the same ID and
// algorithm are refused, and so is a Verifier that has any other source beside this one. The
// source works only as the Keys of an issuer itself, not inside another Source. jwtauth.New
// reports the faults of the secrets.
func InsecureSharedSecrets(secrets ...Secret) Source {
	s := &staticSource{keys: newKeySet()}
	f := httperr.ConfigFaults{Package: pkg}
	if len(secrets) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one secret to InsecureSharedSecrets")
	}
	ids := identities{}
	for i, secret := range secrets {
		secret.Algorithm = cmp.Or(secret.Algorithm, HS256)
		fieldPrefix, before := fmt.Sprintf("Keys[%d].", i), f.Len()
		jwa.CheckID(&f, fieldPrefix+"ID", secret.ID)
		ids.add(&f, fieldPrefix, secret.ID, secret.Algorithm)
		secret.check(&f, fieldPrefix)
		if f.Len() > before { // a secret with a fault verifies nothing
			continue
		}
		checked := jwa.SharedSecret(secret.ID, string(secret.Algorithm), secret.Value)
		s.keys.add(&boundKey{Key: Key{ID: secret.ID, Algorithm: secret.Algorithm, checked: checked}})
	}
	s.selfCheck = jwa.NewSelfCheck(f.Err()).WithSecrets(len(secrets))
	return s
}

// check adds the faults of the algorithm and the value.
func (s Secret) check(f *httperr.ConfigFaults, fieldPrefix string) {
	h, known := jwa.LookupHMAC(string(s.Algorithm))
	if !known {
		f.Add(fieldPrefix+"Algorithm", s.Algorithm, "is not an algorithm of shared secrets",
			"use HS256, HS384 or HS512; the public keys of all others are for Static")
		return
	}
	size := len(s.Value)
	random := fmt.Sprintf("use %d bytes or more from crypto/rand", h.MinSecret)
	switch {
	case size < minShortSecret:
		f.Add(fieldPrefix+"Value", nil, fmt.Sprintf("%d bytes are no secret", size), random)
	case bytes.Count(s.Value, s.Value[:1]) == size:
		f.Add(fieldPrefix+"Value", nil, "is one byte again and again", random)
	case isKeyMaterial(s.Value):
		f.Add(fieldPrefix+"Value", nil, "is a key or a certificate, which many may know, and no secret",
			"pass public keys to Static; here "+random)
	case size < h.MinSecret && !s.DangerouslyShort:
		f.Add(fieldPrefix+"Value", nil, fmt.Sprintf("%d bytes can be guessed by trying secrets on one token", size),
			random+", or set DangerouslyShort while the issuer changes its secret")
	}
}

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
