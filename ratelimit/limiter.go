package ratelimit

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A Limiter is made by [New] and may be used by several goroutines. It starts
// none and needs no closing.
type Limiter struct {
	*core
	only *tier // what Tier has chosen, if it has; exempt if it is that
}

// core is what a Limiter has in common with those that its method Tier returns.
type core struct {
	start    time.Time
	base     *tier
	tiers    map[string]*tier
	key      KeyFunc
	tierOf   func(*http.Request) string
	cost     func(*http.Request) int
	refundIf func(int) bool
	breaker  *breaker.Breaker // nil without a store
	policy   OnFailure
	budget   time.Duration // of one decision, for the store
	headers  Headers
	legacy   bool
	arena    *stringArena
	deny     func(http.ResponseWriter, *http.Request, error)
	observe  func(*http.Request, Decision)
}

// Handler runs next for the requests that are admitted and answers the others
// with 429 rate_limited and Retry-After.
//
// RateLimit-Policy lists the limits, RateLimit what is left of the one that
// the [Decision] tells of (draft-ietf-httpapi-ratelimit-headers-10). If another
// Limiter further out has set them, its members are kept and ours follow.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("ratelimit: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var d Decision
		err := l.check(r, &d)
		if l.observe != nil {
			l.observe(r, d)
		}
		rec := carrier.From(r.Context()) // nil outside a chain: nothing here is worth making one
		l.setHeaders(w.Header(), rec, &d)
		if rec != nil && (err != nil || d.Degraded) {
			note(rec, &d)
		}
		switch {
		case err != nil:
			l.deny(w, r, err)
		case l.refundIf != nil && d.Granted > 0:
			l.settle(next, w, r, d)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// note puts into the record which limit refused, and that the store failed.
func note(rec *carrier.Record, d *Decision) {
	rec.Update(func(f *carrier.Facts) {
		if d.Degraded {
			f.Events |= carrier.StoreDegraded
		}
		if !d.Allowed && d.Name != "" {
			f.Limit, f.Events = d.Name, f.Events|carrier.RateLimited
		}
	})
}

// Check takes the cost of r from the quota of its Key in its tier. The error is
// nil if it is admitted, and otherwise that of the Decision. It writes nothing:
// whoever answers instead of [Limiter.Handler] sends Retry-After from the
// Decision, rounded up to whole seconds, and refunds what is to be refunded.
func (l *Limiter) Check(r *http.Request) (d Decision, err error) {
	err = l.check(r, &d)
	return d, err
}

// check is Check into d, which is large, and zero.
func (l *Limiter) check(r *http.Request, d *Decision) error {
	t, known := l.tierFor(r)
	d.taken.tier, d.UnknownTier = t, !known
	n := 1
	if l.cost != nil {
		n = l.cost(r)
	}
	if key, found := l.key(r); found {
		d.taken.key = key
	} else {
		d.NoKey = true
	}
	l.decide(r.Context(), l.now(), n, allOrNone, d)
	if d.Allowed {
		return nil
	}
	return d.Err
}

// exempt is the tier of the requests that are not limited.
var exempt = &tier{name: Exempt}

func (l *Limiter) tierFor(r *http.Request) (t *tier, known bool) {
	switch {
	case l.only != nil:
		return l.only, true
	case l.tierOf == nil:
		return l.base, true
	}
	return l.named(l.tierOf(r))
}

func (l *core) named(tier string) (t *tier, known bool) {
	switch tier {
	case "":
		return l.base, true
	case Exempt:
		return exempt, true
	}
	if t, known = l.tiers[tier]; !known {
		t = l.base
	}
	return t, known
}

// Tier returns the Limiter of one tier: it counts where l does, but whatever
// Config.Tier says. Exempt, and the empty name for Config.Limits, are tiers;
// any other that is not in Config.Tiers is Config.Limits.
func (l *Limiter) Tier(name string) *Limiter {
	t, _ := l.named(name)
	return &Limiter{core: l.core, only: t}
}

func (l *core) now() time.Duration { return time.Since(l.start) }
