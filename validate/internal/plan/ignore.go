package plan

import (
	"slices"
	"strings"
)

// Ignore has the unknown names in a body that are ignored: members of objects, and fields of
// a form. Nil ignores none.
type Ignore struct {
	All   bool
	Names []string
}

// Member reports whether a member of this name, which n does not have, is ignored. A name that
// differs from one of n only in case is not: encoding/json, and other parsers, take it for that
// one.
func (g *Ignore) Member(n *Node, name []byte) bool {
	if g == nil {
		return false
	}
	text := string(name)
	return g.has(text) && !slices.ContainsFunc(n.Members, func(m Member) bool { return strings.EqualFold(m.Name, text) })
}

// Field is Member for a field of a form with these parameters.
func (g *Ignore) Field(params []*Parameter, name string) bool {
	return g != nil && g.has(name) && !slices.ContainsFunc(params, func(p *Parameter) bool { return strings.EqualFold(p.Name, name) })
}

func (g *Ignore) has(name string) bool { return g.All || slices.Contains(g.Names, name) }
