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

// The members of a JWK that this package reads (RFC 7517, section 4; RFC 7518, section 6;
// RFC 8037, section 2). A case variant of any of them is refused. x5u, x5c and x5t are
// not among them: the JWK Set itself is trusted, so the signer of a certificate for the
// key has no effect.
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
	"kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e",
	"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv",
}

// A jwk holds the raw values of these members.
type jwk [jwkCount]string

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
	switch kid := j.stringMember(jwkKid); {
	case kid == "":
		return jwkKid, "is missing, and a token names its key by kid"
	case len(kid) > jwa.MaxID:
		return jwkKid, "is longer than the 128 bytes that a token may have"
	}
	return 0, ""
}

// publicKey returns the key and its default algorithm, for a JWK without alg. The default
// is "" for RSA, because RSA has six algorithms.
func (j *jwk) publicKey() (public crypto.PublicKey, alg Algorithm, member int, reason string) {
	switch j.stringMember(jwkKty) {
	case "RSA":
		n, ok := decodeUint(j[jwkN])
		if !ok {
			return nil, "", jwkN, notMinimal
		}
		e, ok := decodeUint(j[jwkE])
		if !ok {
			return nil, "", jwkE, notMinimal
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

const (
	notBase64  = "is not canonical base64url without padding"
	notMinimal = "is not a number in canonical base64url, without zero bytes in front"
)

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

// base64url refuses padding. Being strict, it also refuses the spellings of the last
// character that differ only in unused bits.
var base64url = base64.RawURLEncoding.Strict()

// decodeOctets decodes a member that is base64url (RFC 7515, section 2).
func decodeOctets(raw string) ([]byte, bool) {
	s, ok := strictjson.String(raw)
	if !ok || s == "" || strings.ContainsAny(s, "\r\n") { // encoding/base64 skips line ends
		return nil, false
	}
	b, err := base64url.DecodeString(s)
	return b, err == nil
}

// decodeUint decodes a Base64urlUInt (RFC 7518, section 2), which must have no leading
// zero byte.
func decodeUint(raw string) ([]byte, bool) {
	b, ok := decodeOctets(raw)
	return b, ok && b[0] != 0
}
