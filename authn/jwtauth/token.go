package jwtauth

import (
	"encoding/base64"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
)

const maxHeader = 1 << 10 // bytes of a header, decoded

// base64url refuses padding and, being strict, the spellings of the last
// character that differ only in bits that nobody reads: without that, one token
// has many texts, and a cache or a denylist keyed by the text can be passed by.
var base64url = base64.RawURLEncoding.Strict()

// A token is a JWS in compact form (RFC 7515, section 7.1), still encoded.
type token struct {
	header, claims, signature string
	signed                    string // header and claims with the dot
}

// split takes s apart. It reads it once, at the speed of a search.
func split(s string) (token, error) {
	if len(s) > claim.MaxToken {
		return token{}, refuseSize
	}
	header, rest, _ := strings.Cut(s, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	if header == "" || claims == "" || signature == "" || strings.IndexByte(signature, '.') >= 0 {
		return token{}, refuseSegments
	}
	// encoding/base64 skips line ends even when it is strict.
	if strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0 {
		return token{}, refuseBase64
	}
	return token{header: header, claims: claims, signature: signature, signed: s[:len(header)+1+len(claims)]}, nil
}

// decodeHeader returns the JSON of the header.
func (t token) decodeHeader() (string, error) {
	var buf [maxHeader]byte
	if base64url.DecodedLen(len(t.header)) > len(buf) {
		return "", refuseHeaderSize
	}
	n, err := base64url.Decode(buf[:], []byte(t.header))
	if err != nil {
		return "", refuseBase64
	}
	return string(buf[:n]), nil
}

// decode returns the JSON of the claims, and the signature.
func (t token) decode() (claims, signature []byte, err error) {
	size := base64url.DecodedLen(len(t.claims))
	buf := make([]byte, size+base64url.DecodedLen(len(t.signature)))
	n, err := base64url.Decode(buf[:size], []byte(t.claims))
	if err != nil {
		return nil, nil, refuseBase64
	}
	m, err := base64url.Decode(buf[size:], []byte(t.signature))
	if err != nil {
		return nil, nil, refuseBase64
	}
	return buf[:n], buf[size : size+m], nil
}
