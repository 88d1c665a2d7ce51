package scan

import (
	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// begin returns what is known of an object that the scan has just entered.
func (s *scanner) begin(n *plan.Node) (known plan.Known) {
	if n.Presence == nil {
		return known
	}
	if len(s.path) == 1 {
		known = s.Known
	}
	return n.Presence.Begin(known)
}

// facts returns the facts of a member whose value begins at start and ends here.
func (s *scanner) facts(w *plan.Watch, start int) plan.Facts {
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

// conditions notes the members whose rules about what was sent are broken, in the
// object that the scan is at the end of.
func (s *scanner) conditions(p *plan.Presence, k plan.Known) bool {
	at := &s.path[len(s.path)-1]
	for i := range p.Conditions {
		c := &p.Conditions[i]
		if c.Member < 0 || !c.Broken(k) {
			continue
		}
		if at.index = c.Member; !s.fault(c.Fault) {
			return false
		}
	}
	return true
}
