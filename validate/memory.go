package validate

import "reflect"

// What decoding takes of the heap is booked while the body is scanned, before
// any of it is taken. The numbers are those of the allocator and the maps of
// Go 1.26, rounded up; a test holds them against the heap.

// heap is what an allocation of n bytes takes: the allocator rounds up.
func heap(n int64) int64 {
	if n <= 16 {
		return (n + 7) &^ 7
	}
	return n + n/8 + 8
}

const (
	ofMap    = 48       // a map without members
	ofList   = 24       // the header of a slice, where an any holds it
	ofString = 16       // the header of a string there
	ofNumber = 8        // a float64 there
	ofAny    = 16       // an any itself
	ofZone   = 112 + 64 // the time.Location of an offset such as +01:30
	perGroup = 8        // members that a map makes room for at a time
)

// A price is what the elements of a list, or the members of a map, take.
type price struct {
	first int64 // the first element, or the first eight members
	each  int64 // each after them, or each eight
	extra int64 // each member, behind a pointer to it
}

// priceOf returns that of a list or map with elements of size n. What grows is
// booked twice: it doubles when it is full, and for as long as that takes the
// old half is there too.
func priceOf(k reflect.Kind, n int64) price {
	if k != reflect.Map {
		return price{first: max(2*n, heap(n)), each: 2 * n}
	}
	var p price
	if n > 128 {
		p.extra, n = heap(n), 8
	}
	group := heap(perGroup + perGroup*(16+(max(n, 1)+7)&^7)) // with one byte per member to find it by
	p.first, p.each = group, 2*group
	return p
}

// spend books n bytes.
func (s *scanner) spend(n int64) bool {
	if s.memory += n; s.memory > s.limits.memory {
		return s.exceeded(faultMemory)
	}
	return true
}

// item books the element of a list that i are before.
func (s *scanner) item(p price, i int) bool {
	if i == 0 {
		return s.spend(p.first)
	}
	return s.spend(p.each)
}

// entry books the member of a map that i are before.
func (s *scanner) entry(p price, i int) bool {
	switch {
	case i == 0:
		return s.spend(p.first + p.extra)
	case i == perGroup: // the first eight were booked once only
		return s.spend(2*p.each - p.first + p.extra)
	case i%perGroup == 0:
		return s.spend(p.each + p.extra)
	}
	return p.extra == 0 || s.spend(p.extra)
}

var (
	freeList = priceOf(reflect.Slice, ofAny)
	freeMap  = priceOf(reflect.Map, ofAny)
)
