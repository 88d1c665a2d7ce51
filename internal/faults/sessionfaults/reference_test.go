package sessionfaults

import "time"

// A reference is the rule of rotation, as slow and as plain as the documentation of package
// session states it. It knows the tokens by their text.
type reference struct {
	current, previous, replaced string
	rotated                     time.Time // the last rotation
	since                       time.Time // when previous stopped to be the current token
	confirmed                   bool      // the current token was presented
	ended                       bool
}

// present is a use of a token at now, and next is the token of the answer. fits is false if
// the rule gives another answer.
func (r *reference) present(p policy, token string, now time.Time, next string) (fits bool) {
	switch r.rule(p, token, now) {
	case ends:
		r.ended = true
		return next == ""
	case refuses:
		return next == ""
	case gives:
		r.confirmed = r.confirmed || token == r.current
		return next == r.current
	case rotates:
		r.previous, r.replaced, r.since = r.current, "", now
	case replaces:
		r.replaced = r.current
	}
	fits = next != "" && next != r.current && next != r.previous && next != r.replaced
	r.current, r.rotated, r.confirmed = next, now, false
	return fits
}

// A verdict is what a rule does with a token.
type verdict uint8

const (
	refuses  verdict = iota // the session has ended
	ends                    // a spent token: the session ends
	gives                   // the current token, and no rotation
	rotates                 // a new token for the current one
	replaces                // a new token in place of the current one, which was never presented
)

func (r *reference) rule(p policy, token string, now time.Time) verdict {
	inGrace := !r.rotated.IsZero() && now.Sub(r.rotated) < p.grace
	switch {
	case r.ended:
		return refuses
	case token == r.current && !inGrace:
		return rotates
	case token == r.current, inGrace && (token == r.previous || token == r.replaced):
		return gives
	case token == r.previous && !r.confirmed && now.Sub(r.since) < p.lostReply:
		return replaces
	}
	return ends
}
