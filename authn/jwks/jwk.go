package jwks

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The members of a JWK that this package reads (RFC 7517, section 4; RFC 7518, section 6;
// RFC 8037, section 2). A key with a case variant of any of them is left out. x5u, x5c and
// x5t are not among them: the JWK Set itself is trusted, so the signer of a certificate for
// the key has no effect. No RFC defines issuer: Microsoft Entra names with it the issuer
// that the key is for.
const (
	jwkKty = iota
	jwkUse
	jwkKeyOps
	jwkAlg
	jwkKid
	jwkCrv
	jwkX
	jwkY
	jwkN
	jwkE
	jwkIssuer
	jwkD // this member and all after it are private
	jwkP
	jwkQ
	jwkDP
	jwkDQ
	jwkQI
	jwkOth
	jwkK
	jwkPriv
	jwkCount
)

var jwkNames = [jwkCount]string{
	"kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e", "issuer",
	"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv",
}

// A jwk holds the raw values of these members. A member that is null counts as absent.
type jwk [jwkCount]string

// parseJWK reads the members of one JWK. If a case variant of a name is the fault, the
// result has the members that are spelled exactly, because one may be secret.
func parseJWK(text string) (j jwk, err error) {
	if err = jwkIndex.Collect(text, jwkRules, j[:]); err == strictjson.ErrVariant {
		j = jwk{}
		_ = exactIndex.Collect(text, jwkRules, j[:])
	}
	for member := range j {
		if j[member] == "null" {
			j[member] = ""
		}
	}
	return j, err
}

// stringMember returns the value of a member that is a string, and "" for any other value
// or if the member is absent.
func (j *jwk) stringMember(member int) string {
	s, _ := strictjson.String(j[member])
	return s
}

// checkMetadata returns the reason for which a key may not verify tokens, and the member
// with the reason. It does not check the key itself.
func (j *jwk) checkMetadata() (member int, reason string) {
	switch ops, ok := strictjson.Strings(j[jwkKeyOps]); {
	case j[jwkUse] != "" && j.stringMember(jwkUse) != "sig":
		return jwkUse, "is not sig"
	case j[jwkKeyOps] != "" && (!ok || !slices.Contains(ops, "verify")):
		return jwkKeyOps, "has no verify"
	}
	if alg := j[jwkAlg]; alg != "" {
		if _, known := jwa.Lookup(j.stringMember(jwkAlg)); !known {
			return jwkAlg, "is not an algorithm of package jwks"
		}
	}
	switch kid, ok := strictjson.String(j[jwkKid]); {
	case j[jwkKid] != "" && !ok:
		return jwkKid, "is not a string"
	case len(kid) > jwa.MaxID:
		return jwkKid, "is longer than the 128 bytes that a token may have"
	}
	if j[jwkIssuer] != "" && j.stringMember(jwkIssuer) == "" {
		return jwkIssuer, "is not the iss of any token"
	}
	return 0, ""
}

// publicParts returns texts that two JWKs have in common only if they are for the same
// private key. It reads more than publicKey does, because the public part of a private key
// counts even if the JWK has another fault. The sign of y does not matter.
func (j *jwk) publicParts() (parts []string) {
	for _, member := range [...]int{jwkN, jwkX} {
		if b, ok := decodeUint(j[member]); ok {
			parts = append(parts, jwkNames[member]+string(b))
		}
	}
	return parts
}

// hasSecret adds a fault for each member that is secret, and reports whether there is one.
// The fault contains no value.
func (j *jwk) hasSecret(f *httperr.ConfigFaults, fieldName string) bool {
	before := f.Len()
	for member := jwkD; member < jwkCount; member++ {
		if j[member] != "" {
			f.Add(fieldName+"."+jwkNames[member], nil, "is part of a private key",
				"replace the key, for it is known now, and publish public members alone")
		}
	}
	if j.stringMember(jwkKty) == "oct" {
		f.Add(fieldName+".kty", "oct", "is a shared secret", "replace it, for it is known now, and sign with a private key")
	}
	return f.Len() > before
}

// publicKey returns the key and its default algorithm, for a JWK without alg. The default
// is "" for RSA, because RSA has six algorithms.
func (j *jwk) publicKey() (public crypto.PublicKey, alg Algorithm, member int, reason string) {
	switch j.stringMember(jwkKty) {
	case "RSA":
		n, ok := decodeUint(j[jwkN])
		if !ok {
			return nil, "", jwkN, notBase64
		}
		e, ok := decodeUint(j[jwkE])
		if !ok {
			return nil, "", jwkE, notBase64
		}
		k := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
		if len(e) <= 4 {
			k.E = int(new(big.Int).SetBytes(e).Int64())
		} // a longer exponent stays 0, which is refused as well
		return k, "", 0, ""
	case "EC":
		for _, c := range [...]struct {
			curve elliptic.Curve
			alg   Algorithm
		}{{elliptic.P256(), ES256}, {elliptic.P384(), ES384}, {elliptic.P521(), ES512}} {
			if params := c.curve.Params(); params.Name == j.stringMember(jwkCrv) {
				return j.ecdsaKey(c.curve, (params.BitSize+7)/8, c.alg)
			}
		}
		return nil, "", jwkCrv, "is not P-256, P-384 or P-521"
	case "OKP":
		if j.stringMember(jwkCrv) != "Ed25519" {
			return nil, "", jwkCrv, "is not Ed25519"
		}
		x, ok := decodeOctets(j[jwkX])
		if !ok {
			return nil, "", jwkX, notBase64
		}
		return ed25519.PublicKey(x), EdDSA, 0, ""
	}
	return nil, "", jwkKty, "is not RSA, EC or OKP"
}

const notBase64 = "is not canonical base64url"

// ecdsaKey returns the key with the coordinates x and y, each exactly size bytes long
// (RFC 7518, section 6.2.1.2).
func (j *jwk) ecdsaKey(curve elliptic.Curve, size int, alg Algorithm) (crypto.PublicKey, Algorithm, int, string) {
	point := []byte{4}
	for _, member := range [...]int{jwkX, jwkY} {
		b, ok := decodeOctets(j[member])
		if !ok {
			return nil, "", member, notBase64
		}
		if len(b) != size {
			return nil, "", member, "is not as long as the field of its curve"
		}
		point = append(point, b...)
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, "", jwkX, "and y are not a point on the curve"
	}
	return k, alg, 0, ""
}

// The two encodings are strict: they refuse the spellings of the last character that differ
// only in unused bits.
var (
	base64url = base64.RawURLEncoding.Strict()
	padded    = base64.URLEncoding.Strict()
)

// decodeOctets decodes a member that is base64url (RFC 7515, section 2). Some issuers write
// it with padding.
func decodeOctets(raw string) ([]byte, bool) {
	s, ok := strictjson.String(raw)
	if !ok || s == "" || strings.ContainsAny(s, "\r\n") { // encoding/base64 skips line ends
		return nil, false
	}
	encoding := base64url
	if strings.HasSuffix(s, "=") {
		encoding = padded
	}
	b, err := encoding.DecodeString(s)
	return b, err == nil
}

// decodeUint decodes a Base64urlUInt (RFC 7518, section 2), without the zero bytes in front
// that some issuers write (RFC 7518, section 6.3.1.1).
func decodeUint(raw string) ([]byte, bool) {
	b, ok := decodeOctets(raw)
	return bytes.TrimLeft(b, "\x00"), ok
}
