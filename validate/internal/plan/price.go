package plan

import "reflect"

// What decoding takes of the heap is booked while the body is scanned, before
// any of it is taken. The numbers are those of the allocator and the maps of
// Go 1.26, rounded up; a test holds them against the heap.

// HeapSize is what an allocation of n bytes takes: the allocator rounds up.
func HeapSize(n int64) int64 {
	if n <= 16 {
		return (n + 7) &^ 7
	}
	return n + n/8 + 8
}

const (
	OfMap    = 48       // a map without members
	OfList   = 24       // the header of a slice, where an any holds it
	OfString = 16       // the header of a string there
	OfNumber = 8        // a float64 there
	OfAny    = 16       // an any itself
	OfZone   = 112 + 64 // the time.Location of an offset such as +01:30
	PerGroup = 8        // members that a map makes room for at a time
)

// A Price is what the elements of a list, or the members of a map, take.
type Price struct {
	First int64 // the first element, or the first eight members
	Each  int64 // each after them, or each eight
	Extra int64 // each member, behind a pointer to it
}

// PriceOf returns that of a list or map with elements of size n. What grows is
// booked twice: it doubles when it is full, and for as long as that takes the
// old half is there too.
func PriceOf(k reflect.Kind, n int64) Price {
	if k != reflect.Map {
		return Price{First: max(2*n, HeapSize(n)), Each: 2 * n}
	}
	var p Price
	if n > 128 {
		p.Extra, n = HeapSize(n), 8
	}
	group := HeapSize(PerGroup + PerGroup*(16+(max(n, 1)+7)&^7)) // with one byte per member to find it by
	p.First, p.Each = group, 2*group
	return p
}
