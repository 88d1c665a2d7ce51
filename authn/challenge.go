package authn

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

const headerChallenge = "Www-Authenticate"

// A candidate is an Authenticator with the headers that usually go with its
// refusals: a stranger who is refused must not cost an allocation for each of
// them.
type candidate struct {
	Authenticator
	usual [2]http.Header

	// malformed is the last refusal as ErrAmbiguous. Those of an Authenticator
	// are mostly one that it shares, for there is nothing of the request in it.
	malformed atomic.Pointer[challengedRefusal]
}

// A challengedRefusal is of an error that an Authenticator returned.
type challengedRefusal struct{ of, with *httperr.Error }

// candidates returns the Authenticators with their usual headers.
func candidates(realm string, authenticators []Authenticator) []candidate {
	all := make([]candidate, len(authenticators))
	for i, a := range authenticators {
		all[i].Authenticator = a
		for k, err := range [...]error{ErrInvalid, ErrExpired} {
			all[i].usual[k] = http.Header{headerChallenge: {a.Challenge(realm, err)}}
		}
	}
	return all
}

// withChallenges returns a copy of e with the challenges of all Authenticators
// that have one for it.
func withChallenges(e *httperr.Error, realm string, authenticators ...Authenticator) *httperr.Error {
	var challenges []string
	for _, a := range authenticators {
		if c := a.Challenge(realm, e); c != "" {
			challenges = append(challenges, c)
		}
	}
	e = e.With(e.Cause)
	if len(challenges) > 0 {
		e.Header = http.Header{headerChallenge: challenges}
	}
	return e
}

// ambiguousPairs returns the refusals of a request with credentials for two
// Authenticators: all[i][k], with i < k, is for the Authenticators i and k.
func ambiguousPairs(realm string, authenticators []Authenticator) [][]*httperr.Error {
	all := make([][]*httperr.Error, len(authenticators))
	for i, a := range authenticators {
		all[i] = make([]*httperr.Error, len(authenticators))
		for k := i + 1; k < len(authenticators); k++ {
			all[i][k] = withChallenges(refuseTwo, realm, a, authenticators[k])
		}
	}
	return all
}

// challenged adds the challenge of the Authenticator that refused: to a 401,
// which must have one, and to the 400 of a malformed credential, in which there
// is none that gives access either (RFC 6750, sections 3 and 3.1).
func (m *Middleware) challenged(by *candidate, err error) error {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return err
	}
	if e == nil {
		return httperr.ErrInternal.With(fmt.Errorf("authn: %T returned a nil *httperr.Error as its error", by.Authenticator))
	}
	malformed := e == ErrAmbiguous || e.Is(ErrAmbiguous)
	if e.Status != http.StatusUnauthorized && !malformed {
		return err
	}
	c := by.Challenge(m.realm, err)
	if c == "" {
		return err
	}
	if malformed && e == err {
		return by.again(e, c)
	}
	cause := e.Cause
	if e != err { // keep what it is wrapped in for the log
		cause = err
	}
	e = e.With(cause)
	for _, h := range by.usual {
		if len(e.Header) == 0 && h[headerChallenge][0] == c {
			e.Header = h
			return e
		}
	}
	return e.WithHeader(headerChallenge, c)
}

// again returns e with the challenge c, and does not make it anew if it did so
// the last time.
func (by *candidate) again(e *httperr.Error, c string) *httperr.Error {
	if last := by.malformed.Load(); last != nil && last.of == e && last.with.Header.Get(headerChallenge) == c {
		return last.with
	}
	with := e.WithHeader(headerChallenge, c)
	by.malformed.Store(&challengedRefusal{e, with})
	return with
}
