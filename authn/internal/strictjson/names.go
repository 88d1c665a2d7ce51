package strictjson

import (
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// nextRune returns the first rune of raw, the inside of a JSON string, and the rest.
func nextRune(raw string) (rune, string) {
	r, size := jsonlex.Rune(raw)
	return r, raw[size:]
}

// An equality is the result of a comparison of two names.
type equality int

const (
	different equality = iota
	variant            // equal except for case, as encoding/json compares names
	same
)

// compareFold compares raw, the inside of a JSON string, with a name in ASCII. A
// variant of a registered name is dangerous, because a later reader such as
// encoding/json takes it for the registered name: "Exp" overrides "exp", and a name
// with U+017F instead of "s" overrides "sub".
func compareFold(raw, name string) equality {
	if len(raw) < len(name) {
		return different // case variants and escapes are never shorter than the name
	}
	result := same
	for i := range len(name) {
		if raw == "" {
			return different
		}
		var r rune
		if r, raw = nextRune(raw); r == rune(name[i]) {
			continue
		}
		if fold(r) != fold(rune(name[i])) {
			return different
		}
		result = variant
	}
	if raw != "" {
		return different
	}
	return result
}

// isPlain reports whether raw is ASCII without escapes, as nearly all names are. Such a
// name is equal to a name in ASCII, or a variant of it, only if both have the same length.
func isPlain(raw string) bool {
	for i := range len(raw) {
		if raw[i] >= utf8.RuneSelf || raw[i] == '\\' {
			return false
		}
	}
	return true
}

// fold maps a rune to the lower-case ASCII letter that is equal to it under Unicode's
// simple case folding. Beyond ASCII, only the long s and the Kelvin sign are equal to
// an ASCII letter.
func fold(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r == '\u017f':
		return 's'
	case r == '\u212a':
		return 'k'
	}
	return r
}

// sameString reports whether a and b, the insides of two JSON strings, stand for the
// same string. It does not allocate.
func sameString(a, b string) bool {
	for a != "" && b != "" {
		var x, y rune
		x, a = nextRune(a)
		y, b = nextRune(b)
		if x != y {
			return false
		}
	}
	return a == b // both empty
}
