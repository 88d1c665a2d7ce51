package view

import "reflect"

// A node is the plan of one JSON value. Nodes of recursive types form a cycle. A node
// does not change after New.
type node struct {
	kind    kind
	members []member // of an object
	index   map[string]int
	elem    *node // of a list or a dict
	keys    map[string]bool
	allKeys bool // of a dict or a dynamic value

	owner   func(any) (issuer, subject string)
	tracked bool // an owner at or below this node needs the Go value
}

type kind uint8

const (
	scalar  kind = iota // text, number, true, false or null
	object              // an object of known members, or null
	list                // an array, or null
	dict                // an object whose values have one type, or null
	dynamic             // any value; keys apply to each object in it
	whole               // any value, as it is
)

type member struct {
	name  string
	text  string // the name as encoding/json writes most names: "name":
	views mask
	value *node // nil if views is empty
	path  []int // of the field
}

// maxName is the length of the longest name of a member, in bytes.
const maxName = 128

// maxDepth is the greatest nesting of a value that is filtered.
const maxDepth = 1000

// startsWith returns the most likely member if b starts with its name, or nil.
func (n *node) startsWith(b []byte, next *int) *member {
	for i := *next; i < len(n.members); i++ {
		m := &n.members[i]
		if len(b) >= len(m.text) && string(b[:len(m.text)]) == m.text {
			*next = i + 1
			return m
		}
		if i > *next {
			break // at most one member was omitted
		}
	}
	return nil
}

// find returns the member with the name, or nil. next is the position of the most likely
// member, because encoding/json writes the members in the order of the plan.
func (n *node) find(name []byte, next *int) *member {
	if i := *next; i < len(n.members) && n.members[i].name == string(name) {
		*next = i + 1
		return &n.members[i]
	}
	i, ok := n.index[string(name)]
	if !ok {
		return nil
	}
	*next = i + 1
	return &n.members[i]
}

// shows reports whether a dict or a dynamic value shows a key.
func (n *node) shows(key []byte) bool { return n.allKeys || n.keys[string(key)] }

// field returns the Go value of a member, or the zero Value if no owner needs it.
func (m *member) field(v reflect.Value) reflect.Value {
	if !v.IsValid() || !m.value.tracked {
		return reflect.Value{}
	}
	at, err := v.FieldByIndexErr(m.path)
	if err != nil {
		return reflect.Value{}
	}
	return at
}

// indirect follows the pointers of v.
func indirect(v reflect.Value) reflect.Value {
	for v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}
