package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// dates are those of a token. They are kept with a token that is remembered, and
// judged again each time it comes.
type dates struct {
	exp, iat      time.Time
	nbf, authTime time.Time // zero if absent
}

// datesOf reads the dates of a token.
func (v *verifier) datesOf(raw *[claimCount]string) (d dates, err error) {
	for _, c := range [...]struct {
		claim    int
		to       *time.Time
		required bool
	}{
		{claimExp, &d.exp, true},
		{claimIat, &d.iat, true},
		{claimNbf, &d.nbf, false},
		{claimAuthTime, &d.authTime, false},
	} {
		if raw[c.claim] == "" && !c.required {
			continue
		}
		var ok bool
		if *c.to, ok = strictjson.Date(raw[c.claim]); !ok {
			return d, v.refuse.claims[c.claim]
		}
	}
	return d, nil
}

// timely judges the dates of a token. Expiry comes last, so that only a token
// whose claims are right otherwise is ever called expired.
func (v *verifier) timely(d *dates, now time.Time) error {
	latest := now.Add(v.leeway)
	switch {
	case d.iat.After(latest):
		return v.refuse.issuedAt
	case d.nbf.After(latest):
		return v.refuse.notBefore
	case d.authTime.After(latest):
		// A login in the future would count as recent for as long as it is.
		return v.refuse.authTime
	case !d.exp.After(d.iat):
		return refuseOrder
	case d.exp.Sub(d.iat) > v.maxLifetime:
		return v.refuse.lifetime
	case !now.Before(d.exp.Add(v.leeway)):
		return refuseExpired
	}
	return nil
}
