package authz

import (
	"net/netip"
	"reflect"
	"slices"
)

// Implies reports whether each principal that meets q also meets other, as far as their forms
// show it. A true result is certain. A false result is not: two forms of one condition may
// look too different. Two Deciders are one condition only if they are the same value.
func (q Requirement) Implies(other Requirement) bool {
	want, wantsAll := other.split()
	if want != nil && wantsAll {
		return all(want, q.Implies)
	}
	have, hasAll := q.split()
	if have != nil && !hasAll {
		return all(have, func(part Requirement) bool { return part.Implies(other) })
	}
	switch {
	case have != nil && slices.ContainsFunc(have, func(part Requirement) bool { return part.Implies(other) }):
		return true
	case want != nil:
		return slices.ContainsFunc(want, q.Implies)
	case have != nil:
		return false
	default:
		return q.impliesSingle(other)
	}
}

func all(parts []Requirement, holds func(Requirement) bool) bool {
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(part Requirement) bool { return !holds(part) })
}

// split returns the parts of q, and whether a caller must meet all of them or one of them. A
// list of names is split into its names. The parts are nil if q has one condition.
func (q Requirement) split() (parts []Requirement, every bool) {
	each := func(o op) {
		parts = []Requirement{}
		for _, name := range q.names {
			parts = append(parts, Requirement{op: o, names: []string{name}})
		}
	}
	switch q.op {
	case opAll, opAny:
		return append([]Requirement{}, q.parts...), q.op == opAll
	case opScopes, opAllRoles:
		if len(q.names) != 1 {
			each(q.op)
		}
		return parts, true
	case opAnyScope:
		each(opScopes)
	case opAnyRole:
		each(opAllRoles)
	case opTenant, opACR:
		if len(q.names) != 1 {
			each(q.op)
		}
	case opIPAllow:
		if len(q.networks) == 1 {
			return nil, false
		}
		parts = []Requirement{}
		for _, n := range q.networks {
			parts = append(parts, Requirement{op: opIPAllow, networks: []netip.Prefix{n}})
		}
	}
	return parts, false
}

// impliesSingle is Implies for two requirements with one condition each.
func (q Requirement) impliesSingle(other Requirement) bool {
	if q.op != other.op {
		return false
	}
	switch q.op {
	case opScopes, opAllRoles, opTenant, opACR:
		return q.names[0] == other.names[0]
	case opIPAllow:
		return other.networks[0].Bits() <= q.networks[0].Bits() && other.networks[0].Contains(q.networks[0].Addr())
	case opFresh:
		return q.maxAge <= other.maxAge
	case opDecide:
		a, b := reflect.ValueOf(q.decider), reflect.ValueOf(other.decider)
		return a.IsValid() && b.IsValid() && a.Comparable() && b.Comparable() && q.decider == other.decider
	default:
		return false
	}
}
