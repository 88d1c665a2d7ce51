package jwtauth

// fits reports whether no name in text, which a scanner has passed, is a case
// variant of one that encoding/json looks for in its place.
func (root *schema) fits(text string) bool {
	s := scanner{text: text, rules: claimRules}
	s.space()
	return s.fit(root)
}

// fit skips a value. It goes no deeper than the scanner that passed the text.
func (s *scanner) fit(n *schema) bool {
	switch c := s.peek(); {
	case c == '{' && (n.names != nil || n.object != nil):
		s.at++
		return s.fitObject(n)
	case c == '[' && n.array != nil:
		s.at++
		return s.fitArray(n.array)
	}
	return s.value(1)
}

func (s *scanner) fitObject(n *schema) bool {
	base := s.n
	for first := true; ; first = false {
		name, ok := s.member(base, first)
		if !ok {
			break
		}
		inner := n.object
		if i := s.match(name, n.names); i >= 0 {
			inner = n.fields[i]
		}
		if s.fault != nil {
			return false
		}
		if inner == nil && !s.value(1) || inner != nil && !s.fit(inner) {
			return false
		}
	}
	s.n = base
	return s.fault == nil
}

func (s *scanner) fitArray(element *schema) bool {
	for s.space(); s.peek() != ']'; s.space() {
		if s.peek() == ',' {
			s.at++
			s.space()
		}
		if !s.fit(element) {
			return false
		}
	}
	s.at++
	return true
}
