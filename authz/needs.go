package authz

import (
	"slices"
	"time"
)

// Needs lists the conditions that no caller can avoid, for an inventory of routes. A
// condition that one of several alternatives asks for is not among them.
type Needs struct {
	Scopes []string // the scopes that each caller needs, in the order of the requirement
	Roles  []string // the roles that each caller needs, in the order of the requirement

	Scope   bool          // no caller passes without a scope
	Role    bool          // no caller passes without a role
	Tenant  bool          // no caller passes without a tenant
	Address bool          // no caller passes from an unknown address
	ACR     bool          // no caller passes without an ACR
	MaxAge  time.Duration // no caller passes with an older login; 0: the age is free
	Decider bool          // no caller passes without the consent of a Decider
}

// IsZero reports whether q asks for nothing. New refuses such a requirement.
func (q Requirement) IsZero() bool { return q.op == opNone }

// Needs returns the conditions that each caller must meet.
func (q Requirement) Needs() Needs {
	switch q.op {
	case opScopes, opAnyScope:
		return Needs{Scope: true, Scopes: q.unavoidable()}
	case opAllRoles, opAnyRole:
		return Needs{Role: true, Roles: q.unavoidable()}
	case opTenant:
		return Needs{Tenant: true}
	case opIPAllow:
		return Needs{Address: true}
	case opACR:
		return Needs{ACR: true}
	case opFresh:
		return Needs{MaxAge: q.maxAge}
	case opDecide:
		return Needs{Decider: true}
	case opAll, opAny:
		var n Needs
		for i, part := range q.parts {
			switch other := part.Needs(); {
			case i == 0:
				n = other
			case q.op == opAll:
				n = n.and(other)
			default:
				n = n.or(other)
			}
		}
		return n
	default:
		return Needs{}
	}
}

// unavoidable returns the names of a leaf that each caller needs.
func (q Requirement) unavoidable() []string {
	if (q.op == opAnyScope || q.op == opAnyRole) && len(q.names) != 1 {
		return nil
	}
	return slices.Clone(q.names)
}

// and returns the needs of a caller that must meet both.
func (n Needs) and(other Needs) Needs {
	for _, s := range other.Scopes {
		if !slices.Contains(n.Scopes, s) {
			n.Scopes = append(n.Scopes, s)
		}
	}
	for _, s := range other.Roles {
		if !slices.Contains(n.Roles, s) {
			n.Roles = append(n.Roles, s)
		}
	}
	n.Scope = n.Scope || other.Scope
	n.Role = n.Role || other.Role
	n.Tenant = n.Tenant || other.Tenant
	n.Address = n.Address || other.Address
	n.ACR = n.ACR || other.ACR
	n.Decider = n.Decider || other.Decider
	if n.MaxAge == 0 || other.MaxAge > 0 && other.MaxAge < n.MaxAge {
		n.MaxAge = other.MaxAge
	}
	return n
}

// or returns the needs of a caller that can choose one of the two.
func (n Needs) or(other Needs) Needs {
	n.Scopes = slices.DeleteFunc(n.Scopes, func(s string) bool { return !slices.Contains(other.Scopes, s) })
	n.Roles = slices.DeleteFunc(n.Roles, func(s string) bool { return !slices.Contains(other.Roles, s) })
	n.Scope = n.Scope && other.Scope
	n.Role = n.Role && other.Role
	n.Tenant = n.Tenant && other.Tenant
	n.Address = n.Address && other.Address
	n.ACR = n.ACR && other.ACR
	n.Decider = n.Decider && other.Decider
	if n.MaxAge == 0 || other.MaxAge == 0 {
		n.MaxAge = 0
	} else {
		n.MaxAge = max(n.MaxAge, other.MaxAge)
	}
	return n
}
