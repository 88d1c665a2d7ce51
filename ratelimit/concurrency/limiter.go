package concurrency

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// ErrLimited refuses a request while too many requests of the same key are running:
// 429, because this client has too many, and not 503, which says that the server has
// too many. Retry-After is 1, the lowest value, because the end of a running request is
// not known.
var ErrLimited = &httperr.Error{
	Status:  http.StatusTooManyRequests,
	Code:    "concurrency_limited",
	Message: "Too many requests are running; try again when one has ended.",
	Header:  http.Header{"Retry-After": {"1"}},
}

// A Limiter admits a number of requests of each key at a time. It counts the requests
// of this process, and has no store. It is made by [New] and may be used by several
// goroutines.
type Limiter struct {
	slots   *slots
	key     ratelimit.KeyFunc
	name    string
	max     int
	refusal error
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, ratelimit.Decision)
}

// Policy returns the limit in words, such as "concurrency: 4 at a time", for an inventory of
// routes.
func (l *Limiter) Policy() string { return fmt.Sprintf("%s: %d at a time", l.name, l.max) }

// Handler runs next for admitted requests, and answers all others with 429
// concurrency_limited. A request runs until next returns or panics.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("concurrency: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, slot := l.acquire(r)
		if d.Allowed {
			defer l.slots.release(slot)
		}
		if l.observe != nil {
			l.observe(r, d)
		}
		if d.Allowed {
			next.ServeHTTP(w, r)
			return
		}
		if rec := carrier.From(r.Context()); rec != nil {
			rec.Update(func(f *carrier.Facts) { f.Limit, f.Events = l.name, f.Events|carrier.RateLimited })
		}
		l.deny(w, r, d.Err)
	})
}

// Check admits r or returns an [ErrLimited]. Call end when r has been served; further
// calls do nothing. With an error, end is nil. Check does not call Config.Observe.
func (l *Limiter) Check(r *http.Request) (end func(), err error) {
	d, slot := l.acquire(r)
	if !d.Allowed {
		return nil, d.Err
	}
	var ended atomic.Bool
	return func() {
		if !ended.Swap(true) {
			l.slots.release(slot)
		}
	}, nil
}

func (l *Limiter) acquire(r *http.Request) (d ratelimit.Decision, slot int) {
	key, found := l.key(r)
	if !found {
		key = ratelimit.Key{}
	}
	slot, running, admitted := l.slots.acquire(key)
	d = ratelimit.Decision{
		Allowed:   admitted,
		NoKey:     !found,
		Name:      l.name,
		Limit:     l.slots.max,
		Remaining: l.slots.max - running,
	}
	if admitted {
		d.Granted = 1
	} else {
		d.RetryAfter, d.Err = time.Second, l.refusal
	}
	return d, slot
}
