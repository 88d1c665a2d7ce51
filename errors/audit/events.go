package audit

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Events is a set of things that happened in the course of a request.
type Events uint16

// The vocabulary. The text of an event, which is what a log holds, is stable.
const (
	AuthFailed       = Events(carrier.AuthFailed)       // auth.failed
	AuthSucceeded    = Events(carrier.AuthSucceeded)    // auth.succeeded
	AuthzDenied      = Events(carrier.AuthzDenied)      // authz.denied
	RateLimited      = Events(carrier.RateLimited)      // rate.limited
	ValidateRejected = Events(carrier.ValidateRejected) // validate.rejected
	SessionReuse     = Events(carrier.SessionReuse)     // session.reuse
	KeyExpired       = Events(carrier.KeyExpired)       // key.expired
	Lockout          = Events(carrier.Lockout)          // lockout
	Panic            = Events(carrier.Panic)            // panic
	StoreDegraded    = Events(carrier.StoreDegraded)    // store.degraded
)

var words = [...]string{
	"auth.failed", "auth.succeeded", "authz.denied", "rate.limited", "validate.rejected",
	"session.reuse", "key.expired", "lockout", "panic", "store.degraded",
}

// Has reports whether all of the events in e are in the set.
func (s Events) Has(e Events) bool { return e != 0 && s&e == e }

// All ranges over the words of the set, in the order of the vocabulary.
func (s Events) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := uint16(s) & (1<<len(words) - 1); rest != 0; rest &= rest - 1 {
			if !yield(words[bits.TrailingZeros16(rest)]) {
				return
			}
		}
	}
}

// String joins the words by commas. A single event costs no allocation.
func (s Events) String() string {
	if bits.OnesCount16(uint16(s)) == 1 {
		for w := range s.All() {
			return w
		}
	}
	var b strings.Builder
	for w := range s.All() {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(w)
	}
	return b.String()
}
