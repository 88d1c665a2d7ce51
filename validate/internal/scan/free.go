package scan

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A use tells how a value without a plan is decoded.
type use uint8

const (
	unread use = iota // by its own type, which keeps its bytes, or not at all because it does not belong here
	built             // encoding/json makes an any of it
)

// skip scans a value of type t that has no plan. It is held to the grammar, the limits and
// unique names nevertheless. In a value that is built, float64 must hold every whole number.
func (s *scanner) skip(t plan.Token, u use) bool {
	switch t {
	case plan.TokObject:
		return s.scanMembers(s.Items, freeMap, nil, u)
	case plan.TokArray:
		_, ok := s.scanArray(s.Items, freeList, nil, u)
		return ok
	case plan.TokString:
		if u == built && !s.spend(plan.OfString) {
			return false
		}
		raw, saved, ok := s.readString()
		if ok && len(raw)-saved > s.StringLen {
			return s.addUnsafe(plan.FaultMaxBytes.With("max_bytes", s.StringLen))
		}
		return ok
	case plan.TokNumber:
		lit, _, ok := s.readNumber()
		switch {
		case !ok:
			return false
		case len(lit) > plan.MaxNumber:
			return s.addUnsafe(plan.FaultNumberLength.With("max", plan.MaxNumber))
		case u == built && !exact(lit):
			return s.addFault(plan.FaultRange)
		}
		return u != built || s.spend(plan.OfNumber)
	case plan.TokBool, plan.TokNull:
		return s.readLiteral()
	}
	return s.stopMalformed(plan.FaultSyntax)
}

// scanMembers scans an object whose names the client has chosen: a map with values for elem,
// or, if elem is nil, an object that has no plan.
func (s *scanner) scanMembers(most int, price plan.Price, elem *plan.Slot, u use) bool {
	if !s.enter(nil) || u == built && !s.spend(plan.OfMap) {
		return false
	}
	base := len(s.keys)
	for i := 0; s.next(i, '}'); i++ {
		if i == most && !s.addUnsafe(plan.FaultMaxMembers.With("max", most)) || u == built && !s.spendEntry(price, i) || !s.readKey() {
			return false
		}
		if elem == nil && !s.skip(s.peekType(), u) || elem != nil && !s.scanValue(elem) {
			return false
		}
	}
	return !s.Malformed && s.checkUnique(base) && s.leave()
}

// A nameRef is the name of a member of a map: its hash, and its position in the body.
type nameRef struct {
	hash       uint64
	start, end int32 // no body has 2 GiB
}

// seed makes the hashes unpredictable. A client that could choose names of
// equal hash could make their comparison quadratic.
var seed = maphash.MakeSeed()

// readKey reads the name of a member of a map, and the colon after it.
func (s *scanner) readKey() bool {
	start := s.pos + 1
	raw, saved, ok := s.readName()
	switch {
	case !ok:
		return false
	case len(raw) > plan.MaxName:
		return s.addUnsafe(plan.FaultName.With("max", plan.MaxName))
	}
	s.noteKey(s.unescape(raw, saved), start, len(raw))
	return true
}

// noteKey keeps a name, which begins at start and has that many bytes as sent.
func (s *scanner) noteKey(name []byte, start, sent int) {
	if !s.Unsafe { // else the body is refused already, so its names need no memory
		s.keys = append(s.keys, nameRef{maphash.Bytes(seed, name), int32(start), int32(start + sent)})
	}
}

// checkUnique notes a fault if two of the names from base on, which are the names of one
// object, are equal. It removes them from the list.
func (s *scanner) checkUnique(base int) bool {
	keys := s.keys[base:]
	s.keys = s.keys[:base]
	if len(keys) < 2 {
		return true
	}
	slices.SortFunc(keys, func(a, b nameRef) int { return cmp.Compare(a.hash, b.hash) })
	for i := range keys[1:] {
		// Names of equal hash are equal, except for one collision in 2^64. Only such a
		// collision makes the comparison necessary.
		for j := i + 1; j < len(keys) && keys[j].hash == keys[i].hash; j++ {
			if s.sameName(keys[i], keys[j]) {
				return s.addFault(plan.FaultDuplicateName)
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
