package jwtauth

import (
	"math/bits"

	"github.com/go-sallyport/sallyport/internal/field"
)

// An index finds the names that a name could be a variant of. Most of what
// reading a token costs would be to compare each of its names with all that
// mean something.
type index struct {
	names []string

	// sets has the names of each shape, as bits. Without any, all names are
	// compared: newIndex was not called, or there are too many.
	sets    [64]uint64
	indexed bool
}

func newIndex(names []string) *index {
	x := &index{names: names, indexed: len(names) <= 64}
	for i, n := range names {
		if x.indexed {
			x.sets[shape(n)] |= 1 << i
		}
	}
	return x
}

// shape is the same for all names of ASCII that differ by case only.
func shape(name string) int {
	if name == "" {
		return 0
	}
	return (len(name)*7 + int(name[0]|0x20)) & 63
}

// find is match, for the names of x. name is the string that was read last.
func (s *scanner) find(name string, x *index) int {
	if !x.indexed || !s.plain {
		return s.match(name, x.names)
	}
	for set := x.sets[shape(name)]; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		if x.names[i] == name {
			return i
		}
		if field.EqualFold(x.names[i], name) {
			s.fail(jsonVariant)
			return -1
		}
	}
	return -1
}
