package plan

import "reflect"

// A List is validate.List.
type List[T any] []T

func (List[T]) wholeBody() {}

// IsList reports whether t is a List.
func IsList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Implements(reflect.TypeFor[interface{ wholeBody() }]())
}

// Body returns the slot of the body: a List among the members of the root, or the root itself.
func Body(root *Slot) *Slot {
	for i := range root.Node.Members {
		if m := &root.Node.Members[i]; m.Whole() {
			return &m.Slot
		}
	}
	return root
}

// Whole reports whether m is a List, which has no name and is the whole body.
func (m *Member) Whole() bool { return m.Token == "" }
