package detect

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// longestParameter is the greatest length of a parameter name in a challenge.
const longestParameter = 64

// credentials returns a pattern that finds the token68 (RFC 9110, section 11.2)
// after the name of a scheme and the space at t.s[i], if isSecret accepts the
// token. The space may be a no-break space, or escaped as in a URL.
func credentials(scheme string, isSecret func(token string) bool) func(*Detector, text, int) (int, int) {
	return func(_ *Detector, t text, i int) (lo, hi int) {
		s := t.s
		if !endsWithFold(s[:i], scheme) {
			return -1, 0
		}
		for _, space := range [...]string{" ", "%20", "\u00a0"} {
			if strings.HasPrefix(s[i:], space) {
				lo = skipSpaces(s, i+len(space))
			}
		}
		if lo == 0 {
			return -1, 0
		}
		q := lo
		for q < len(s) && q-lo < 3 && s[q] == '\\' {
			q++
		}
		if q < len(s) && (s[q] == '"' || s[q] == '\'') {
			lo = q + 1
		}
		end := tokenEnd(s, lo)
		for hi = end; hi < len(s) && s[hi] == '='; {
			hi++
		}
		challenge := end-lo <= longestParameter && hi > end && hi < len(s) && s[hi] == '"' // realm="…"
		if challenge || !isSecret(s[lo:end]) {
			return -1, 0
		}
		return lo, hi
	}
}

// tokenEnd returns the end of the token68 at s[lo], without its padding.
func tokenEnd(s string, lo int) int {
	for lo < len(s) && (isBase64URL(s[lo]) || strings.IndexByte(".~+/%", s[lo]) >= 0) {
		lo++
	}
	return lo
}

// isToken distinguishes the token of "Bearer" (RFC 6750, section 2.1) from a word
// of prose, as in "Bearer authentication". A word has only small letters, and at
// most as many as the longest usual word, "authentication".
func isToken(s string) bool {
	return len(s) > len("authentication") || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != ""
}

// userAndPassword reports whether s is base64 of a text with a colon, as after
// "Basic" (RFC 7617, section 2). Prose never is, so that no list of words is
// needed.
func userAndPassword(s string) bool {
	const most = 1024
	if len(s) > most {
		return true
	}
	var in, out [most]byte
	copy(in[:], s)
	for i := range len(s) { // some programs write base64url
		if k := strings.IndexByte("-_", s[i]); k >= 0 {
			in[i] = "+/"[k]
		}
	}
	n, err := base64.RawStdEncoding.Decode(out[:], in[:len(s)])
	return bytes.IndexByte(out[:n], ':') >= 0 && (err == nil || n >= 8) // accept 8 bytes or more of a token that was cut off
}
