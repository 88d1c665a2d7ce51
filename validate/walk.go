package validate

import (
	"maps"
	"reflect"
	"slices"
)

// A walk is what there is to do for the rules of one struct: the validator is
// asked about it, together with the structs that are values in it, and branches
// lead to those behind pointers, lists and maps. The validator finds these by
// itself as well, but cannot be told to stop: of a mebibyte of "{}," it made
// 400 000 errors, for us to report 20.
type walk struct {
	node     *node
	ruled    bool // the validator has rules for it
	branches []branch
	judges   []branch // to what judges itself
}

// A branch leads from a struct to what is behind one of its fields.
type branch struct {
	index    []int
	token    string // from the struct to the field, as in a pointer
	slot     *slot
	scope    scope // the struct that has the field
	far      []passage
	inner    *walk // of the structs at the end; nil: they are not structs
	param    *parameter
	judges   []bool // behind each dive, the field itself first: it judges itself
	skipZero []bool // behind each dive, the field itself first: nothing there is looked at if it is zero
	outer    []int  // to a struct around the field, of which the same holds
	optional bool
}

// walk compiles the walk of n.
func (c *compiler) walk(n *node) *walk {
	if w, ok := c.walks[n]; ok {
		return w
	}
	w := &walk{node: n}
	c.walks[n] = w // a type may contain itself
	c.walkFields(w, n, n.typ, n.fields, branch{})
	return w
}

// walkFields adds what there is to do for the fields of t, which is the struct of w
// or a value in it, which around leads to.
func (c *compiler) walkFields(w *walk, n *node, t reflect.Type, fields map[string]goField, around branch) {
	for f := range t.Fields() {
		to, ok := fields[f.Name]
		if !ok || to.rules.off() {
			continue
		}
		near := c.validatorTag(t, f.Type, to.rules)
		here := branch{index: append(slices.Clone(around.index), f.Index...), token: around.token, outer: around.outer}
		w.ruled = w.ruled || near != "" && near != "-"
		if n == w.node { // and not in a struct that is a value in it, which has a walk of its own
			c.judgesOf(w, t, f, to, here.index)
		}
		if f.Type.Kind() == reflect.Struct && skipsZero(to.rules.levels[0], false) {
			here.outer = here.index
		}
		switch {
		case !enters(to.rules.levels[0]):
		case to.embedded != nil:
			c.walkFields(w, n, f.Type, to.embedded, here)
		case to.member >= 0: // not a parameter
			m := &n.members[to.member]
			here.token, here.slot, here.scope = here.token+m.token, &m.slot, scope{n, fields, ""}
			c.member(w, here, t, f, to.rules)
		}
	}
}

// member adds what there is to do for one field, f of t, which b leads to.
func (c *compiler) member(w *walk, b branch, t reflect.Type, f reflect.StructField, rules *fieldRules) {
	d, end := c.divided[rules], b.slot.end()
	switch {
	case c.unscanned[t]: // the validator goes on from there by itself
		w.ruled = w.ruled || holdsStruct(f.Type)
	case d.in || len(d.far) > 0:
		b.far, b.skipZero = d.far, d.skipZero
		if d.in {
			b.inner = c.walk(end)
		}
		_, b.optional = optionalOf(f.Type)
		w.branches = append(w.branches, b)
	case b.slot.node == end && end.kind == kindObject && c.walkable(end.typ):
		c.walkFields(w, end, end.typ, end.fields, b)
	case end.kind == kindObject && !dives(f.Type, rules.levels):
		c.undived[fieldPath(typeName(t), f)] = undived{c.walk(end), rules.tag}
	default:
		w.ruled = w.ruled || d.near == "" && end.kind != kindFree && holdsStruct(end.typ)
	}
}

// An undived is a field with a list or map of structs whose rules would not be
// run, for want of a dive.
type undived struct {
	inner *walk
	tag   string
}

// dives reports whether the rules of a field of type t have a dive for each list and
// map there.
func dives(t reflect.Type, levels []level) bool {
	if in, ok := optionalOf(t); ok {
		t = in
	}
	for depth := 0; ; depth++ {
		switch t = behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			if t = t.Elem(); !at(levels, depth).deep {
				return false
			}
		default:
			return true
		}
	}
}

// walkRoot compiles the walk of the whole: that to the rules, nil if there are
// none, and that to the judges.
func (c *compiler) walkRoot(root *slot) (rules, judges *walk) {
	top := c.walk(root.node)
	c.isJudge(root.node.typ, level{}, c.rootName())
	for _, where := range slices.Sorted(maps.Keys(c.undived)) {
		if u := c.undived[where]; u.inner.useful(map[*walk]bool{}) {
			c.refuse(where, u.tag, "has structs in it with rules, and no dive, without which the rules are not run", `add dive, or tag it validate:"-" if none of the rules is meant here`)
		}
	}
	for _, w := range c.walks {
		w.branches = slices.DeleteFunc(w.branches, func(s branch) bool {
			return len(s.far) == 0 && !s.inner.useful(map[*walk]bool{})
		})
		w.judges = slices.DeleteFunc(w.judges, func(b branch) bool {
			return !slices.Contains(b.judges, true) && !b.inner.leadsToJudge(map[*walk]bool{})
		})
	}
	if top.useful(map[*walk]bool{}) {
		rules = top
	}
	if top.leadsToJudge(map[*walk]bool{}) {
		judges = top
	}
	return rules, judges
}

// useful reports whether w leads to a rule and not only to itself.
func (w *walk) useful(seen map[*walk]bool) bool {
	if w == nil || seen[w] {
		return false
	}
	seen[w] = true
	return w.ruled || slices.ContainsFunc(w.branches, func(s branch) bool { return len(s.far) > 0 || s.inner.useful(seen) })
}
