package strictjson

// A Shape holds the names that encoding/json looks for in a value that it decodes into
// a Go type. Only the shape of a struct has names. It exists because encoding/json takes
// any case variant of a name for the name, and the last one wins.
type Shape struct {
	Names  []string // names of the fields of a struct
	Fields []*Shape // shapes of these fields, by the index of the name
	Array  *Shape   // shape of the elements of an array
	Object *Shape   // shape of the values of a map
}

// Fits reports whether no name in text is a case variant of a name that encoding/json
// looks for at the same position. Collect must have accepted text.
func (root *Shape) Fits(text string) bool {
	s := scanner{text: text, rules: Rules{Members: MaxMembers}}
	s.skipSpace()
	return s.fitValue(root)
}

// fitValue skips a value and reports whether its names fit n. Its recursion is bounded,
// because Collect has bounded the depth of the text.
func (s *scanner) fitValue(n *Shape) bool {
	switch c := s.peek(); {
	case c == '{' && (n.Names != nil || n.Object != nil):
		s.at++
		return s.fitObject(n)
	case c == '[' && n.Array != nil:
		s.at++
		return s.fitArray(n.Array)
	}
	return s.skipValue(1)
}

func (s *scanner) fitObject(n *Shape) bool {
	base := s.n
	for first := true; ; first = false {
		name, ok := s.nextMember(base, first)
		if !ok {
			break
		}
		inner := n.Object
		if i := s.match(name, n.Names, 0); i >= 0 {
			inner = n.Fields[i]
		}
		if s.fault != nil {
			return false
		}
		if inner == nil && !s.skipValue(1) || inner != nil && !s.fitValue(inner) {
			return false
		}
	}
	s.n = base
	return s.fault == nil
}

func (s *scanner) fitArray(element *Shape) bool {
	for s.skipSpace(); s.peek() != ']'; s.skipSpace() {
		if s.peek() == ',' {
			s.at++
			s.skipSpace()
		}
		if !s.fitValue(element) {
			return false
		}
	}
	s.at++
	return true
}
