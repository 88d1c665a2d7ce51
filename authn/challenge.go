package authn

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

const headerChallenge = "Www-Authenticate"

// A candidate is an Authenticator with the headers of its usual refusals. New
// builds them once, so that refusing an unknown client does not allocate them.
type candidate struct {
	Authenticator
	bearer bearerUse
	usual  [2]usualChallenge

	// without is the method WithoutCredential of the Authenticator. It may be nil.
	without func(*http.Request) *http.Request

	// announce is the method SetResponseHeader of the Authenticator. It may be nil.
	announce func(http.Header, *http.Request, *Principal)

	// lastAmbiguous is the last refusal with ErrAmbiguous. It is worth keeping: an
	// Authenticator mostly returns one shared error, because the error contains
	// nothing of the request.
	lastAmbiguous atomic.Pointer[challengedRefusal]
}

// A usualChallenge is a challenge of an Authenticator, and the header made of it.
type usualChallenge struct {
	challenge string
	header    http.Header
}

// A challengedRefusal is an error of an Authenticator, without and with its
// challenge.
type challengedRefusal struct {
	original, challenged *httperr.Error
	challenge            string // as the Authenticator returned it
}

// A challenger makes the values of WWW-Authenticate.
type challenger struct {
	realm    string
	metadata string // the parameter resource_metadata, or ""
}

func newChallenger(realm, metadataURL string) challenger {
	c := challenger{realm: realm}
	if metadataURL != "" {
		c.metadata = `resource_metadata="` + metadataURL + `"`
	}
	return c
}

// value returns the value of the header for a challenge of an Authenticator. A Bearer
// challenge gets the URL of the metadata (RFC 9728, section 5.1).
func (c challenger) value(challenge string) string {
	scheme, params, _ := strings.Cut(challenge, " ")
	switch {
	case c.metadata == "" || !field.EqualFold(scheme, "Bearer"):
		return challenge
	case params == "":
		return scheme + " " + c.metadata
	}
	return challenge + ", " + c.metadata
}

// newCandidates returns a candidate for each Authenticator.
func (c challenger) newCandidates(authenticators []Authenticator) []candidate {
	all := make([]candidate, len(authenticators))
	for i, a := range authenticators {
		all[i].Authenticator, all[i].bearer = a, bearerUseOf(a)
		if h, ok := a.(interface {
			WithoutCredential(r *http.Request) *http.Request
		}); ok {
			all[i].without = h.WithoutCredential
		}
		if h, ok := a.(interface {
			SetResponseHeader(http.Header, *http.Request, *Principal)
		}); ok {
			all[i].announce = h.SetResponseHeader
		}
		for k, err := range [...]error{ErrInvalid, ErrExpired} {
			challenge := a.Challenge(c.realm, err)
			all[i].usual[k] = usualChallenge{challenge, http.Header{headerChallenge: {c.value(challenge)}}}
		}
	}
	return all
}

// withChallenges returns a copy of e with the challenge of each Authenticator
// that has a challenge for e.
func (c challenger) withChallenges(e *httperr.Error, authenticators ...Authenticator) *httperr.Error {
	var challenges []string
	for _, a := range authenticators {
		challenge := c.value(a.Challenge(c.realm, e))
		// Two Authenticators that share a scheme may have the same challenge.
		if challenge != "" && !slices.Contains(challenges, challenge) {
			challenges = append(challenges, challenge)
		}
	}
	e = e.With(e.Cause)
	if len(challenges) > 0 {
		e.Header = http.Header{headerChallenge: challenges}
	}
	return e
}

// ambiguousPairs returns the refusals of requests that carry credentials for two
// Authenticators: all[i][k], with i < k, is for the Authenticators i and k.
func (c challenger) ambiguousPairs(authenticators []Authenticator) [][]*httperr.Error {
	all := make([][]*httperr.Error, len(authenticators))
	for i, a := range authenticators {
		all[i] = make([]*httperr.Error, len(authenticators))
		for k := i + 1; k < len(authenticators); k++ {
			all[i][k] = c.withChallenges(errTwoCredentials, a, authenticators[k])
		}
	}
	return all
}

// addChallenge returns err with the challenge of the Authenticator that returned
// err. A 401 must have a challenge. The 400 of a malformed credential has one too,
// because the request carries no credential that gives access (RFC 6750, sections
// 3 and 3.1).
func (m *Middleware) addChallenge(from *candidate, err error) error {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return err
	}
	if e == nil {
		return httperr.ErrInternal.With(fmt.Errorf("authn: %T returned a nil *httperr.Error as its error", from.Authenticator))
	}
	ambiguous := e == ErrAmbiguous || e.Is(ErrAmbiguous)
	if e.Status != http.StatusUnauthorized && !ambiguous {
		return err
	}
	challenge := from.Challenge(m.challenger.realm, err)
	if challenge == "" {
		return err
	}
	if ambiguous && e == err {
		return from.addCachedChallenge(e, challenge, m.challenger)
	}
	cause := e.Cause
	if e != err { // keep the wrapping error for the log
		cause = err
	}
	e = e.With(cause)
	for _, h := range from.usual {
		if len(e.Header) == 0 && h.challenge == challenge {
			e.Header = h.header
			return e
		}
	}
	return e.WithHeader(headerChallenge, m.challenger.value(challenge))
}

// addCachedChallenge returns e with the challenge. It returns the result of the
// last call again if e and challenge are the same as in that call.
func (c *candidate) addCachedChallenge(e *httperr.Error, challenge string, by challenger) *httperr.Error {
	if last := c.lastAmbiguous.Load(); last != nil && last.original == e && last.challenge == challenge {
		return last.challenged
	}
	challenged := e.WithHeader(headerChallenge, by.value(challenge))
	c.lastAmbiguous.Store(&challengedRefusal{e, challenged, challenge})
	return challenged
}
