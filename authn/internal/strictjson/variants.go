package strictjson

// A Shape says which names encoding/json looks for in a value that it decodes into
// a Go type: the names of the fields of a struct, or nothing. It exists because
// encoding/json takes any case variant of a name for the name, and the last one
// wins.
type Shape struct {
	Names  []string // of the fields of a struct
	Fields []*Shape // by the index of their name
	Array  *Shape   // of the elements of an array
	Object *Shape   // of the values of a map
}

// Fits reports whether no name in text, which Collect has accepted, is a case
// variant of a name that encoding/json looks for in its place.
func (root *Shape) Fits(text string) bool {
	s := scanner{text: text, rules: Rules{Members: MaxMembers}}
	s.space()
	return s.fit(root)
}

// fit skips a value. It goes no deeper than the scanner that passed the text.
func (s *scanner) fit(n *Shape) bool {
	switch c := s.peek(); {
	case c == '{' && (n.Names != nil || n.Object != nil):
		s.at++
		return s.fitObject(n)
	case c == '[' && n.Array != nil:
		s.at++
		return s.fitArray(n.Array)
	}
	return s.value(1)
}

func (s *scanner) fitObject(n *Shape) bool {
	base := s.n
	for first := true; ; first = false {
		name, ok := s.member(base, first)
		if !ok {
			break
		}
		inner := n.Object
		if i := s.match(name, n.Names); i >= 0 {
			inner = n.Fields[i]
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

func (s *scanner) fitArray(element *Shape) bool {
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
