package strictjson

import (
	"math/bits"
	"slices"

	"github.com/go-sallyport/sallyport/internal/field"
)

// An Index holds the names that Collect looks for, in a hash table. To compare each
// name of a text with each name of the Index would take most of the time of Collect.
type Index struct {
	names   []string
	exact   uint64     // bit set of the names whose case variants are other names
	buckets [64]uint64 // for each hash, a bit set of indexes in names
}

// NewIndex returns the index of at most 64 names, all in ASCII. Collect refuses the case
// variants of a name, unless the name is in exact: then a variant is any other name.
func NewIndex(names []string, exact ...string) *Index {
	x := &Index{names: names}
	for i, n := range names {
		x.buckets[hashFold(n)] |= 1 << i
		if slices.Contains(exact, n) {
			x.exact |= 1 << i
		}
	}
	return x
}

// Names returns the names in their order. The caller must not change them.
func (x *Index) Names() []string { return x.names }

// hashFold returns the bucket of a name in ASCII. Names that differ only in case are
// in the same bucket.
func hashFold(name string) int {
	if name == "" {
		return 0
	}
	return (len(name)*7 + int(name[0]|0x20)) & 63
}

// find returns the same result as match for the names of x, but faster.
func (s *scanner) find(name string, x *Index) int {
	if !isPlain(name) {
		return s.match(name, x.names, x.exact)
	}
	for set := x.buckets[hashFold(name)]; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		if x.names[i] == name {
			return i
		}
		if x.exact>>i&1 == 0 && field.EqualFold(x.names[i], name) {
			s.fail(ErrVariant)
			return -1
		}
	}
	return -1
}
