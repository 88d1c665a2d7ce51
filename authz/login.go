package authz

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAhead is how far AuthTime may be in the future: the clocks of two machines differ. A
// time further ahead would be fresh for as long as it is ahead.
const maxAhead = time.Minute

// Fresh requires that the user logged in at most maxAge ago ([authn.Principal].AuthTime). A
// caller with an older login is refused with ErrLoginRequired, whose challenge has max_age.
// So is a caller whose AuthTime is unknown or more than one minute ahead: an API key is
// never fresh. maxAge is a whole number of seconds; New refuses any other.
//
// The issuer of the tokens must send auth_time (OpenID Connect Core, section 2; RFC 9068,
// section 2.2.1). A client that gets the challenge asks for it with max_age.
func Fresh(maxAge time.Duration) Requirement { return Requirement{op: opFresh, maxAge: maxAge} }

// ACR requires a login of one of the strengths ([authn.Principal].ACR), compared exactly. Another
// caller is refused with ErrLoginRequired, whose challenge has acr_values, in the order of
// preference. No value includes another: write each one that suffices.
func ACR(values ...string) Requirement { return leaf(opACR, values) }

func isFresh(login time.Time, maxAge time.Duration) bool {
	if login.IsZero() {
		return false
	}
	age := time.Since(login)
	return age <= maxAge && age >= -maxAhead
}

// A login is the login that a client must ask for (RFC 9470, section 3).
type login struct {
	maxAge time.Duration // 0: any
	acr    []string      // any of these; nil: any
}

// loginToRequest returns the login that meets all Fresh and ACR of q. If choice is true,
// q has alternatives that one challenge cannot express.
func (q Requirement) loginToRequest() (l login, choice bool) {
	switch q.op {
	case opFresh:
		l.maxAge = q.maxAge
	case opACR:
		l.acr = q.names
	case opAll, opAny:
		branches := 0
		for _, part := range q.parts {
			other, c := part.loginToRequest()
			choice = choice || c
			if other.maxAge > 0 || other.acr != nil {
				branches++
				l = l.and(other)
			}
		}
		choice = choice || q.op == opAny && branches > 1
	}
	return l, choice
}

// and returns the login that meets both. acr is empty and not nil if no login does.
func (l login) and(other login) login {
	switch {
	case l.maxAge == 0:
		l.maxAge = other.maxAge
	case other.maxAge > 0:
		l.maxAge = min(l.maxAge, other.maxAge)
	}
	switch {
	case l.acr == nil:
		l.acr = other.acr
	case other.acr != nil:
		both := []string{}
		for _, value := range l.acr {
			if slices.Contains(other.acr, value) {
				both = append(both, value)
			}
		}
		l.acr = both
	}
	return l
}

// loginParams returns the parameters of the challenge for q.
func (q Requirement) loginParams() []string {
	params := []string{`error="insufficient_user_authentication"`}
	l, choice := q.loginToRequest()
	if choice {
		return params
	}
	if len(l.acr) > 0 {
		params = append(params, `acr_values="`+strings.Join(l.acr, " ")+`"`)
	}
	if l.maxAge > 0 {
		params = append(params, `max_age="`+strconv.FormatInt(int64(l.maxAge/time.Second), 10)+`"`)
	}
	return params
}
