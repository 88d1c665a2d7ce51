package audit

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Events is the set of security events of one request.
type Events uint16

// The events. Logs hold the name of an event, which stays stable.
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
	ClaimsUnread     = Events(carrier.ClaimsUnread)     // claims.unread: a token was accepted without a claim of another form
	ExpiredIgnored   = Events(carrier.ExpiredIgnored)   // expired.ignored: an expired credential was treated like a missing one
)

var eventNames = [...]string{
	"auth.failed", "auth.succeeded", "authz.denied", "rate.limited", "validate.rejected",
	"session.reuse", "key.expired", "lockout", "panic", "store.degraded", "claims.unread",
	"expired.ignored",
}

// Has reports whether e is not empty and all events in e are in the set.
func (s Events) Has(e Events) bool { return e != 0 && s&e == e }

// All ranges over the names of the events in the set, in the order of their
// declaration.
func (s Events) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := uint16(s) & (1<<len(eventNames) - 1); rest != 0; rest &= rest - 1 {
			if !yield(eventNames[bits.TrailingZeros16(rest)]) {
				return
			}
		}
	}
}

// String returns the names joined by commas. A set of one event causes no
// allocation.
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
