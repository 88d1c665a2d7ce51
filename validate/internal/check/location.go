package check

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A location is the end of a path of Go names.
type location struct {
	pointer string
	inside  string           // the rest of the way, if the pointer ends before the path
	param   *plan.Parameter  // at the end of the path; nil for a path into the body
	scope   plan.StructScope // of the last field in the path
	rest    string           // of the path, behind the last known name
}

// locateField follows a path such as "Items[3].Qty" to a value of type t. The pointer ends
// at a map, because the names in a map are chosen by the client. hide tells that the
// pointer has ended before the path begins, so that positions in lists are hidden too.
func locateField(s plan.StructScope, path string, t reflect.Type, hide bool) location {
	n, fields := s.Node, s.Fields
	to := location{pointer: s.Pointer, scope: s, rest: path}
	for to.rest != "" {
		path := strings.TrimPrefix(to.rest, ".")
		if path[0] == '[' && (n.Kind == plan.KindList || n.Kind == plan.KindTuple) {
			index, after, _ := strings.Cut(path[1:], "]")
			if hide {
				index = plan.Star[1:]
			}
			to.pointer += "/" + index
			to.rest, n = after, n.Elem.Node
			fields = n.Fields
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		f, ok := plan.Promoted(fields, path[:end])
		if ok {
			to.scope, to.rest = plan.StructScope{Node: n, Fields: fields, Pointer: to.pointer}, path[end:]
		}
		switch {
		case ok && f.Embedded != nil:
			fields = f.Embedded
		case ok && f.Param != nil:
			to.param, to.rest = f.Param, ""
		case ok && f.Member >= 0:
			m := &n.Members[f.Member]
			to.pointer += m.Token
			n, fields = m.Node, m.Node.Fields
		default:
			to.inside = mapWildcards(n, to.rest, t)
			return to
		}
	}
	return to
}

// mapWildcards returns the way through maps, and through lists in them, to a value of type
// t. The client chooses the names in rest and may put brackets in them, but it cannot
// change the greatest number of dives, nor the type t at the end.
func mapWildcards(n *plan.Node, rest string, t reflect.Type) string {
	if n.Kind != plan.KindMap {
		return plan.Star // a type that decodes itself, or an interface
	}
	depth := 0
	for most := strings.Count(rest, "["); depth < most && n.Elem != nil && (depth == 0 || n.Typ != t); depth++ {
		n = n.Elem.Node
	}
	return strings.Repeat(plan.Star, depth)
}
