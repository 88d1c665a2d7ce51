package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// times are the NumericDate claims of a token. The cache keeps them with the token, and
// checkTimes checks them each time the token comes.
type times struct {
	exp                time.Time
	iat, nbf, authTime time.Time // zero if absent
}

// readTimes reads the times of a token. A date of zero is absent.
func (ti *trustedIssuer) readTimes(raw *rawClaims, out *reading) {
	for _, c := range [...]struct {
		claim    int
		to       *time.Time
		required bool
	}{
		{claim.Exp, &out.times.exp, true},
		{claim.Iat, &out.times.iat, ti.legacy == nil},
		{claim.Nbf, &out.times.nbf, false},
		{claim.AuthTime, &out.times.authTime, false},
	} {
		value := raw[c.claim]
		if value == "" || value == "null" || !c.required && value == "0" {
			if c.required && out.refuse(ti.refuse.missing[c.claim]) {
				return
			}
			continue
		}
		if date, ok := strictjson.Date(value); ok {
			*c.to = date
			continue
		}
		if c.claim == claim.AuthTime {
			out.unread = append(out.unread, ti.refuse.malformed[c.claim])
		} else if out.refuse(ti.refuse.malformed[c.claim]) {
			return
		}
	}
}

// checkTimes checks the times of a token against now, and returns the refusal or nil.
// Expiry comes last, so that a token is called expired only if its other claims are right.
func (ti *trustedIssuer) checkTimes(ts *times, now time.Time) *refusal {
	latest := now.Add(ti.leeway)
	switch {
	case ts.iat.After(latest):
		return ti.refuse.issuedAt
	case ts.nbf.After(latest):
		return ti.refuse.notBefore
	case ts.authTime.After(latest):
		// A login in the future would count as recent until that time.
		return ti.refuse.authTime
	case !ts.exp.After(ts.iat):
		return ti.refuse.expBeforeIat
	case ti.legacy == nil && ts.exp.Sub(ts.iat)-ti.leeway > ti.maxLifetime: // the sum could overflow
		return ti.refuse.lifetime
	case ti.legacy != nil && ts.exp.Sub(now)-ti.leeway > ti.maxLifetime:
		return ti.refuse.lifetime
	case ti.legacy != nil && !now.Before(ti.legacy.Until):
		return ti.refuse.ended
	case !now.Before(ts.exp.Add(ti.leeway)):
		return expired
	}
	return nil
}
