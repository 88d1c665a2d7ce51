package jwtauth

import (
	"encoding/base64"
	"strings"
)

// maxSignature is the most bytes of a signature in base64url. An RSA key of 8192 bits, the
// longest that is accepted, makes signatures of 1366.
const maxSignature = 2048

// base64url refuses padding. Being strict, it also refuses the spellings of the last
// character that differ only in unused bits. Otherwise one token would have several
// texts, and an attacker could get past a cache or a denylist that is keyed by the text.
var base64url = base64.RawURLEncoding.Strict()

// A token is a JWS in compact form (RFC 7515, section 7.1), still encoded.
type token struct {
	header, claims, signature string
	signingInput              string // the JWS Signing Input: header, dot and claims
}

// splitToken cuts s into its three segments. It reads s once, at the speed of
// strings.IndexByte.
func splitToken(s string) (token, error) {
	header, rest, _ := strings.Cut(s, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	if header == "" || claims == "" || signature == "" || strings.IndexByte(signature, '.') >= 0 {
		return token{}, refuseSegments.err
	}
	if len(signature) > maxSignature {
		return token{}, refuseSignatureSize.err
	}
	return token{header: header, claims: claims, signature: signature, signingInput: s[:len(header)+1+len(claims)]}, nil
}

// decodeHeader returns the JSON of the header, which has at most size bytes.
func (t token) decodeHeader(size int) (string, error) {
	var small [1 << 10]byte // nearly all headers fit, so decoding allocates nothing else
	buf := small[:]
	switch n := base64url.DecodedLen(len(t.header)); {
	case n > size:
		return "", refuseHeaderSize.err
	case n > len(small):
		buf = make([]byte, n)
	}
	n, ok := decodeSegment(buf, t.header)
	if !ok {
		return "", refuseBase64.err
	}
	return string(buf[:n]), nil
}

// decodeSegment decodes a segment of a token into buf, which is large enough, and returns
// the number of bytes. encoding/base64 skips line ends even when it is strict, so
// decodeSegment refuses them itself.
func decodeSegment(buf []byte, segment string) (n int, ok bool) {
	if strings.IndexByte(segment, '\n') >= 0 || strings.IndexByte(segment, '\r') >= 0 {
		return 0, false
	}
	n, err := base64url.Decode(buf, []byte(segment))
	return n, err == nil
}

// decode returns the JSON of the claims, and the signature.
func (t token) decode() (claims, signature []byte, err error) {
	size := base64url.DecodedLen(len(t.claims))
	buf := make([]byte, size+base64url.DecodedLen(len(t.signature)))
	n, ok := decodeSegment(buf[:size], t.claims)
	m, signatureOK := decodeSegment(buf[size:], t.signature)
	if !ok || !signatureOK {
		return nil, nil, refuseBase64.err
	}
	return buf[:n], buf[size : size+m], nil
}
