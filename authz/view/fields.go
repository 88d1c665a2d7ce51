package view

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// object compiles the fields of the struct t. custom says that a method of t writes its
// JSON: then the Go fields need not be those of the text, and no owner below t is asked.
func (c *compiler) object(n *node, t reflect.Type, at string, p position, custom bool) {
	n.index = map[string]int{}
	p.value = p.value && !custom
	c.fields(n, t, at, p, nil)
	visible := slices.ContainsFunc(n.members, func(m member) bool { return m.views != 0 })
	if !visible {
		c.faults.Add(at, t.String(), "has no member in any view", "add "+c.key+" tags to its fields")
	}
}

// fields adds the members of t to n. path leads to t, which is embedded if path is not
// empty.
func (c *compiler) fields(n *node, t reflect.Type, at string, p position, path []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		text, tagged := sf.Tag.Lookup(c.key)
		at := at + "." + sf.Name
		f, ok := jsonfield.Of(sf)
		if !ok {
			if tagged && text != "-" {
				c.faults.Add(at, text, "is a field that encoding/json skips", "remove the "+c.key+" tag")
			}
			continue
		}
		way := append(slices.Clone(path), i)
		if f.Inlined {
			c.embedded(n, sf, at, p, way)
			continue
		}
		c.member(n, f, sf, at, p, way)
	}
}

// embedded adds the members of an embedded struct to n.
func (c *compiler) embedded(n *node, sf reflect.StructField, at string, p position, path []int) {
	e := structOf(sf.Type)
	switch text, tagged := sf.Tag.Lookup(c.key); {
	case tagged:
		c.faults.Add(at, text, "is on an embedded struct, whose members have tags of their own",
			"remove the tag, or give the field a name in its json tag")
	case c.encodesItself(e):
		c.faults.Add(at, e.String(), "is embedded, and its method would write the JSON of the whole struct",
			"give the field a name in its json tag")
	case len(path) > maxEmbedded:
		c.faults.Add(at, e.String(), "is embedded too deeply", "embed at most ten levels")
	default:
		c.fields(n, e, at, p, path)
	}
}

func (c *compiler) member(n *node, f jsonfield.Field, sf reflect.StructField, at string, p position, path []int) {
	text, tagged := sf.Tag.Lookup(c.key)
	_, twice := n.index[f.Name]
	switch {
	case f.BadName != "":
		c.faults.Add(at, f.BadName, "is a name that encoding/json ignores", "correct the json tag")
	case f.Unknown != "":
		c.faults.Add(at, f.Unknown, "is an option of the json tag that versions of encoding/json read differently", "remove it")
	case twice:
		c.faults.Add(at, f.Name, "is the name of two members", "give each a name of its own")
	case len(f.Name) > maxName:
		c.faults.Add(at, nil, "has a name of more than 128 bytes", "shorten it")
	}
	m := member{name: f.Name, text: `"` + f.Name + `":`, path: path}
	if tagged {
		t := c.parseTag(text, at)
		m.views = t.views
		if m.views == self && !p.self {
			c.faults.Add(at, text, "can be shown to nobody: no owner is known for an element of a list or map",
				"add the owner of the element with view.OwnerOf, or put self on the list")
		}
		if m.views != 0 {
			next := position{self: p.self, value: p.value}
			if t.hasKeys() {
				next.keys = text
			}
			m.value = c.node(sf.Type, t, at, next)
		}
	}
	n.index[f.Name] = len(n.members)
	n.members = append(n.members, m)
}
