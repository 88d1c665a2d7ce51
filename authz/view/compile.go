package view

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A compiler makes the plan of one type.
type compiler struct {
	key    string // the tag: view or write
	rules  *rules
	faults *httperr.ConfigFaults
	used   mask // all views that a tag names
	nodes  map[position]*node
}

// A position is what the plan of a type depends on.
type position struct {
	typ   reflect.Type
	keys  string // the tag with the keys, or ""
	self  bool   // the view self may be granted
	value bool   // the filter has the Go value
}

// compile returns the plan of the type root.
func compile(key string, root reflect.Type, r *rules, f *httperr.ConfigFaults) *node {
	c := &compiler{key: key, rules: r, faults: f, nodes: map[position]*node{}}
	n := c.node(root, tag{}, root.String(), position{typ: root, self: true, value: true})
	c.findTracked()
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		if bit := r.names[name]; bit != public && bit != self && c.used&bit == 0 {
			f.Add("Views["+name+"]", nil, "is in no "+key+" tag of "+root.String(), "remove the view, or correct a tag")
		}
	}
	return n
}

func (c *compiler) isInput() bool { return c.key == "write" }

// node returns the plan of the type of p. at is the field, for faults.
func (c *compiler) node(t reflect.Type, tg tag, at string, p position) *node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	p.typ = t
	owner := c.rules.owners[t]
	if owner != nil {
		p.self = p.value // the owner decides, and it needs the Go value
	}
	if n := c.nodes[p]; n != nil {
		return n
	}
	n := &node{keys: tg.keys, allKeys: tg.allKeys}
	c.nodes[p] = n
	if !p.value {
		owner = nil
	}
	switch custom := c.encodesItself(t); {
	case t.Kind() == reflect.Struct && (!custom || c.hasTags(t, maxEmbedded)):
		n.kind, n.owner, n.tracked = object, owner, owner != nil
		c.refuseKeys(tg, at)
		c.object(n, t, at, p, custom)
	case custom, t.Kind() == reflect.Interface:
		c.unknownType(n, t, tg, at, custom)
	case t.Kind() == reflect.Map:
		if c.isInput() && !tg.hasKeys() {
			n.allKeys = true
		} else if !tg.hasKeys() {
			c.faults.Add(at, t.String(), "is a map without keys", `list the keys that may be sent, as in view:"public,keys=a|b", or keys=*`)
		}
		n.kind = dict
		if !takesKeys(t.Elem()) {
			tg = tag{}
		}
		n.elem = c.node(t.Elem(), tg, at, position{keys: p.keys, self: c.isInput()})
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && !c.isInput():
		c.refuseKeys(tg, at) // text in base64
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		n.kind = list
		n.elem = c.node(t.Elem(), tg, at, position{keys: p.keys, self: c.isInput(), value: p.value})
	case c.isInput():
		n.kind = whole // the member has no members of its own
	default:
		c.refuseKeys(tg, at)
	}
	return n
}

// unknownType compiles a type whose members New cannot know.
func (c *compiler) unknownType(n *node, t reflect.Type, tg tag, at string, custom bool) {
	switch {
	case c.isInput() && !tg.hasKeys():
		n.kind = whole
		if t.Kind() == reflect.Struct && c.hidesTags(t, map[reflect.Type]bool{}) {
			c.faults.Add(at, t.String(), "decodes itself, and so the write tags inside it decide nothing",
				"use the plain type, or remove the tags inside it")
		}
	case tg.hasKeys():
		n.kind = dynamic
	case custom && t != reflect.TypeFor[json.RawMessage]():
		n.kind = scalar // an object or an array is an error at the request
	default:
		c.faults.Add(at, t.String(), "has members that New cannot know",
			`use a struct, or list the keys that may be sent, as in view:"public,keys=a|b"`)
	}
}

// takesKeys reports whether the keys of a map apply to its values of type t as well.
func takesKeys(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Array || t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() {
		t = t.Elem()
	}
	return t.Kind() == reflect.Map || t.Kind() == reflect.Interface || t == reflect.TypeFor[json.RawMessage]()
}

func (c *compiler) refuseKeys(tg tag, at string) {
	if tg.hasKeys() {
		c.faults.Add(at, nil, "has keys and is not a map", "remove keys= from the tag")
	}
}

var (
	marshalers   = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}
	unmarshalers = []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}
)

// encodesItself reports whether a method of t, or of a pointer to t, may write its JSON
// (or read it, for an Input). The methods of encoding/json/v2 count too.
func (c *compiler) encodesItself(t reflect.Type) bool {
	types, v2 := marshalers, "MarshalJSONTo"
	if c.isInput() {
		types, v2 = unmarshalers, "UnmarshalJSONFrom"
	}
	if t.Kind() == reflect.Interface {
		return false
	}
	t = reflect.PointerTo(t)
	_, has := t.MethodByName(v2)
	return has || t.Implements(types[0]) || t.Implements(types[1])
}

// maxEmbedded is the number of levels to which a struct may be embedded.
const maxEmbedded = 10

// hasTags reports whether a field of the struct t has the tag, also in an embedded
// struct, at most levels below t.
func (c *compiler) hasTags(t reflect.Type, levels int) bool {
	for sf := range t.Fields() {
		if _, ok := sf.Tag.Lookup(c.key); ok {
			return true
		}
		if e := structOf(sf.Type); sf.Anonymous && e != nil && levels > 0 && c.hasTags(e, levels-1) {
			return true
		}
	}
	return false
}

// hidesTags reports whether a struct inside t has the tag.
func (c *compiler) hidesTags(t reflect.Type, seen map[reflect.Type]bool) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return false
	}
	seen[t] = true
	if c.hasTags(t, maxEmbedded) {
		return true
	}
	for sf := range t.Fields() {
		if c.hidesTags(sf.Type, seen) {
			return true
		}
	}
	return false
}

// structOf returns t, or the type that t points to, if it is a struct, or nil.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// findTracked marks every node above a node with an owner. Only these need the Go value.
func (c *compiler) findTracked() {
	for changed := true; changed; {
		changed = false
		for _, n := range c.nodes {
			below := n.kind == list && n.elem.tracked
			for _, m := range n.members {
				below = below || m.value != nil && m.path != nil && m.value.tracked
			}
			if below && !n.tracked {
				n.tracked, changed = true, true
			}
		}
	}
}
