// Package scan walks a JSON body by the plan of its type before anything is decoded.
package scan

import (
	"bytes"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A scanner walks a body once, by the plan of its type, before any of it is
// decoded. It accepts nothing that encoding/json would refuse, and it refuses bodies that
// encoding/json accepts although two parsers could understand them differently.
//
// The files of this package, except note.go and locate.go, are the hot path. On an accepted
// body they must not allocate, and must not read a byte more than
// twice (a third time only for the names in maps, which are sorted).
type scanner struct {
	*plan.Limits
	in     []byte
	pos    int
	memory int64 // that the decoded value will take

	path []step    // the containers around the position
	seen []uint64  // bit sets of the members seen in the objects among them
	keys []nameRef // names in the maps among them
	tmp  []byte    // an unescaped string
	at   []byte    // a pointer

	Known plan.Known // before the scan: of the parameters; after it: of the whole root

	Ignored   int  // unknown members that are ignored
	Ended     bool // the scan has read the outermost object to its end
	faults    int  // found so far, with repeated ones
	Findings  []plan.LocatedFault
	Truncated bool
	Malformed bool // not JSON: the only finding has the reason
	Unsafe    bool // a limit is exceeded: must not be decoded
}

// A step is a place inside a container.
type step struct {
	node  *plan.Node // of an object with members, or nil
	index int        // of a member or of an element, or hidden
}

// hidden is the index of a step whose name the client chose. A pointer ends
// before it, because a refusal has no text of the client.
const hidden = -1

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// NewScanner returns a scanner of body. The caller must call Release.
func NewScanner(l *plan.Limits, body []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.Limits, s.in = l, body
	return s
}

// Release puts the scanner back into the pool, unless a body made it too large to keep.
func (s *scanner) Release() {
	const most = 64 << 10
	if cap(s.tmp) > most || cap(s.at) > most || cap(s.keys) > most/32 || cap(s.path) > 1000 {
		return
	}
	*s = scanner{path: s.path[:0], seen: s.seen[:0], keys: s.keys[:0], tmp: s.tmp[:0], at: s.at[:0]}
	scanners.Put(s)
}

// Run scans the whole body and reports whether it can be decoded and has no findings.
func (s *scanner) Run(root *plan.Slot) bool {
	switch {
	case bytes.HasPrefix(s.in, bom):
		return s.stopMalformed(plan.FaultBOM)
	case !utf8.Valid(s.in):
		return s.stopMalformed(plan.FaultUTF8)
	}
	s.skipSpace()
	if !s.scanValue(root) {
		return false
	}
	if s.skipSpace(); s.pos != len(s.in) {
		return s.stopMalformed(plan.FaultTrailing)
	}
	return len(s.Findings) == 0
}

var bom = []byte("\xef\xbb\xbf")

// scanValue scans the value for one slot of the plan. Like the other methods that scan, it
// returns false if the scan must end.
func (s *scanner) scanValue(p *plan.Slot) bool {
	n, t := p.Node, s.peekType()
	if plan.Kinds[n.Kind].Accepts&t == 0 {
		return s.scanWrongType(p, t)
	}
	if p.Extra > 0 && !s.spend(p.Extra) {
		return false
	}
	switch n.Kind {
	case plan.KindObject:
		return s.scanObject(n)
	case plan.KindMap:
		return s.scanMembers(p.MaxItems, n.Price, n.Elem, built)
	case plan.KindList:
		_, ok := s.scanArray(p.MaxItems, n.Price, n.Elem, built)
		return ok
	case plan.KindTuple:
		count, ok := s.scanArray(math.MaxInt, plan.Price{}, n.Elem, built)
		return ok && (count == n.Length || s.addFault(plan.FaultLength.With("len", n.Length)))
	case plan.KindString, plan.KindText, plan.KindBytes:
		return s.scanString(p)
	case plan.KindInt, plan.KindUint, plan.KindFloat, plan.KindNumber:
		return s.scanNumber(n)
	case plan.KindFree:
		if n.Typ != plan.TypeRaw {
			return s.skip(t, built)
		}
	}
	return s.skip(t, unread)
}

// scanWrongType scans a value of a type that its slot does not accept.
func (s *scanner) scanWrongType(p *plan.Slot, t plan.Token) bool {
	switch t {
	case 0:
		return s.stopMalformed(plan.FaultSyntax)
	case plan.TokNull:
		return s.readLiteral() && (p.Nullable || s.addFault(plan.FaultNull))
	}
	// encoding/json allocates the target of a pointer before it reads the value.
	return s.addFault(plan.TypeFault(p.Node.Kind)) && s.spend(p.Extra) && s.skip(t, unread)
}

// scanObject scans an object that has a plan.
func (s *scanner) scanObject(n *plan.Node) bool {
	if !s.enter(n) {
		return false
	}
	base := len(s.seen)
	for range plan.Words(len(n.Members)) {
		s.seen = append(s.seen, 0)
	}
	seen := s.seen[base:] // belongs to this object, even after s.seen has grown elsewhere
	depth, next, names := len(s.path), 0, len(s.keys)
	var known plan.Known
	if n.Presence != nil {
		if depth == 1 {
			known = s.Known
		}
		known = n.Presence.Begin(known)
	}
	for count := 0; s.next(count, '}'); count++ {
		i := next
		if next == len(n.Members) || !s.matchName(n.Members[next].Name) {
			s.path[depth-1].index = hidden
			var ok bool
			if i, ok = s.readMember(n, next); !ok {
				return false
			}
			if i < 0 {
				if !s.skipUnknown(len(s.keys) - names) {
					return false
				}
				continue
			}
		}
		next = i + 1
		s.path[depth-1].index = i
		before := s.faults
		word, bit := &seen[uint(i)/64], uint64(1)<<(uint(i)%64)
		if *word&bit != 0 && !s.addFault(plan.FaultDuplicate) {
			return false
		}
		*word |= bit
		start := s.pos
		if !s.scanValue(&n.Members[i].Slot) {
			return false
		}
		if w := n.Members[i].Watch; w != nil {
			if known.Tell(w, s.factsOf(w, start)); s.faults > before {
				known.Unknown |= w.All
			}
		}
	}
	if s.Malformed || len(s.keys) > names && !s.closeIgnored(names) || !s.addMissing(n, seen, known) {
		return false
	}
	s.seen = s.seen[:base]
	return s.leave()
}

// scanArray scans an array with values for elem, or, if elem is nil, an array that has no plan.
// It returns the number of its elements.
func (s *scanner) scanArray(most int, price plan.Price, elem *plan.Slot, u use) (count int, ok bool) {
	if !s.enter(nil) || elem == nil && u == built && !s.spend(plan.OfList) {
		return 0, false
	}
	depth := len(s.path)
	for ; s.next(count, ']'); count++ {
		s.path[depth-1].index = hidden
		if count == most && !s.addUnsafe(plan.FaultMaxItems.With("max", most)) || u == built && !s.spendItem(price, count) {
			return 0, false
		}
		if elem == nil {
			ok = s.skip(s.peekType(), u)
		} else {
			s.path[depth-1].index = count
			ok = s.scanValue(elem)
		}
		if !ok {
			return 0, false
		}
	}
	return count, s.leave()
}

// enter steps into a container, behind its opening bracket. n is the plan of an object.
func (s *scanner) enter(n *plan.Node) bool {
	if len(s.path) == s.Depth {
		return s.stopUnsafe(plan.FaultDepth.With("max", s.Depth))
	}
	s.pos++
	s.path = append(s.path, step{n, hidden})
	return true
}

// leave steps out of a container, unless the body has turned out to be malformed.
func (s *scanner) leave() bool {
	s.path = s.path[:len(s.path)-1]
	return !s.Malformed
}

// appendPointer appends the position of the scan as a JSON Pointer.
func (s *scanner) appendPointer(b []byte) []byte {
	for _, p := range s.path {
		switch {
		case p.index == hidden:
			return b
		case p.node != nil:
			b = append(b, p.node.Members[p.index].Token...)
		default:
			b = AppendIndex(b, p.index)
		}
	}
	return b
}

// AppendIndex appends the step to an element of a list to a JSON Pointer.
func AppendIndex(b []byte, i int) []byte {
	return strconv.AppendInt(append(b, '/'), int64(i), 10)
}
