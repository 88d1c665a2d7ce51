package jwtauth

import "unicode/utf8"

// A likeness is what two names have in common.
type likeness int

const (
	different likeness = iota
	variant            // equal but for case, as encoding/json sees it
	same
)

// compareFold compares raw, the inside of a JSON string, with a name of ASCII.
// A variant of a registered name is dangerous because a reader further inside,
// encoding/json first of all, would take it for the registered one: "Exp"
// overrides "exp", and so does a name with U+017F overrule "sub".
func compareFold(raw, name string) likeness {
	if len(raw) < len(name) {
		return different // folding and escapes only ever make a name longer
	}
	like := same
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
		like = variant
	}
	if raw != "" {
		return different
	}
	return like
}

// isPlain reports whether raw is ASCII without escapes, as nearly all names are.
// Such a name has only variants of its own length.
func isPlain(raw string) bool {
	for i := range len(raw) {
		if raw[i] >= utf8.RuneSelf || raw[i] == '\\' {
			return false
		}
	}
	return true
}

// fold maps a rune to the ASCII that Unicode's simple case folding makes it
// equal to. Two runes beyond ASCII have such an equal: the long s and the
// Kelvin sign.
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

// sameString reports whether two insides of JSON strings stand for the same
// string, without making it.
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
