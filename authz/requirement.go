package authz

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
)

// Requirement is what a principal must have. Make one with Scopes, AnyScope,
// AllRoles or AnyRole, and combine them with All and Any. New refuses a zero
// Requirement, also as a part of another.
//
// It is a type of this package and no interface, so that New sees into every
// part of it, and so that none can be satisfied by something missing.
type Requirement struct {
	op    op
	names []string      // of Scopes, AnyScope, AllRoles and AnyRole
	parts []Requirement // of All and Any
}

type op uint8

const (
	opNone op = iota
	opScopes
	opAnyScope
	opAllRoles
	opAnyRole
	opAll
	opAny
)

// ops are the names of the constructors, and of their rules.
var ops = [...]struct{ constructor, rule string }{
	opNone:     {"", "none"},
	opScopes:   {"Scopes", "scopes"},
	opAnyScope: {"AnyScope", "any_scope"},
	opAllRoles: {"AllRoles", "all_roles"},
	opAnyRole:  {"AnyRole", "any_role"},
	opAll:      {"All", "all"},
	opAny:      {"Any", "any"},
}

// Scopes requires every one of the scopes, as the scope attribute of RFC 6750
// does. Each is one scope-token (RFC 6749, section 3.3), compared exactly.
func Scopes(scopes ...string) Requirement { return leaf(opScopes, scopes) }

// AnyScope requires at least one of the scopes.
func AnyScope(scopes ...string) Requirement { return leaf(opAnyScope, scopes) }

// AllRoles requires every one of the roles. There is no constructor named
// Roles: in some frameworks a list of roles means all of them and in others any
// one, and who guesses wrong opens a door.
func AllRoles(roles ...string) Requirement { return leaf(opAllRoles, roles) }

// AnyRole requires at least one of the roles. Roles are compared exactly.
func AnyRole(roles ...string) Requirement { return leaf(opAnyRole, roles) }

// All requires that every part is met.
func All(parts ...Requirement) Requirement {
	return Requirement{op: opAll, parts: slices.Clone(parts)}
}

// Any requires that at least one part is met.
func Any(parts ...Requirement) Requirement {
	return Requirement{op: opAny, parts: slices.Clone(parts)}
}

// names returns how o is called. What is no op of ours has a name as well, so
// that New can refuse it in words.
func (o op) names() (n struct{ constructor, rule string }) {
	if int(o) < len(ops) {
		return ops[o]
	}
	n.rule = "unknown"
	return n
}

func leaf(o op, names []string) Requirement { return Requirement{op: o, names: slices.Clone(names)} }

// String returns the rule that the record of a request shows, such as
//
//	all(scopes(notes:read notes:write), any_role(editor admin))
//
// in the order in which it was written.
func (q Requirement) String() string {
	var b strings.Builder
	q.write(&b)
	return b.String()
}

func (q Requirement) write(b *strings.Builder) {
	b.WriteString(q.op.names().rule)
	b.WriteByte('(')
	for i, name := range q.names {
		if i > 0 {
			b.WriteByte(' ')
		}
		// A role may be any text, but it must not read like another rule.
		if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`(),"\`, c) }) {
			name = strconv.Quote(name)
		}
		b.WriteString(name)
	}
	for i, part := range q.parts {
		if i > 0 {
			b.WriteString(", ")
		}
		part.write(b)
	}
	b.WriteByte(')')
}

// verdict is how far a principal comes. The order counts: All is the least
// verdict of its parts and Any the greatest, and the caller is told that one. A
// new refusal that he can do something about ranks between denied and
// needsScopes: above denied, for where nothing helps All must not send him off
// to try; below needsScopes, which says that scopes alone would do, as All must
// not say while something else is missing.
type verdict uint8

const (
	denied      verdict = iota // and would be with all scopes there are
	needsScopes                // with all of them it would be granted
	granted                    // lacks nothing
)

// evaluate is run for every request and must not allocate. All is the least of
// its parts and Any the greatest; for neither to be decided by an empty list,
// the zero of each is denied.
func (q *Requirement) evaluate(p *authn.Principal) verdict {
	switch q.op {
	case opScopes:
		return scopes(len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasScope(s) }))
	case opAnyScope:
		return scopes(slices.ContainsFunc(q.names, p.HasScope))
	case opAllRoles:
		return roles(len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasRole(s) }))
	case opAnyRole:
		return roles(slices.ContainsFunc(q.names, p.HasRole))
	case opAll:
		v := granted
		for i := range q.parts {
			v = min(v, q.parts[i].evaluate(p))
		}
		if len(q.parts) > 0 {
			return v
		}
	case opAny:
		v := denied
		for i := range q.parts {
			v = max(v, q.parts[i].evaluate(p))
		}
		return v
	}
	return denied
}

func scopes(met bool) verdict {
	if met {
		return granted
	}
	return needsScopes
}

func roles(met bool) verdict {
	if met {
		return granted
	}
	return denied
}
