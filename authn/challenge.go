package authn

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

const headerChallenge = "Www-Authenticate"

// A candidate is an Authenticator with the headers of its usual refusals. New
// builds them once, so that refusing an unknown client does not allocate them.
type candidate struct {
	Authenticator
	bearer bearerUse
	usual  [2]http.Header

	// lastAmbiguous is the last refusal with ErrAmbiguous. It is worth keeping: an
	// Authenticator mostly returns one shared error, because the error contains
	// nothing of the request.
	lastAmbiguous atomic.Pointer[challengedRefusal]
}

// A challengedRefusal is an error of an Authenticator, without and with its
// challenge.
type challengedRefusal struct{ original, challenged *httperr.Error }

// newCandidates returns a candidate for each Authenticator.
func newCandidates(realm string, authenticators []Authenticator) []candidate {
	all := make([]candidate, len(authenticators))
	for i, a := range authenticators {
		all[i].Authenticator, all[i].bearer = a, bearerUseOf(a)
		for k, err := range [...]error{ErrInvalid, ErrExpired} {
			all[i].usual[k] = http.Header{headerChallenge: {a.Challenge(realm, err)}}
		}
	}
	return all
}

// withChallenges returns a copy of e with the challenge of each Authenticator
// that has a challenge for e.
func withChallenges(e *httperr.Error, realm string, authenticators ...Authenticator) *httperr.Error {
	var challenges []string
	for _, a := range authenticators {
		// Two Authenticators that share a scheme may have the same challenge.
		if c := a.Challenge(realm, e); c != "" && !slices.Contains(challenges, c) {
			challenges = append(challenges, c)
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
func ambiguousPairs(realm string, authenticators []Authenticator) [][]*httperr.Error {
	all := make([][]*httperr.Error, len(authenticators))
	for i, a := range authenticators {
		all[i] = make([]*httperr.Error, len(authenticators))
		for k := i + 1; k < len(authenticators); k++ {
			all[i][k] = withChallenges(errTwoCredentials, realm, a, authenticators[k])
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
	challenge := from.Challenge(m.realm, err)
	if challenge == "" {
		return err
	}
	if ambiguous && e == err {
		return from.addCachedChallenge(e, challenge)
	}
	cause := e.Cause
	if e != err { // keep the wrapping error for the log
		cause = err
	}
	e = e.With(cause)
	for _, h := range from.usual {
		if len(e.Header) == 0 && h[headerChallenge][0] == challenge {
			e.Header = h
			return e
		}
	}
	return e.WithHeader(headerChallenge, challenge)
}

// addCachedChallenge returns e with the challenge. It returns the result of the
// last call again if e and challenge are the same as in that call.
func (c *candidate) addCachedChallenge(e *httperr.Error, challenge string) *httperr.Error {
	if last := c.lastAmbiguous.Load(); last != nil && last.original == e && last.challenged.Header.Get(headerChallenge) == challenge {
		return last.challenged
	}
	challenged := e.WithHeader(headerChallenge, challenge)
	c.lastAmbiguous.Store(&challengedRefusal{e, challenged})
	return challenged
}
