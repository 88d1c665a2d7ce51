package ratelimit

import (
	"net/http"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Handler runs next for admitted requests. It answers all others with 429 rate_limited
// and Retry-After.
//
// RateLimit-Policy lists the limits. RateLimit gives the units left of the limit that
// the [Decision] describes (draft-ietf-httpapi-ratelimit-headers-10). If another
// Limiter further out has set these headers, its members stay and the members of this
// Limiter follow.
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
		rec := carrier.From(r.Context()) // nil outside a chain: nothing here needs a new record
		l.setHeaders(w.Header(), rec, &d)
		if rec != nil && (err != nil || d.Degraded) {
			d.noteIn(rec)
		}
		switch {
		case err != nil:
			l.deny(w, r, err)
		case l.refundIf != nil && d.Granted > 0:
			l.refundByStatus(next, w, r, d)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Check takes the cost of r from the quota of its key in its tier. The error is nil if
// r is admitted, and the Err of the Decision otherwise. Check writes nothing. A caller
// that does not use [Limiter.Handler] must send Retry-After from the Decision, rounded
// up to whole seconds, and must call Refund for units to be given back.
func (l *Limiter) Check(r *http.Request) (d Decision, err error) {
	err = l.check(r, &d)
	return d, err
}

// check is Check with the result in d, which is zero before. A Decision is too large to
// copy.
func (l *Limiter) check(r *http.Request, d *Decision) error {
	t, known := l.tierFor(r)
	d.taken.tier, d.UnknownTier = t, !known
	n := 1
	if l.cost != nil {
		n = l.cost(r)
	}
	if key, found := l.key(r); found {
		d.taken.key = key
		d.taken.tier, d.LimitsErr = l.ownTier(r.Context(), t, key)
	} else {
		d.NoKey = true
	}
	l.decide(r.Context(), l.now(), n, allOrNone, d) // now, after the functions of the Config
	if d.Allowed {
		return nil
	}
	return d.Err
}

// tierFor returns the tier of r. known is false if Config.Tier returned a name that is
// not in Config.Tiers.
func (l *Limiter) tierFor(r *http.Request) (t *tier, known bool) {
	if l.fixed != nil || l.tierOf == nil {
		return l.defaultTier(), true
	}
	return l.tierNamed(l.tierOf(r))
}
