package authn

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

const headerChallenge = "Www-Authenticate"

// A judge is an Authenticator with what usually goes with its refusals: a
// stranger who is refused must not cost an allocation for each part of them.
type judge struct {
	Authenticator
	usual [2]http.Header

	// malformed is the last refusal as ErrAmbiguous. Those of an Authenticator
	// are mostly one that it shares, for there is nothing of the request in it.
	malformed atomic.Pointer[challengedRefusal]
}

// A challengedRefusal is of an error that an Authenticator returned.
type challengedRefusal struct{ of, with *httperr.Error }

// judges returns the Authenticators with their usual headers.
func judges(realm string, authenticators []Authenticator) []judge {
	all := make([]judge, len(authenticators))
	for i, a := range authenticators {
		all[i].Authenticator = a
		for k, err := range [...]error{ErrInvalid, ErrExpired} {
			all[i].usual[k] = http.Header{headerChallenge: {a.Challenge(realm, err)}}
		}
	}
	return all
}

// unanimous returns a copy of e with the challenges that go with it, of all
// Authenticators that have one.
func unanimous(e *httperr.Error, realm string, authenticators ...Authenticator) *httperr.Error {
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

// twoKinds returns the refusals of a request with a credential for each of two
// Authenticators, by the places of both, the lower one first.
func twoKinds(realm string, authenticators []Authenticator) [][]*httperr.Error {
	all := make([][]*httperr.Error, len(authenticators))
	for i, a := range authenticators {
		all[i] = make([]*httperr.Error, len(authenticators))
		for k := i + 1; k < len(authenticators); k++ {
			all[i][k] = unanimous(refuseTwo, realm, a, authenticators[k])
		}
	}
	return all
}

// challenged adds the challenge of the authenticator that judged: to a 401,
// which must have one, and to the 400 of a malformed credential, in which there
// is none that gives access either (RFC 6750, sections 3 and 3.1).
func (m *Middleware) challenged(j *judge, err error) error {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return err
	}
	if e == nil {
		return httperr.ErrInternal.With(fmt.Errorf("authn: %T returned a nil *httperr.Error as its error", j.Authenticator))
	}
	malformed := e == ErrAmbiguous || e.Is(ErrAmbiguous)
	if e.Status != http.StatusUnauthorized && !malformed {
		return err
	}
	c := j.Challenge(m.realm, err)
	if c == "" {
		return err
	}
	if malformed && e == err {
		return j.again(e, c)
	}
	cause := e.Cause
	if e != err { // keep what it is wrapped in for the log
		cause = err
	}
	e = e.With(cause)
	for _, h := range j.usual {
		if len(e.Header) == 0 && h[headerChallenge][0] == c {
			e.Header = h
			return e
		}
	}
	return e.WithHeader(headerChallenge, c)
}

// again returns e with the challenge c, and does not make it anew if it did so
// the last time.
func (j *judge) again(e *httperr.Error, c string) *httperr.Error {
	if last := j.malformed.Load(); last != nil && last.of == e && last.with.Header.Get(headerChallenge) == c {
		return last.with
	}
	with := e.WithHeader(headerChallenge, c)
	j.malformed.Store(&challengedRefusal{e, with})
	return with
}
