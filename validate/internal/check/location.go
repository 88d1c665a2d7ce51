package check

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A location is where a path of Go names leads.
type location struct {
	pointer string
	inside  string           // of the pointer, if that ends before the path
	param   *plan.Parameter  // that it leads to; nil: it leads into the body
	scope   plan.StructScope // of the last field in it
	rest    string           // of the path, where no names are known
}

// locateField follows a path such as "Items[3].Qty" to a value of type t. Inside a map
// the path holds names that the client chose, so there the pointer ends. hide
// tells that it has ended before, so that positions are not told either.
func locateField(s plan.StructScope, path string, t reflect.Type, hide bool) location {
	n, fields := s.Node, s.Fields
	to := location{scope: s, rest: path}
	var b strings.Builder
	b.WriteString(s.Pointer)
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
			f, ok := plan.Promoted(fields, path[:end])
			if ok {
				to.scope, to.rest = plan.StructScope{Node: n, Fields: fields, Pointer: b.String()}, path[end:]
			}
			switch {
			case ok && f.Embedded != nil:
				fields = f.Embedded
				continue
			case ok && f.Param != nil:
				to.param, to.rest = f.Param, ""
				continue
			case ok && f.Member >= 0:
				m := &n.Members[f.Member]
				b.WriteString(m.Token)
				n, fields = m.Node, m.Node.Fields
				continue
			}
		case n.Kind == plan.KindList || n.Kind == plan.KindTuple:
			index, after, _ := strings.Cut(path[1:], "]")
			if hide {
				index = plan.Star[1:]
			}
			b.WriteByte('/')
			b.WriteString(index)
			n, to.rest = n.Elem.Node, after
			fields = n.Fields
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
func mapWildcards(n *plan.Node, rest string, t reflect.Type) string {
	if n.Kind != plan.KindMap {
		return plan.Star // what decodes itself, or is free
	}
	depth := 0
	for most := strings.Count(rest, "["); depth < most && n.Elem != nil && (depth == 0 || n.Typ != t); depth++ {
		n = n.Elem.Node
	}
	return strings.Repeat(plan.Star, depth)
}
