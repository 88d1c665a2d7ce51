package plan

import "reflect"

// The scan adds up the heap memory that decoding will take, before any of it is allocated.
// The numbers describe the allocator and the maps of Go 1.26, rounded up; a test compares
// them with the heap.

// HeapSize returns the bytes that the allocator takes for n bytes: it rounds up.
func HeapSize(n int64) int64 {
	if n <= 16 {
		return (n + 7) &^ 7
	}
	return n + n/8 + 8
}

const (
	OfMap    = 48       // a map without members
	OfList   = 24       // the header of a slice in an any
	OfString = 16       // the header of a string in an any
	OfNumber = 8        // a float64 in an any
	OfAny    = 16       // an any itself
	OfZone   = 112 + 64 // the time.Location of an offset such as +01:30
	PerGroup = 8        // members of a map that are allocated together
)

// A Price is the memory of the elements of a list, or of the members of a map, in bytes.
type Price struct {
	First int64 // the first element, or the first eight members
	Each  int64 // each further element, or eight further members
	Extra int64 // for each member, if the map holds pointers to its values
}

// PriceOf returns the price of a list or map with elements of size n. A list that grows
// counts twice: it doubles when it is full, and while it is copied the old half is in use
// too.
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
