package authz

import (
	"fmt"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// check adds the faults of q, with path as its field. An op without a case is a fault,
// so that a new kind of requirement cannot go unchecked.
func (q Requirement) check(f *httperr.ConfigFaults, path string) {
	at := path + "." + q.op.names().constructor
	switch q.op {
	case opNone:
		f.Add(path, nil, "is missing, and what asks for nothing admits everybody",
			`write what the route needs, such as authz.Scopes("notes:write")`)
	case opAll, opAny:
		q.checkParts(f, at)
	case opScopes, opAnyScope:
		q.checkNames(f, at, field.Scope, "is not one scope of RFC 6749, section 3.3", `write each scope on its own, such as "notes:read"`)
	case opAllRoles, opAnyRole:
		q.checkNames(f, at, field.Name, "is empty, or not printable", `write the name of a role, such as "admin"`)
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
		if part.op != opNone && slices.Contains(rules[:i], rules[i]) {
			f.Add(at, rules[i], "is there twice", "remove one, or write the one that was meant")
		}
	}
}

func (q Requirement) checkNames(f *httperr.ConfigFaults, path string, valid func(string) bool, reason, fix string) {
	if len(q.names) == 0 {
		f.Add(path, nil, "names none", "write at least one")
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
