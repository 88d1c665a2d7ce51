package scan

import "github.com/go-sallyport/sallyport/validate/internal/plan"

// fault notes what is wrong with the value the scan is at. The scan goes on
// until it has found as much as is reported.
func (s *scanner) fault(f plan.Fault) bool {
	s.faults++
	// A client can repeat one mistake as often as its body is long. Only the
	// first may cost an allocation.
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

// appendInside appends the way from where the pointer ends to what the fault is
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

// tooMany notes an excess that the scan survives and decoding might not.
func (s *scanner) tooMany(f plan.Fault) bool {
	s.Unsafe = true
	return s.fault(f)
}

// exceeded notes an excess at which the scan ends.
func (s *scanner) exceeded(f plan.Fault) bool {
	s.Unsafe = true
	s.fault(f)
	return false
}

// broken notes why the body is not JSON. What was found before is of no use to
// the client, since the rest could not be read.
func (s *scanner) broken(f plan.Fault) bool {
	s.Malformed, s.Unsafe = true, true
	s.Findings = append(s.Findings[:0], plan.LocatedFault{Fault: f, Pointer: string(s.appendPointer(nil)), At: s.pos})
	return false
}
