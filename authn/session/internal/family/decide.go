package family

import (
	"crypto/subtle"
	"time"
)

// A Policy is the part of a configuration that decides.
type Policy struct {
	Grace     time.Duration // how long after a rotation the predecessor is good, and nothing rotates
	LostReply time.Duration // how long the predecessor of a token that was never presented is good; 0: off
}

// A Family is a family as the store has it.
type Family struct {
	Key     []byte // of the tags
	State   State
	Sealed  []byte    // the current secret, sealed for its predecessors; empty after the grace
	Rotated time.Time // the last rotation, by the clock of the store; zero before the first
}

// An Outcome is the decision about a token.
type Outcome uint8

// The outcomes.
const (
	Unknown  Outcome = iota // the service did not make the token: refuse it, and change nothing
	Reused                  // a spent token: end the session
	Lost                    // an admissible predecessor, but its successor is not in the store: refuse it with 503
	Same                    // the current token, soon after a rotation: give it again
	Replayed                // a predecessor within the grace: give the current token
	Rotated                 // the current token: give its successor
	Replaced                // a predecessor, and its successor never came: give a new successor
)

// Gives reports whether the client gets a token.
func (o Outcome) Gives() bool { return o >= Same }

// A Decision is the outcome, and the change that must be stored before the client may get
// the token.
type Decision struct {
	Outcome Outcome
	Secret  string // of the token for the client; empty for a refusal

	Changed bool   // Next must be stored
	Next    State  // the state after the request
	Sealed  []byte // for a rotation, to be kept for Policy.Grace
}

// Rotates reports whether the change is a rotation: the store then stamps it.
func (d *Decision) Rotates() bool { return d.Outcome >= Rotated }

// Decide decides about t at now, by the clock of the store. newSecret is the secret of the
// successor, if the family rotates.
//
// now may be earlier than f.Rotated: a request that was read before a rotation of another
// one may be decided again with the state after it. It is then within the grace.
func (p Policy) Decide(f Family, t Token, now time.Time, newSecret string) Decision {
	if !t.Genuine(f.Key) {
		return Decision{Outcome: Unknown}
	}
	s, h := f.State, t.Hash()
	inGrace := !f.Rotated.IsZero() && now.Sub(f.Rotated) < p.Grace
	switch {
	case equal(h, s.Current) && inGrace:
		d := Decision{Outcome: Same, Secret: t.secret, Next: s, Changed: !s.Confirmed}
		d.Next.Confirmed, d.Next.Wrapped = true, [wrappedLen]byte{}
		return d
	case equal(h, s.Current):
		return p.rotate(t, newSecret)
	case equal(h, s.Previous) && inGrace:
		return give(f.Sealed, 0, []byte(t.secret), s.Current)
	case equal(h, s.Replaced) && inGrace:
		return give(f.Sealed, 1, replacementKey(t.secret), s.Current)
	case equal(h, s.Previous) && p.successorLost(f, now):
		return p.replace(f, t, newSecret)
	}
	return Decision{Outcome: Reused}
}

// rotate makes newSecret the current secret and t the predecessor.
func (p Policy) rotate(t Token, newSecret string) Decision {
	next := State{Current: HashOf(newSecret), Previous: t.Hash()}
	p.prepareReplacement(&next, t, newSecret)
	return Decision{Outcome: Rotated, Secret: newSecret, Changed: true, Next: next, Sealed: seal(newSecret, []byte(t.secret))}
}

// successorLost reports whether the predecessor is still good, because its successor was
// never presented.
func (p Policy) successorLost(f Family, now time.Time) bool {
	since := f.State.PreviousSince
	if since.IsZero() {
		since = f.Rotated
	}
	return !f.State.Confirmed && !f.Rotated.IsZero() && now.Sub(since) < p.LostReply
}

// replace makes newSecret the current secret in place of one that was never presented.
func (p Policy) replace(f Family, t Token, newSecret string) Decision {
	s := f.State
	next := State{Current: HashOf(newSecret), Previous: s.Previous, Replaced: s.Current, PreviousSince: s.PreviousSince}
	if next.PreviousSince.IsZero() {
		next.PreviousSince = f.Rotated
	}
	sealed := seal(newSecret, []byte(t.secret))
	if s.Wrapped != [wrappedLen]byte{} {
		w := wrap(s.Wrapped[:], t.secret, s.Current)
		sealed = append(sealed, seal(newSecret, w[:])...)
	}
	p.prepareReplacement(&next, t, newSecret)
	return Decision{Outcome: Replaced, Secret: newSecret, Changed: true, Next: next, Sealed: sealed}
}

// prepareReplacement keeps the replacement key of the new current token for t.
func (p Policy) prepareReplacement(next *State, t Token, newSecret string) {
	if p.LostReply > 0 {
		next.Wrapped = wrap(replacementKey(newSecret), t.secret, next.Current)
	}
}

// give opens the current secret for the holder of key. part is the index of the text for this
// holder in sealed.
func give(sealed []byte, part int, key []byte, current Hash) Decision {
	if len(sealed) < (part+1)*sealedLen {
		return Decision{Outcome: Lost}
	}
	secret, ok := open(sealed[part*sealedLen:(part+1)*sealedLen], key, current)
	if !ok {
		return Decision{Outcome: Lost}
	}
	return Decision{Outcome: Replayed, Secret: secret}
}

// equal reports whether h is the stored hash. No secret has a hash of zeros, which stands
// for no token.
func equal(h, stored Hash) bool {
	return stored != Hash{} && subtle.ConstantTimeCompare(h[:], stored[:]) == 1
}
