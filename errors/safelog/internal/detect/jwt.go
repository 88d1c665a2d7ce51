package detect

import (
	"encoding/base64"
	"slices"
	"strings"
)

// jwt finds a token in compact serialization (RFC 7515 and RFC 7516, section 7.1)
// by the J at t.s[i]. A token has three or five parts, and the first part is
// base64url of `{"` and more text. A word that only begins with eyJ decodes to
// other bytes and has no parts.
//
// Any text may stand before the token: session_eyJ… holds a token as well.
func jwt(_ *Detector, t text, i int) (lo, hi int) {
	lo = i - 2
	if lo < t.from || !strings.HasPrefix(t.s[lo:], "eyJ") || !isHeaderText(t.s[lo:]) {
		return -1, 0
	}
	return jwtParts(t, lo)
}

// spacedJWT finds a token whose header has white space after its first brace. RFC
// 7515 (section 3.3) allows it, and some libraries write it. Such a token does not
// begin with eyJ, so it is searched at the dot at t.s[i]: the brace that ends the
// header is always encoded as one of three characters.
func spacedJWT(_ *Detector, t text, i int) (lo, hi int) {
	s := t.s
	if i-t.from <= 12 || s[i-1] != '9' && s[i-1] != '0' && s[i-1] != 'Q' {
		return -1, 0
	}
	begin := i
	for begin > t.from && isBase64URL(s[begin-1]) {
		begin--
	}
	for k := begin; k+12 <= i; k++ {
		if s[k] == 'e' && slices.Contains(spacedHeaders, s[k:k+3]) && isHeaderText(s[k:]) {
			return jwtParts(t, k)
		}
	}
	return -1, 0
}

// spacedHeaders are base64url of a brace and white space.
var spacedHeaders = []string{"eyA", "eyB", "ewo", "ew0", "ewk"}

// jwtParts returns the extent of a token whose header begins at t.s[lo]. If there
// is none, it returns -1 and the end of the run of letters that need not be
// searched again.
func jwtParts(t text, lo int) (int, int) {
	s := t.s
	first := partEnd(s, lo)
	if first == len(s) && t.open {
		return lo, first
	}
	if first == len(s) || s[first] != '.' {
		return -1, first // a token that begins inside this run has the same end
	}
	second := partEnd(s, first+1)
	if second == len(s) && t.open {
		return lo, second
	}
	empty := second == first+1 // a JWE with direct encryption has an empty key
	if second == len(s) || s[second] != '.' || second-first < 3 && !empty {
		return -1, first
	}
	hi := partEnd(s, second+1)
	if empty && hi == second+1 {
		return -1, first // an ellipsis
	}
	for hi < len(s) && s[hi] == '.' && partEnd(s, hi+1) > hi+1 {
		hi = partEnd(s, hi+1)
	}
	return lo, hi
}

// partEnd returns the end of the run of base64url at s[i], padding included.
func partEnd(s string, i int) int {
	for i < len(s) && isBase64URL(s[i]) {
		i++
	}
	for i < len(s) && s[i] == '=' {
		i++
	}
	return i
}

// isHeaderText reports whether s begins with base64url of nine printable bytes.
func isHeaderText(s string) bool {
	var in, out [12]byte
	if copy(in[:], s) < len(in) {
		return false
	}
	n, err := base64.RawURLEncoding.Decode(out[:], in[:])
	for _, c := range out[:n] {
		if c >= 0x7f || c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return err == nil && n == 9 // n is less if the decoder skipped line ends
}
