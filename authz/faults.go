package authz

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/network"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// check adds the faults of q, with path as its field. An op without a case is a fault,
// so that a new kind of requirement cannot go unchecked.
func (q Requirement) check(f *httperr.ConfigFaults, path string) {
	at := path + "." + q.op.names().constructor
	switch q.op {
	case opNone:
		f.Add(path, nil, "is missing, and a route without a requirement would admit every caller",
			`write what the route needs, such as authz.Scopes("notes:write")`)
	case opAll, opAny:
		q.checkParts(f, at)
		q.checkLogins(f, at)
	case opScopes, opAnyScope:
		q.checkNames(f, at, field.Scope, "is not one scope of RFC 6749, section 3.3", `write each scope on its own, such as "notes:read"`)
	case opAllRoles, opAnyRole:
		q.checkNames(f, at, field.Name, "is empty, or not printable", `write the name of a role, such as "admin"`)
	case opTenant:
		q.checkNames(f, at, field.Name, "is empty, or not printable", `write the name of a tenant, such as "acme"`)
	case opACR:
		q.checkNames(f, at, field.Scope, "is not one value of acr_values", `write each value on its own, such as "urn:example:mfa"`)
	case opIPAllow:
		q.checkNetworks(f, at)
	case opFresh:
		if q.maxAge < time.Second || q.maxAge%time.Second != 0 {
			f.Add(at, q.maxAge, "is not a whole number of seconds, at least one", "write how old a login may be, such as 5*time.Minute")
		}
	case opDecide:
		if nilcheck.Nil(q.decider) {
			f.Add(at, nil, "has no Decider", "write a value that implements authz.Decider")
		}
	default:
		f.Add(path, nil, "is an unknown requirement", "make it with a constructor of this package")
	}
}

func (q Requirement) checkParts(f *httperr.ConfigFaults, path string) {
	if len(q.parts) == 0 {
		f.Add(path, nil, "has no parts", "write at least one")
	}
	rules := make([]string, len(q.parts))
	for i, part := range q.parts {
		at := fmt.Sprintf("%s[%d]", path, i)
		part.check(f, at)
		rules[i] = part.String()
		// Two Deciders may have one name, and each asks another question.
		if part.op != opNone && !part.asks() && slices.Contains(rules[:i], rules[i]) {
			f.Add(at, rules[i], "is there twice", "remove one, or write the one that was meant")
		}
	}
}

// checkLogins adds a fault if the parts of an All demand logins that exclude each other.
func (q Requirement) checkLogins(f *httperr.ConfigFaults, path string) {
	impossible := func(part Requirement) bool {
		l, choice := part.loginToRequest()
		return !choice && l.acr != nil && len(l.acr) == 0
	}
	if q.op == opAll && impossible(q) && !slices.ContainsFunc(q.parts, impossible) {
		f.Add(path, nil, "no login meets two lists of ACR that have no value in common",
			"write the values that suffice for the route into one ACR")
	}
}

func (q Requirement) checkNetworks(f *httperr.ConfigFaults, path string) {
	if len(q.networks) == 0 {
		f.Add(path, nil, "is empty", "write at least one")
	}
	for i, n := range q.networks {
		at := fmt.Sprintf("%s[%d]", path, i)
		if reason, fix := network.Fault(n); reason != "" {
			f.Add(at, n, reason, fix)
		} else if network.Wide(n) {
			f.Add(at, n, "is wider than the network of any organisation", "write the networks that may call, or leave IPAllow out")
		} else if slices.Contains(q.networks[:i], n) {
			f.Add(at, n, "is there twice", "remove one, or write the one that was meant")
		}
	}
}

func (q Requirement) checkNames(f *httperr.ConfigFaults, path string, valid func(string) bool, reason, fix string) {
	if len(q.names) == 0 {
		f.Add(path, nil, "is empty", "write at least one")
	}
	for i, name := range q.names {
		switch at := fmt.Sprintf("%s[%d]", path, i); {
		case !valid(name):
			f.Add(at, name, reason, fix)
		case slices.Contains(q.names[:i], name):
			f.Add(at, name, "is there twice", "remove one, or write the one that was meant")
		}
	}
}
