package validate

import (
	"reflect"
	"strings"
)

// A scope is a struct, or one that it embeds, in which a path of Go names
// begins.
type scope struct {
	node    *node
	fields  map[string]goField
	pointer string // where it is
}

// A trail is where a path of Go names leads.
type trail struct {
	pointer string
	inside  string     // of the pointer, if that ends before the path
	param   *parameter // that it leads to; nil: it leads into the body
	scope   scope      // of the last field in it
	rest    string     // of the path, where no names are known
}

// trace follows a path such as "Items[3].Qty" to a value of type t. Inside a map
// the path holds names that the client chose, so there the pointer ends. hide
// tells that it has ended before, so that positions are not told either.
func trace(s scope, path string, t reflect.Type, hide bool) trail {
	n, fields := s.node, s.fields
	to := trail{scope: s, rest: path}
	var b strings.Builder
	b.WriteString(s.pointer)
	for to.rest != "" && to.param == nil {
		switch path := to.rest; {
		case path[0] == '.':
			to.rest = path[1:]
			continue
		case path[0] != '[':
			end := len(path)
			if i := strings.IndexAny(path, ".["); i >= 0 {
				end = i
			}
			f, ok := promoted(fields, path[:end])
			if ok {
				to.scope, to.rest = scope{n, fields, b.String()}, path[end:]
			}
			switch {
			case ok && f.embedded != nil:
				fields = f.embedded
				continue
			case ok && f.param != nil:
				to.param, to.rest = f.param, ""
				continue
			case ok && f.member >= 0:
				m := &n.members[f.member]
				b.WriteString(m.token)
				n, fields = m.node, m.node.fields
				continue
			}
		case n.kind == kindList || n.kind == kindTuple:
			index, after, _ := strings.Cut(path[1:], "]")
			if hide {
				index = star[1:]
			}
			b.WriteByte('/')
			b.WriteString(index)
			n, to.rest = n.elem.node, after
			fields = n.fields
			continue
		}
		to.inside = mapWildcards(n, to.rest, t)
		break
	}
	to.pointer = b.String()
	return to
}

// mapWildcards returns the way through maps, and lists in them, to a value of type t.
// The names in rest are the client's and may have brackets in them; that there
// are so many dives at most, and that they end at a t, they cannot change.
func mapWildcards(n *node, rest string, t reflect.Type) string {
	if n.kind != kindMap {
		return star // what decodes itself, or is free
	}
	depth := 0
	for most := strings.Count(rest, "["); depth < most && n.elem != nil && (depth == 0 || n.typ != t); depth++ {
		n = n.elem.node
	}
	return strings.Repeat(star, depth)
}

// promoted returns the field of that name, which may be one of a struct that is
// embedded, as in Go: the one that is embedded least deeply.
func promoted(fields map[string]goField, name string) (goField, bool) {
	for level := []map[string]goField{fields}; len(level) > 0; {
		var next []map[string]goField
		for _, fields := range level {
			if f, ok := fields[name]; ok {
				return f, true
			}
			for _, f := range fields {
				if f.embedded != nil {
					next = append(next, f.embedded)
				}
			}
		}
		level = next
	}
	return goField{}, false
}
