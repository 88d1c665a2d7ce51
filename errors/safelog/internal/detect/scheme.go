package detect

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// longestParameter bounds the name of the parameter of a challenge.
const longestParameter = 64

// credentials returns the pattern of the token68 (RFC 9110, section 11.2) behind
// the name of a scheme and the space at t.s[i], where isSecret takes the token.
// The space may be a hard one, or escaped as in a URL.
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

// isToken tells the token of "Bearer" (RFC 6750, section 2.1) from "Bearer
// authentication": a word has small letters, and not more of them than the
// longest that is usual there.
func isToken(s string) bool {
	return len(s) > len("authentication") || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != ""
}

// userAndPassword reports whether s is base64 of text with a colon in it, as
// behind "Basic" (RFC 7617, section 2). That tells credentials from prose exactly, so that no list of words
// is needed.
func userAndPassword(s string) bool {
	const most = 1024
	if len(s) > most {
		return true
	}
	var in, out [most]byte
	copy(in[:], s)
	for i := range len(s) { // some write base64url
		if k := strings.IndexByte("-_", s[i]); k >= 0 {
			in[i] = "+/"[k]
		}
	}
	n, err := base64.RawStdEncoding.Decode(out[:], in[:len(s)])
	return bytes.IndexByte(out[:n], ':') >= 0 && (err == nil || n >= 8) // cut short, it is still most of them
}
