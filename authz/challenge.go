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

// scopesToRequest returns the scopes of q, each once, in the order of the requirement.
// A client should request them unless choice is true, which means that q has
// alternatives: a list of scopes means all of them (RFC 6749, section 3.3), so the list
// cannot express "or", and a client that requests all alternatives gets more rights
// than it needs.
func (q Requirement) scopesToRequest() (list []string, choice bool) {
	switch q.op {
	case opScopes, opAnyScope:
		return q.names, q.op == opAnyScope && len(q.names) > 1
	case opAll, opAny:
		branches := 0
		for _, part := range q.parts {
			scopes, c := part.scopesToRequest()
			choice = choice || c
			if len(scopes) > 0 {
				branches++
			}
			for _, s := range scopes {
				if !slices.Contains(list, s) {
					list = append(list, s)
				}
			}
		}
		choice = choice || q.op == opAny && branches > 1
	}
	return list, choice
}
