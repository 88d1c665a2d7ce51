package strictjson

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// fewNames is the number of names up to which each name is compared with each other
// name. For more names, and for names with escapes, only names with the same hash are
// compared. With several issuers the claims are read before the signature is verified,
// so an attacker can send 128 names that differ in one byte and are written with
// escapes. To compare each with each other would take milliseconds.
const fewNames = 24

// hashSeed is random, so that an attacker cannot make up names with the same hash.
var hashSeed = rand.Uint64()

// isDuplicate reports whether name is equal to one of the names from base on.
func (s *scanner) isDuplicate(base int, name string) bool {
	others := s.names[base:s.n]
	if !s.nameEscaped && len(others) < fewNames {
		return slices.Contains(others, name)
	}
	for ; s.hashed < s.n; s.hashed++ {
		s.hashes[s.hashed] = hash(s.names[s.hashed])
	}
	h := hash(name)
	for i, n := range others {
		if s.hashes[base+i] == h && sameString(n, name) {
			return true
		}
	}
	return false
}

// hash returns the same number for all spellings of a string.
func hash(raw string) uint32 {
	h := hashSeed
	for raw != "" {
		var r rune
		if c := raw[0]; c < utf8.RuneSelf && c != '\\' {
			r, raw = rune(c), raw[1:]
		} else {
			r, raw = nextRune(raw)
		}
		h = bits.RotateLeft64(h^uint64(r), 23) * 0x9e3779b97f4a7c15
	}
	return uint32(h >> 32)
}

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

// isPlain reports whether raw is ASCII without escapes, as nearly all names are. The
// variants of such a name have the same length.
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
