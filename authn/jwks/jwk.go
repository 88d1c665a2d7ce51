package jwks

import (
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
)

// The members of a JWK that mean something here (RFC 7517, section 4; RFC 7518,
// section 6; RFC 8037, section 2). A case variant of any of them is refused.
// x5u, x5c and x5t are not among them: the key is the one in the set, and who
// signed a certificate for it changes nothing.
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
	jwkD // it and those after it are private
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

var jwkNames = [jwkCount]string{"kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// A jwk is the raw values of these members.
type jwk [jwkCount]string

// text returns a member that is a string; one that is none, or absent, is "".
func (j *jwk) text(member int) string {
	s, _ := strictjson.String(j[member])
	return s
}

// unfit says why a key is not one to verify tokens with, whatever its numbers.
func (j *jwk) unfit() (member int, reason string) {
	switch ops, ok := strictjson.Strings(j[jwkKeyOps]); {
	case j[jwkUse] != "" && j.text(jwkUse) != "sig":
		return jwkUse, "is not sig"
	case j[jwkKeyOps] != "" && (!ok || !slices.Contains(ops, "verify")):
		return jwkKeyOps, "has no verify"
	}
	if alg := j[jwkAlg]; alg != "" {
		if _, known := jwa.Lookup(j.text(jwkAlg)); !known {
			return jwkAlg, "is not an algorithm of package jwks"
		}
	}
	switch kid := j.text(jwkKid); {
	case kid == "":
		return jwkKid, "is missing, and a token names its key by kid"
	case len(kid) > jwa.MaxID:
		return jwkKid, "is longer than the 128 bytes that a token may have"
	}
	return 0, ""
}

// public returns the key, and the algorithm that it is used with if it does not
// say so itself: "" for RSA, which has six.
func (j *jwk) public() (public crypto.PublicKey, alg Algorithm, member int, reason string) {
	switch j.text(jwkKty) {
	case "RSA":
		n, ok := unsigned(j[jwkN])
		if !ok {
			return nil, "", jwkN, notMinimal
		}
		e, ok := unsigned(j[jwkE])
		if !ok {
			return nil, "", jwkE, notMinimal
		}
		k := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
		if len(e) <= 4 {
			k.E = int(new(big.Int).SetBytes(e).Int64())
		} // a longer one stays 0, which is as bad
		return k, "", 0, ""
	case "EC":
		for _, c := range [...]struct {
			curve elliptic.Curve
			alg   Algorithm
		}{{elliptic.P256(), ES256}, {elliptic.P384(), ES384}, {elliptic.P521(), ES512}} {
			if params := c.curve.Params(); params.Name == j.text(jwkCrv) {
				return j.point(c.curve, (params.BitSize+7)/8, c.alg)
			}
		}
		return nil, "", jwkCrv, "is not P-256, P-384 or P-521"
	case "OKP":
		if j.text(jwkCrv) != "Ed25519" {
			return nil, "", jwkCrv, "is not Ed25519"
		}
		x, ok := octets(j[jwkX])
		if !ok {
			return nil, "", jwkX, notBase64
		}
		return ed25519.PublicKey(x), EdDSA, 0, ""
	}
	return nil, "", jwkKty, "is not RSA, EC or OKP"
}

const (
	notBase64  = "is not canonical base64url without padding"
	notMinimal = "is not a number in canonical base64url, without zero bytes in front"
)

// point returns the key with the coordinates x and y, each exactly size bytes
// long (RFC 7518, section 6.2.1.2).
func (j *jwk) point(curve elliptic.Curve, size int, alg Algorithm) (crypto.PublicKey, Algorithm, int, string) {
	point := []byte{4}
	for _, member := range [...]int{jwkX, jwkY} {
		b, ok := octets(j[member])
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

// base64url refuses padding and, being strict, the spellings of the last character
// that differ only in bits that no reader looks at.
var base64url = base64.RawURLEncoding.Strict()

// octets decodes a member that is base64url (RFC 7515, section 2).
func octets(raw string) ([]byte, bool) {
	s, ok := strictjson.String(raw)
	if !ok || s == "" || strings.ContainsAny(s, "\r\n") { // which encoding/base64 skips
		return nil, false
	}
	b, err := base64url.DecodeString(s)
	return b, err == nil
}

// unsigned decodes a Base64urlUInt (RFC 7518, section 2): as short as it can be.
func unsigned(raw string) ([]byte, bool) {
	b, ok := octets(raw)
	return b, ok && b[0] != 0
}
