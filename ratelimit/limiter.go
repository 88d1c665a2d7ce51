package ratelimit

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A Limiter is made by [New] and may be used by several goroutines. It starts
// none and needs no closing.
type Limiter struct {
	start   time.Time
	table   *table
	limits  []named
	policy  string
	key     KeyFunc
	headers Headers
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// Handler runs next for the requests that are admitted and answers the others
// with 429 rate_limited and Retry-After.
//
// RateLimit-Policy lists the limits, RateLimit what is left of the one that
// the [Decision] tells of (draft-ietf-httpapi-ratelimit-headers-10). If another
// Limiter further out has set them, its members are kept and ours follow.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("ratelimit: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := l.Check(r)
		if l.observe != nil {
			l.observe(r, d)
		}
		rec := carrier.From(r.Context()) // nil outside a chain: nothing here is worth making one
		l.tell(w.Header(), rec, d)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		if rec != nil {
			rec.Update(func(f *carrier.Facts) { f.Limit, f.Events = d.Name, f.Events|carrier.RateLimited })
		}
		l.deny(w, r, err)
	})
}

// Check takes one request from the quota of the Key of r. The error is nil or
// an [ErrLimited]. It writes nothing: whoever answers instead of [Limiter.Handler]
// sends Retry-After from the Decision, rounded up to whole seconds.
func (l *Limiter) Check(r *http.Request) (Decision, error) {
	key, ok := l.key(r)
	if !ok {
		key = Key{}
	}
	d := l.Take(key)
	if d.Allowed {
		return d, nil
	}
	return d, l.limits[d.limit].refusal
}

// Take takes one request from the quota of key, now. A refused one takes
// nothing from any limit.
func (l *Limiter) Take(key Key) Decision {
	return l.TakeAt(time.Since(l.start), key)
}

// TakeAt is [Limiter.Take] at a given time: the time since New returned, which
// no change of the wall clock can touch. Time does not run back: one before 0,
// or before another that was decided already, may count as that.
func (l *Limiter) TakeAt(now time.Duration, key Key) Decision {
	return l.decision(l.table.take(now, key, true))
}

// Peek is what [Limiter.Take] would decide now, and takes nothing: Remaining
// still includes the request it answers for.
func (l *Limiter) Peek(key Key) Decision {
	return l.decision(l.table.take(time.Since(l.start), key, false))
}

func (l *Limiter) decision(v verdict) Decision {
	n := &l.limits[v.limit]
	d := Decision{
		Allowed: v.allowed, Name: n.name, Limit: n.Quota, Window: n.Window,
		Remaining: int(v.left), Reset: v.wait, limit: v.limit,
	}
	if !v.allowed {
		d.RetryAfter = v.wait
	}
	return d
}
