package authz

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A challengedRefusal is a refusal whose challenge depends on the authn around it. The
// challenges of an authn never change, so the last refusal hardly ever changes either.
type challengedRefusal struct {
	refusal      *httperr.Error
	params       []string
	plain        error // with a Bearer challenge
	withMetadata atomic.Pointer[refusalBehind]
	withSchemes  atomic.Pointer[refusalBehind]
}

// A refusalBehind is the refusal behind one authn.
type refusalBehind struct {
	challenges *carrier.Challenges
	err        error
}

func (c *challengedRefusal) init(refusal *httperr.Error, params ...string) {
	c.refusal, c.params, c.plain = refusal, params, withBearerChallenge(refusal, params...)
}

// bearer returns the refusal of a bearer token, with the URL of the metadata of the
// service (RFC 9728, section 5.1).
func (c *challengedRefusal) bearer(around *carrier.Challenges) error {
	if around == nil || around.ResourceMetadata == "" {
		return c.plain
	}
	last := c.withMetadata.Load()
	if last == nil || last.challenges != around {
		params := append(slices.Clone(c.params), `resource_metadata="`+around.ResourceMetadata+`"`)
		last = &refusalBehind{around, withBearerChallenge(c.refusal, params...)}
		c.withMetadata.Store(last)
	}
	return last.err
}

// anyScheme returns the refusal of another credential, with a challenge for each scheme of
// the authn around it. A response with status 401 must have a challenge (RFC 9110, section
// 15.5.2), so it is Bearer if the schemes are unknown.
func (c *challengedRefusal) anyScheme(around *carrier.Challenges) error {
	if around == nil || len(around.NoCredentials) == 0 {
		return c.plain
	}
	last := c.withSchemes.Load()
	if last == nil || last.challenges != around {
		params := strings.Join(slices.DeleteFunc(slices.Clone(c.params), func(p string) bool { return p == "" }), ", ")
		var values []string
		for _, challenge := range around.NoCredentials {
			separator := " "
			if strings.Contains(challenge, " ") {
				separator = ", "
			}
			values = append(values, challenge+separator+params)
		}
		e := c.refusal.With(nil)
		e.Header = http.Header{"Www-Authenticate": values}
		last = &refusalBehind{around, e}
		c.withSchemes.Store(last)
	}
	return last.err
}

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
