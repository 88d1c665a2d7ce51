package scan

import (
	"math/bits"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

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
