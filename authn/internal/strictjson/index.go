package strictjson

import (
	"math/bits"

	"github.com/go-sallyport/sallyport/internal/field"
)

// An Index holds the names that Collect looks for. To compare each name of a text
// with each of them would be most of the work.
type Index struct {
	names []string
	sets  [64]uint64 // the names of each shape, as bits
}

// NewIndex returns the index of at most 64 names of ASCII.
func NewIndex(names []string) *Index {
	x := &Index{names: names}
	for i, n := range names {
		x.sets[shape(n)] |= 1 << i
	}
	return x
}

// Names returns the names in their order. They must not be changed.
func (x *Index) Names() []string { return x.names }

// shape is the same for all names of ASCII that differ by case only.
func shape(name string) int {
	if name == "" {
		return 0
	}
	return (len(name)*7 + int(name[0]|0x20)) & 63
}

// find is match for the names of x.
func (s *scanner) find(name string, x *Index) int {
	if !isPlain(name) {
		return s.match(name, x.names)
	}
	for set := x.sets[shape(name)]; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		if x.names[i] == name {
			return i
		}
		if field.EqualFold(x.names[i], name) {
			s.fail(ErrVariant)
			return -1
		}
	}
	return -1
}
