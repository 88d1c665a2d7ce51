package validate

import (
	"bytes"
	"math/bits"
	"strconv"
	"sync"
	"unicode/utf8"
)

// The scan walks a body once, by the plan of its type, before anything of it is
// decoded. It accepts nothing that encoding/json would refuse, and refuses what
// encoding/json lets two parsers understand differently.
//
// This file and the scan_*.go beside it are the hot path: on a body that is
// accepted they may not allocate, and they may not look at a byte more than
// twice (once more only for the members of maps, which are sorted).

type scanner struct {
	*limits
	in     []byte
	pos    int
	depth  int
	memory int64 // of what will be decoded

	path []step    // the containers we are in
	seen []uint64  // bit sets of the objects among them
	keys []nameRef // names in the maps among them
	tmp  []byte    // an unescaped string
	at   []byte    // a pointer

	findings  []finding
	truncated bool
	malformed bool // not JSON: the one finding says why
	unsafe    bool // a limit is exceeded: must not be decoded
}

// A step is a place inside a container.
type step struct {
	node  *node // of an object with members, or nil
	index int   // of a member or of an element, or hidden
}

// hidden is the index of a step whose name the client chose. A pointer ends
// before it, for nothing the client sent is in a refusal.
const hidden = -1

var scanners = sync.Pool{New: func() any { return new(scanner) }}

func newScanner(l *limits, body []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.limits, s.in = l, body
	return s
}

// release gives the scanner back, unless a body made it too large to keep.
func (s *scanner) release() {
	const most = 64 << 10
	if cap(s.tmp) > most || cap(s.at) > most || cap(s.keys) > most/32 || cap(s.path) > 1000 {
		return
	}
	*s = scanner{path: s.path[:0], seen: s.seen[:0], keys: s.keys[:0], tmp: s.tmp[:0], at: s.at[:0]}
	scanners.Put(s)
}

// run scans the whole body and reports whether it is fit to be decoded and has
// no findings.
func (s *scanner) run(root *slot) bool {
	switch {
	case bytes.HasPrefix(s.in, bom):
		return s.broken(faultBOM)
	case !utf8.Valid(s.in):
		return s.broken(faultUTF8)
	}
	s.space()
	if !s.value(root) {
		return false
	}
	if s.space(); s.pos != len(s.in) {
		return s.broken(faultTrailing)
	}
	return len(s.findings) == 0
}

var bom = []byte("\xef\xbb\xbf")

// The functions below return false if the scan must end.

func (s *scanner) value(p *slot) bool {
	n, t := p.node, s.token()
	if kinds[n.kind].accepts&t == 0 {
		return s.unfit(p, t)
	}
	if p.extra > 0 && !s.spend(p.extra) {
		return false
	}
	switch n.kind {
	case kindObject:
		return s.object(n)
	case kindMap:
		return s.mapping(p)
	case kindList, kindTuple:
		return s.array(p)
	case kindString, kindText, kindBytes:
		return s.str(p)
	case kindInt, kindUint, kindFloat, kindNumber:
		return s.num(n)
	}
	return s.skip(t, useOf(n))
}

// unfit scans a value of a type that its place does not accept.
func (s *scanner) unfit(p *slot, t token) bool {
	switch t {
	case 0:
		return s.broken(faultSyntax)
	case tokNull:
		return s.literal("null") && (p.nullable || s.fault(faultNull))
	}
	// Where a pointer is, encoding/json makes what it is to before it looks.
	return s.fault(typeFault(p.node.kind)) && s.spend(p.extra) && s.skip(t, unread)
}

func (s *scanner) object(n *node) bool {
	if !s.enter() {
		return false
	}
	base := len(s.seen)
	for range words(len(n.members)) {
		s.seen = append(s.seen, 0)
	}
	seen := s.seen[base:] // nobody else's, wherever s.seen grows to
	s.path = append(s.path, step{n, hidden})
	depth, next := len(s.path), 0
	for more, ok := s.first('}'); more || !ok; more, ok = s.next('}') {
		if !ok {
			return false
		}
		i := next
		if next == len(n.members) || !s.named(n.members[next].name) {
			s.path[depth-1].index = hidden
			if i, ok = s.name(n, next); !ok {
				return false
			}
			if i < 0 {
				if !s.nested(unread) {
					return false
				}
				continue
			}
		}
		next = i + 1
		s.path[depth-1].index = i
		word, bit := &seen[uint(i)/64], uint64(1)<<(uint(i)%64)
		if *word&bit != 0 && !s.fault(faultDuplicate) {
			return false
		}
		*word |= bit
		if !s.value(&n.members[i].slot) {
			return false
		}
	}
	for i, needed := range n.needed {
		for missing := needed &^ seen[i]; missing != 0; missing &= missing - 1 {
			s.path[depth-1].index = i*64 + bits.TrailingZeros64(missing)
			if !s.fault(faultRequired) {
				return false
			}
		}
	}
	s.seen = s.seen[:base]
	return s.leave()
}

func (s *scanner) array(p *slot) bool {
	if !s.enter() {
		return false
	}
	n := p.node
	s.path = append(s.path, step{index: hidden})
	depth, i := len(s.path), 0
	for more, ok := s.first(']'); more || !ok; more, ok = s.next(']') {
		if !ok {
			return false
		}
		if n.kind == kindList {
			s.path[depth-1].index = hidden
			if i == p.maxItems && !s.tooMany(faultMaxItems.with("max", p.maxItems)) || !s.item(n.price, i) {
				return false
			}
		}
		s.path[depth-1].index = i
		if !s.value(n.elem) {
			return false
		}
		i++
	}
	if !s.leave() {
		return false
	}
	return n.kind == kindList || i == n.length || s.fault(faultLength.with("len", n.length))
}

// mapping scans an object that is a map: its values have a type, its names are
// the client's.
func (s *scanner) mapping(p *slot) bool {
	if !s.enter() {
		return false
	}
	base, i := len(s.keys), 0
	s.path = append(s.path, step{index: hidden})
	if !s.spend(ofMap) {
		return false
	}
	for more, ok := s.first('}'); more || !ok; more, ok = s.next('}') {
		if !ok {
			return false
		}
		if i == p.maxItems && !s.tooMany(faultMaxMembers.with("max", p.maxItems)) {
			return false
		}
		if !s.entry(p.node.price, i) || !s.key() || !s.value(p.node.elem) {
			return false
		}
		i++
	}
	return s.unique(base) && s.leave()
}

func (s *scanner) enter() bool {
	if s.depth++; s.depth > s.limits.depth {
		return s.exceeded(faultDepth.with("max", s.limits.depth))
	}
	s.pos++
	return true
}

func (s *scanner) leave() bool {
	s.depth--
	s.path = s.path[:len(s.path)-1]
	return true
}

// pointer returns where the scan is, as a JSON Pointer.
func (s *scanner) pointer() string { return string(s.appendPointer(nil)) }

func (s *scanner) appendPointer(b []byte) []byte {
	for _, p := range s.path {
		switch {
		case p.index == hidden:
			return b
		case p.node != nil:
			b = append(b, p.node.members[p.index].token...)
		default:
			b = appendIndex(b, p.index)
		}
	}
	return b
}

func appendIndex(b []byte, i int) []byte {
	return strconv.AppendInt(append(b, '/'), int64(i), 10)
}
