package strictjson

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// fewNames is how many are compared each with each. With several issuers anybody
// can have claims read, and 128 names that differ in one byte only, written with
// escapes, would keep a processor busy for milliseconds. Beyond it, and where
// there are escapes, only names of one sum are compared.
const fewNames = 24

// A stranger who knew where sums start could make up names of the same one.
var sumStart = rand.Uint64()

// seen reports whether name is among the names from base on.
func (s *scanner) seen(base int, name string) bool {
	others := s.names[base:s.n]
	if !s.escapes && len(others) < fewNames {
		return slices.Contains(others, name)
	}
	for ; s.summed < s.n; s.summed++ {
		s.sums[s.summed] = sumOf(s.names[s.summed])
	}
	sum := sumOf(name)
	for i, n := range others {
		if s.sums[base+i] == sum && sameString(n, name) {
			return true
		}
	}
	return false
}

// sumOf returns the same number for all spellings of a string.
func sumOf(raw string) uint32 {
	sum := sumStart
	for raw != "" {
		var r rune
		if c := raw[0]; c < utf8.RuneSelf && c != '\\' {
			r, raw = rune(c), raw[1:]
		} else {
			r, raw = nextRune(raw)
		}
		sum = bits.RotateLeft64(sum^uint64(r), 23) * 0x9e3779b97f4a7c15
	}
	return uint32(sum >> 32)
}

// nextRune returns the first rune of the inside of a string, and the rest.
func nextRune(raw string) (rune, string) {
	r, size := jsonlex.Rune(raw)
	return r, raw[size:]
}

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
