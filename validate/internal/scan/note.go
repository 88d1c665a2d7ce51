package scan

import (
	"math/bits"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// addFault notes a fault of the value at which the scan is. It returns false once there are as
// many faults as a refusal reports.
func (s *scanner) addFault(f plan.Fault) bool {
	s.faults++
	// A client can repeat one mistake in the whole body. Only the first may cost an
	// allocation.
	s.at = s.appendPointer(s.at[:0])
	n := len(s.at)
	s.at = s.appendInside(s.at, f.About)
	for i := range s.Findings {
		old := &s.Findings[i]
		if old.Code == f.Code && old.Pointer == string(s.at[:n]) && old.Inside == string(s.at[n:]) {
			return true
		}
	}
	if len(s.Findings) == plan.MaxFaults {
		s.Truncated, s.Unsafe = true, true
		return false
	}
	s.Findings = append(s.Findings, plan.LocatedFault{Fault: f, Pointer: string(s.at[:n]), Inside: string(s.at[n:]), At: s.pos})
	return true
}

// appendInside appends the way from the end of the pointer to the value that the fault is
// about.
func (s *scanner) appendInside(b []byte, a plan.About) []byte {
	end := len(s.path)
	if a == plan.Everyone {
		return b
	}
	if a != plan.Itself && end > 0 && s.path[end-1].index == hidden {
		end--
	}
	ended := false
	for _, p := range s.path[:end] {
		switch ended = ended || p.index == hidden; {
		case !ended:
		case p.node != nil && p.index != hidden:
			b = append(b, p.node.Members[p.index].Token...)
		default:
			b = append(b, plan.Star...)
		}
	}
	return b
}

// addUnsafe notes that a limit is exceeded. The scan can go on, but the body must not be
// decoded.
func (s *scanner) addUnsafe(f plan.Fault) bool {
	s.Unsafe = true
	return s.addFault(f)
}

// stopUnsafe notes that a limit is exceeded at which the scan must end.
func (s *scanner) stopUnsafe(f plan.Fault) bool {
	s.Unsafe = true
	s.addFault(f)
	return false
}

// stopMalformed notes the reason why the body is not JSON. It removes the faults found before,
// which are of no use to the client if the rest cannot be read.
func (s *scanner) stopMalformed(f plan.Fault) bool {
	s.Malformed, s.Unsafe = true, true
	s.Findings = append(s.Findings[:0], plan.LocatedFault{Fault: f, Pointer: string(s.appendPointer(nil)), At: s.pos})
	return false
}

// factsOf returns the facts about a member whose value begins at start and ends at the position
// of the scan.
func (s *scanner) factsOf(w *plan.Watch, start int) plan.Facts {
	text := s.in[start:s.pos]
	switch {
	case text[0] == 'n' && !w.Nullable:
		return w.Sent
	case text[0] == 'n' || len(w.Values) == 0:
		return w.Sent | w.There
	case text[0] == '"':
		s.tmp = jsonlex.Unescape(s.tmp[:0], text[1:len(text)-1])
		text = s.tmp
	}
	return w.Sent | w.There | w.Equal(text)
}

// addMissing notes the required members of an object that are missing, and the members whose
// rules about which of the others were sent are broken.
func (s *scanner) addMissing(n *plan.Node, seen []uint64, known plan.Known) bool {
	at := &s.path[len(s.path)-1]
	for i, needed := range n.Needed {
		for missing := needed &^ seen[i]; missing != 0; missing &= missing - 1 {
			at.index = i*64 + bits.TrailingZeros64(missing)
			if !s.addFault(plan.FaultRequired) {
				return false
			}
		}
	}
	if len(s.path) == 1 {
		s.Known, s.Ended = known, true
	}
	if n.Presence == nil {
		return true
	}
	for i := range n.Presence.Conditions {
		c := &n.Presence.Conditions[i]
		if c.Member < 0 || !c.Broken(known) {
			continue
		}
		if at.index = c.Member; !s.addFault(c.Fault) {
			return false
		}
	}
	return true
}
