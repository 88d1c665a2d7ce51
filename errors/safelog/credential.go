package safelog

import (
	"encoding/base64"
	"strings"
)

// findJWT finds a token in compact serialization (RFC 7515 and RFC 7516,
// section 7.1) that begins at lo: three or five parts, of which the first is
// base64url of `{"` and more text. A word that merely begins with eyJ decodes to
// something else, and has no parts. If there is none, hi is the end of a run in
// which none can begin, or 0.
//
// Nothing is asked of what stands before it: in session_eyJ… the token is as
// real as behind a space.
func findJWT(s string, lo int, open bool) (int, int) {
	if !strings.HasPrefix(s[lo:], "eyJ") || !headerText(s[lo:]) {
		return -1, 0
	}
	return findParts(s, lo, open)
}

// findParts finds the parts of a token whose header begins at lo.
func findParts(s string, lo int, open bool) (int, int) {
	first := part(s, lo)
	if first == len(s) && open {
		return lo, first
	}
	if first == len(s) || s[first] != '.' {
		return -1, first - 2 // an eyJ inside this run ends no better
	}
	second := part(s, first+1)
	if second == len(s) && open {
		return lo, second
	}
	empty := second == first+1 // the key of a JWE that is encrypted directly
	if second == len(s) || s[second] != '.' || second-first < 3 && !empty {
		return -1, first - 2
	}
	hi := part(s, second+1)
	if empty && hi == second+1 {
		return -1, first - 2 // an ellipsis
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
	var b [9]byte
	if len(s) < 12 {
		return false
	}
	var text [12]byte
	copy(text[:], s)
	if _, err := base64.RawURLEncoding.Decode(b[:], text[:]); err != nil {
		return false
	}
	for _, c := range b {
		if c != '\n' && c != '\r' && c != '\t' && (c < 0x20 || c >= 0x7f) {
			return false
		}
	}
	return true
}

// findSpacedJWT finds a token whose header has white space behind its first
// brace, as RFC 7515 (section 3.3) allows and some libraries do it: it begins
// otherwise than all others, and is told by how the JSON ends before the dot at
// s[i].
func findSpacedJWT(s string, i, from int, open bool) (int, int) {
	lo := i
	for lo > from && isBase64URL(s[lo-1]) {
		lo--
	}
	for k := lo; k+12 <= i; k++ {
		if s[k] == 'e' && isSpacedHeader(s[k:k+3]) && headerText(s[k:]) {
			return findParts(s, k, open)
		}
	}
	return -1, 0
}

// isSpacedHeader reports whether s is base64url of a brace and white space.
func isSpacedHeader(s string) bool {
	switch s {
	case "eyA", "eyB", "ewo", "ew0", "ewk":
		return true
	}
	return false
}

// findScheme finds the credentials after "Bearer " or "Basic " (RFC 6750,
// section 2.1; RFC 7617, section 2), of which size bytes at s[i] are the space.
func findScheme(s string, i, size int) (int, int) {
	bearer := endsWithFold(s[:i], "bearer")
	if !bearer && !endsWithFold(s[:i], "basic") {
		return -1, 0
	}
	lo := skipSpaces(s, i+size)
	for q := lo; q < len(s) && q-lo < 4; q++ {
		if s[q] == '"' || s[q] == '\'' {
			lo = q + 1
			break
		} else if s[q] != '\\' {
			break
		}
	}
	hi := tokenEnd(s, lo)
	token := s[lo:hi]
	for hi < len(s) && s[hi] == '=' {
		hi++
	}
	switch {
	case token == "" || hi < len(s) && s[hi] == '"' && s[hi-1] == '=': // a challenge: realm="…"
		return -1, 0
	case bearer && isWord(token), !bearer && !userAndPassword(token):
		return -1, 0
	}
	return lo, hi
}

// tokenEnd returns the end of the token68 at s[lo] (RFC 9110, section 11.2),
// without its padding.
func tokenEnd(s string, lo int) int {
	for lo < len(s) && (isBase64URL(s[lo]) || strings.IndexByte(".~+/%", s[lo]) >= 0) {
		lo++
	}
	return lo
}

// endsWithFold reports whether s ends in the small letters of word, whatever
// their case in s.
func endsWithFold(s, word string) bool {
	if len(s) < len(word) || s[len(s)-1]|0x20 != word[len(word)-1] {
		return false
	}
	return strings.EqualFold(s[len(s)-len(word):], word)
}

// isWord tells "Bearer authentication" from a token: small letters, and not
// more of them than the longest word that is usual there has.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return len(s) <= len("authentication")
}

// userAndPassword reports whether s is base64 of text with a colon in it. That
// is what tells Basic credentials from prose exactly, so that no list of words
// is needed.
func userAndPassword(s string) bool {
	const most = 1024
	if len(s) > most {
		return true
	}
	var in, out [most]byte
	copy(in[:], s)
	for i, c := range in[:len(s)] {
		switch c {
		case '-':
			in[i] = '+'
		case '_':
			in[i] = '/'
		}
	}
	n, err := base64.RawStdEncoding.Decode(out[:], in[:len(s)])
	for _, c := range out[:n] {
		if c == ':' {
			return err == nil || n >= 8 // cut short, it is still most of them
		}
	}
	return false
}
