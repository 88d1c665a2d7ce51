package strictjson

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"unicode/utf8"
)

// Up to fewNames names, each name is compared with each other name. For more names,
// and for names with escapes, only names with the same hash are compared. With
// several issuers the claims are read before the signature is verified, so an
// attacker can send 128 names that differ in one byte and are written with escapes.
// To compare each with each other would take milliseconds.
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
