package scan

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A use is what becomes of a value that has no plan.
type use uint8

const (
	unread use = iota // its type decodes it, or it does not belong here
	kept              // a json.RawMessage keeps its bytes
	built             // encoding/json makes an any of it
)

// skip scans a value of type t that has no plan. Limits and grammar hold, and
// unique names, all the same. In a free value numbers must also be such that
// float64 holds them.
func (s *scanner) skip(t plan.Token, u use) bool {
	switch t {
	case plan.TokObject:
		return s.members(s.Items, freeMap, nil, u)
	case plan.TokArray:
		_, ok := s.array(s.Items, freeList, nil, u)
		return ok
	case plan.TokString:
		if u == built && !s.spend(plan.OfString) {
			return false
		}
		raw, saved, ok := s.quoted()
		if ok && len(raw)-saved > s.StringLen {
			return s.tooMany(plan.FaultMaxBytes.With("max_bytes", s.StringLen))
		}
		return ok
	case plan.TokNumber:
		lit, _, ok := s.number()
		switch {
		case !ok:
			return false
		case len(lit) > plan.MaxNumber:
			return s.tooMany(plan.FaultNumberLength.With("max", plan.MaxNumber))
		case u != unread && !exact(lit):
			return s.fault(plan.FaultRange)
		}
		return u != built || s.spend(plan.OfNumber)
	case plan.TokBool, plan.TokNull:
		return s.literal()
	}
	return s.broken(plan.FaultSyntax)
}

// members scans an object whose names are the client's: a map, with values for elem, or
// with a nil elem an object that has no plan.
func (s *scanner) members(most int, price plan.Price, elem *plan.Slot, u use) bool {
	if !s.enter(nil) || u == built && !s.spend(plan.OfMap) {
		return false
	}
	base := len(s.keys)
	for i := 0; s.next(i, '}'); i++ {
		if i == most && !s.tooMany(plan.FaultMaxMembers.With("max", most)) || u == built && !s.entry(price, i) || !s.key() {
			return false
		}
		if elem == nil && !s.skip(s.token(), u) || elem != nil && !s.value(elem) {
			return false
		}
	}
	return !s.Malformed && s.unique(base) && s.leave()
}

// A nameRef is the name of a member of a map: where it is and its hash.
type nameRef struct {
	hash       uint64
	start, end int32 // no body has 2 GiB
}

// seed makes the hashes unpredictable. A client that could choose names of
// equal hash could make their comparison quadratic.
var seed = maphash.MakeSeed()

// key reads the name of a member of a map, and the colon behind it.
func (s *scanner) key() bool {
	start := s.pos + 1
	raw, saved, ok := s.rawName()
	switch {
	case !ok:
		return false
	case len(raw) > plan.MaxName:
		return s.tooMany(plan.FaultName.With("max", plan.MaxName))
	case s.Unsafe:
		return true // refused already; a million names need not be kept for it
	}
	s.keys = append(s.keys, nameRef{maphash.Bytes(seed, s.plain(raw, saved)), int32(start), int32(start + len(raw))})
	return true
}

// unique reports whether the names from base on, all those of one object, are
// different, and forgets them.
func (s *scanner) unique(base int) bool {
	keys := s.keys[base:]
	s.keys = s.keys[:base]
	if len(keys) < 2 {
		return true
	}
	slices.SortFunc(keys, func(a, b nameRef) int { return cmp.Compare(a.hash, b.hash) })
	for i := range keys[1:] {
		// Names of equal hash are equal, but for one collision in 2^64: what
		// is compared here decides nothing else.
		for j := i + 1; j < len(keys) && keys[j].hash == keys[i].hash; j++ {
			if s.sameName(keys[i], keys[j]) {
				return s.fault(plan.FaultDuplicateName)
			}
		}
	}
	return true
}

func (s *scanner) sameName(a, b nameRef) bool {
	s.tmp = jsonlex.Unescape(s.tmp[:0], s.in[a.start:a.end])
	n := len(s.tmp)
	s.tmp = jsonlex.Unescape(s.tmp, s.in[b.start:b.end])
	return bytes.Equal(s.tmp[:n], s.tmp[n:])
}
