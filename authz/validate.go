package authz

import (
	"fmt"
	"slices"

	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/field"
)

// faults returns what is wrong with q, which stands at path.
func (q Requirement) faults(path string) (faults []error) {
	fault := func(path, value, reason, fix string) {
		faults = append(faults, &httperr.ConfigError{Package: "authz", Field: path, Value: value, Reason: reason, Fix: fix})
	}
	path += "." + ops[q.op].constructor
	switch q.op {
	case opNone:
		fault(path[:len(path)-1], "", "is missing, and what asks for nothing admits everybody", `write what the route needs, such as authz.Scopes("notes:write")`)
	case opAll, opAny:
		if len(q.parts) == 0 {
			fault(path, "", "has no parts", "write at least one")
		}
		rules := make([]string, len(q.parts))
		for i, part := range q.parts {
			at := fmt.Sprintf("%s[%d]", path, i)
			faults = append(faults, part.faults(at)...)
			rules[i] = part.String()
			if part.op != opNone && slices.Contains(rules[:i], rules[i]) {
				fault(at, fmt.Sprintf("%q", rules[i]), "is there twice", "remove one, or write the one that was meant")
			}
		}
	default:
		if len(q.names) == 0 {
			fault(path, "", "names none", "write at least one")
		}
		valid, reason, fix := field.Scope, "is not one scope of RFC 6749, section 3.3", `write each scope on its own, such as "notes:read"`
		if q.op == opAllRoles || q.op == opAnyRole {
			valid, reason, fix = field.Name, "is empty, or not printable", `write the name of a role, such as "admin"`
		}
		for i, name := range q.names {
			at, value := fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q", name)
			switch {
			case !valid(name):
				fault(at, value, reason, fix)
			case slices.Contains(q.names[:i], name):
				fault(at, value, "is there twice", "remove one, or write the one that was meant")
			}
		}
	}
	return faults
}

// needed returns the scopes that a client should ask for, in the order in which
// they are written. It is nil where there is a choice between scopes: a list
// means all of them (RFC 6749, section 3.3), so it cannot say "or", and a client
// that is told to get all gets more than it needs.
func (q Requirement) needed() []string {
	list, choice := q.collect(nil)
	if choice {
		return nil
	}
	return list
}

func (q Requirement) collect(list []string) (_ []string, choice bool) {
	switch q.op {
	case opScopes, opAnyScope:
		for _, s := range q.names {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
		return list, q.op == opAnyScope && len(q.names) > 1
	case opAll, opAny:
		branches := 0
		for _, part := range q.parts {
			more, c := part.collect(nil)
			if choice = choice || c; len(more) > 0 {
				branches++
			}
			list = slices.Concat(list, slices.DeleteFunc(more, func(s string) bool { return slices.Contains(list, s) }))
		}
		choice = choice || q.op == opAny && branches > 1
	}
	return list, choice
}
