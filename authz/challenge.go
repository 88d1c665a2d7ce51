package authz

import (
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// withBearerChallenge returns a copy of e with the challenge of RFC 6750, section 3.
// It leaves empty params out.
func withBearerChallenge(e *httperr.Error, params ...string) *httperr.Error {
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

// scopesToRequest returns the scopes that a client should request, in the order of the
// requirement. It returns nil if the requirement has alternatives: a list of scopes
// means all of them (RFC 6749, section 3.3), so the list cannot express "or", and a
// client that requests all alternatives gets more rights than it needs.
func (q Requirement) scopesToRequest() []string {
	list, choice := q.collectScopes(nil)
	if choice {
		return nil
	}
	return list
}

// collectScopes appends the scopes of q to list, each once. choice reports whether q
// has alternatives.
func (q Requirement) collectScopes(list []string) (_ []string, choice bool) {
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
			more, c := part.collectScopes(nil)
			if choice = choice || c; len(more) > 0 {
				branches++
			}
			list = slices.Concat(list, slices.DeleteFunc(more, func(s string) bool { return slices.Contains(list, s) }))
		}
		choice = choice || q.op == opAny && branches > 1
	}
	return list, choice
}
