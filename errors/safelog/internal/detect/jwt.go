package detect

import (
	"encoding/base64"
	"slices"
	"strings"
)

// jwt finds a token in compact serialization (RFC 7515 and RFC 7516, section
// 7.1) by the J at t.s[i]: three or five parts, of which the first is base64url
// of `{"` and more text. A word that merely begins with eyJ decodes to something
// else, and has no parts.
//
// Nothing is asked of the text before it: in session_eyJ… the token is as real
// as behind a space.
func jwt(_ *Detector, t text, i int) (lo, hi int) {
	lo = i - 2
	if lo < t.from || !strings.HasPrefix(t.s[lo:], "eyJ") || !headerText(t.s[lo:]) {
		return -1, 0
	}
	return jwtParts(t, lo)
}

// spacedJWT finds a token whose header has white space behind its first brace,
// as RFC 7515 (section 3.3) allows and some libraries write it. It begins
// otherwise than all others, and is told by the end of the JSON before the dot
// at t.s[i]: a brace is always one of three letters.
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
		if s[k] == 'e' && slices.Contains(spacedHeaders, s[k:k+3]) && headerText(s[k:]) {
			return jwtParts(t, k)
		}
	}
	return -1, 0
}

// spacedHeaders are base64url of a brace and white space.
var spacedHeaders = []string{"eyA", "eyB", "ewo", "ew0", "ewk"}

// jwtParts returns the extent of a token whose header begins at t.s[lo], or -1
// and the end of the run of letters in which no token begins.
func jwtParts(t text, lo int) (int, int) {
	s := t.s
	first := part(s, lo)
	if first == len(s) && t.open {
		return lo, first
	}
	if first == len(s) || s[first] != '.' {
		return -1, first // an eyJ inside this run ends no better
	}
	second := part(s, first+1)
	if second == len(s) && t.open {
		return lo, second
	}
	empty := second == first+1 // the key of a JWE that is encrypted directly
	if second == len(s) || s[second] != '.' || second-first < 3 && !empty {
		return -1, first
	}
	hi := part(s, second+1)
	if empty && hi == second+1 {
		return -1, first // an ellipsis
	}
	for hi < len(s) && s[hi] == '.' && part(s, hi+1) > hi+1 {
		hi = part(s, hi+1)
	}
	return lo, hi
}

// part returns the end of the run of base64url, padding included, at i.
func part(s string, i int) int {
	for i < len(s) && isBase64URL(s[i]) {
		i++
	}
	for i < len(s) && s[i] == '=' {
		i++
	}
	return i
}

// headerText reports whether s begins with base64url of nine printable bytes.
func headerText(s string) bool {
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
	return err == nil && n == 9 // line ends are no letters
}
