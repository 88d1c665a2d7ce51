package authz

import (
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// challenge returns a copy of e with the challenge of RFC 6750, section 3.
func challenge(e *httperr.Error, params ...string) *httperr.Error {
	value := "Bearer"
	for _, p := range params {
		switch {
		case p == "":
		case value == "Bearer":
			value += " " + p
		default:
			value += ", " + p
		}
	}
	return e.WithHeader("WWW-Authenticate", value)
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
