package authz

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
)

// Requirement describes the scopes and roles that a principal must have. Make one with
// Scopes, AnyScope, AllRoles or AnyRole, and combine them with All and Any. New refuses
// a zero Requirement, also as a part of another.
//
// Requirement is a struct and not an interface, so that New can check every part of it
// and can refuse a requirement that an empty list would meet.
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

// ops has the names of the constructors, and the names in their rules.
var ops = [...]struct{ constructor, rule string }{
	opNone:     {"", "none"},
	opScopes:   {"Scopes", "scopes"},
	opAnyScope: {"AnyScope", "any_scope"},
	opAllRoles: {"AllRoles", "all_roles"},
	opAnyRole:  {"AnyRole", "any_role"},
	opAll:      {"All", "all"},
	opAny:      {"Any", "any"},
}

// Scopes requires all of the scopes, like the scope attribute of RFC 6750. Each is one
// scope-token (RFC 6749, section 3.3), compared exactly.
func Scopes(scopes ...string) Requirement { return leaf(opScopes, scopes) }

// AnyScope requires at least one of the scopes.
func AnyScope(scopes ...string) Requirement { return leaf(opAnyScope, scopes) }

// AllRoles requires all of the roles. There is no constructor named Roles: in some
// frameworks a list of roles means all of them, in others any one of them, and a wrong
// guess gives callers rights that they must not have.
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

// names returns the names of o. An unknown op has a name too, for the fault that New
// returns.
func (o op) names() (n struct{ constructor, rule string }) {
	if int(o) < len(ops) {
		return ops[o]
	}
	n.rule = "unknown"
	return n
}

func leaf(o op, names []string) Requirement { return Requirement{op: o, names: slices.Clone(names)} }

// String returns the rule for the record of a request, such as
//
//	all(scopes(notes:read notes:write), any_role(editor admin))
//
// Its order is the order of the arguments of the constructors.
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
		// A role may be any printable text, but it must not look like another rule.
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

// verdict is the result of evaluating a requirement for a principal. The order of the
// values matters: the verdict of All is the least verdict of its parts, the verdict of
// Any is the greatest, and the response tells the caller that verdict.
//
// A new verdict for a refusal that the caller can remedy belongs between denied and
// needsScopes. It is greater than denied, so that All returns denied if another part
// has no remedy. It is less than needsScopes, which says that more scopes alone would
// suffice: All must not return it while something else is missing.
type verdict uint8

const (
	denied      verdict = iota // refused, with any scopes
	needsScopes                // refused, but granted with more scopes
	granted                    // the requirement is met
)

// evaluate runs for every request and must not allocate. An All or Any without parts
// is denied.
func (q *Requirement) evaluate(p *authn.Principal) verdict {
	switch q.op {
	case opScopes:
		met := len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasScope(s) })
		return grantIf(met, needsScopes)
	case opAnyScope:
		return grantIf(slices.ContainsFunc(q.names, p.HasScope), needsScopes)
	case opAllRoles:
		met := len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasRole(s) })
		return grantIf(met, denied)
	case opAnyRole:
		return grantIf(slices.ContainsFunc(q.names, p.HasRole), denied)
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

// grantIf returns granted if the requirement is met, and otherwise the verdict unmet.
func grantIf(met bool, unmet verdict) verdict {
	if met {
		return granted
	}
	return unmet
}
