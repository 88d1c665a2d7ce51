package authz

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Requirement describes the conditions under which a principal may pass. Make one with
// Scopes, AnyScope, AllRoles, AnyRole, Tenant, IPAllow, Fresh, ACR or Decide, and combine
// them with All and Any. New refuses a zero Requirement, also as a part of another.
//
// Requirement is a struct and not an interface, so that New can check every part of it
// and can refuse a requirement that an empty list would meet.
type Requirement struct {
	op       op
	names    []string       // of Scopes, AnyScope, AllRoles, AnyRole, Tenant and ACR
	parts    []Requirement  // of All and Any
	networks []netip.Prefix // of IPAllow
	maxAge   time.Duration  // of Fresh
	decider  Decider        // of Decide
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
	opTenant
	opIPAllow
	opFresh
	opACR
	opDecide
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
	opTenant:   {"Tenant", "tenant"},
	opIPAllow:  {"IPAllow", "ip_allow"},
	opFresh:    {"Fresh", "fresh"},
	opACR:      {"ACR", "acr"},
	opDecide:   {"Decide", "decide"},
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

// Tenant requires that the principal belongs to one of the tenants, compared exactly. A
// principal without a tenant belongs to none. Whether an object belongs to the tenant of
// the caller is a question for package object.
func Tenant(tenants ...string) Requirement { return leaf(opTenant, tenants) }

// All requires that every part is met. It judges the parts in their order, and asks a
// Decider only if no part before it refuses the caller.
func All(parts ...Requirement) Requirement {
	return Requirement{op: opAll, parts: slices.Clone(parts)}
}

// Any requires that at least one part is met. It judges the parts in their order, up to
// the first that is met, so write a Decider last.
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
	q.writeDetail(b)
	for i, part := range q.parts {
		if i > 0 {
			b.WriteString(", ")
		}
		part.write(b)
	}
	b.WriteByte(')')
}

// writeDetail writes the argument of a requirement that has neither names nor parts.
func (q Requirement) writeDetail(b *strings.Builder) {
	switch q.op {
	case opIPAllow:
		for i, network := range q.networks {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(network.String())
		}
	case opFresh:
		b.WriteString(q.maxAge.String())
	case opDecide:
		b.WriteString(deciderName(q.decider))
	}
}
