package ratelimit

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrConcurrency refuses a request while too many of the same key are running:
// 429, for it is this client that has too many, and not 503, which says that the
// server has. With Retry-After: 1, the least there is: nobody knows when one of
// them ends.
var ErrConcurrency = &httperr.Error{
	Status:  http.StatusTooManyRequests,
	Code:    "concurrency_limited",
	Message: "Too many requests are running; try again when one has ended.",
}

// ConcurrencyConfig configures a [Concurrency]. Max and Key must be set.
type ConcurrencyConfig struct {
	_ [0]func()

	// Name is as in [Config]: the limit is called "concurrency", and with a name
	// "export-concurrency".
	Name string

	// Max is how many requests of a key run at a time, 1 to 1,000,000.
	Max int

	// Key says whom a request is counted against: ByClientIP, or By(…).
	Key KeyFunc

	// MaxKeys is how many keys are counted apart at a time, 1 to 16,777,216, for
	// about 40 bytes each. Beyond it new keys may share the room of one.
	// Default: 65,536.
	MaxKeys int

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. Retry-After is set already.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler: Limit
	// is Max, and Remaining how many more may run. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Concurrency admits a number of requests of each key at a time: what a limit
// on their number a minute does not do for those that are slow. It counts those
// of this process, and has no Store. Put it inside the [Limiter] of the same key:
// a request that waits for a store does not run yet, and takes no place. It is
// made by [NewConcurrency].
type Concurrency struct {
	slots   *slots
	key     KeyFunc
	name    string
	refusal error
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

const maxConcurrency = 1_000_000

// NewConcurrency compiles cfg. It returns all faults of cfg at once, joined,
// each a *httperr.ConfigError.
func NewConcurrency(cfg ConcurrencyConfig) (*Concurrency, error) {
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = defaultMaxKeys
	}
	f := httperr.ConfigFaults{Package: "ratelimit"}
	if cfg.Max < 1 || cfg.Max > maxConcurrency {
		f.Add("Max", cfg.Max, "not between 1 and 1000000", "give the number of requests that may run at a time")
	}
	shared := Config{Name: cfg.Name, Key: cfg.Key, MaxKeys: cfg.MaxKeys}
	shared.checkName(&f)
	shared.check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	c := &Concurrency{slots: newSlots(cfg.MaxKeys, cfg.Max), key: cfg.Key, name: "concurrency", deny: cfg.Deny, observe: cfg.Observe}
	if cfg.Name != "" {
		c.name = cfg.Name + "-concurrency"
	}
	c.refusal = ErrConcurrency.With(errors.New("ratelimit: " + c.name + ": more than " + fmt.Sprint(cfg.Max) + " at a time"))
	if c.deny == nil {
		c.deny = httperr.Write
	}
	return c, nil
}

// Handler runs next for the requests that are admitted, and answers the others
// with 429 concurrency_limited. A request runs until next returns or panics.
// Not all that it does has ended then if it was hijacked or started goroutines.
func (c *Concurrency) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("ratelimit: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, slot := c.enter(r)
		if d.Allowed {
			defer c.slots.leave(slot)
		}
		if c.observe != nil {
			c.observe(r, d)
		}
		if d.Allowed {
			next.ServeHTTP(w, r)
			return
		}
		rec := carrier.From(r.Context())
		rec.SetHeader(w.Header(), "Retry-After", "1")
		if rec != nil {
			note(rec, &d)
		}
		c.deny(w, r, d.Err)
	})
}

// Check admits r, and then returns the function that ends it, which has to be
// called once r has been served and may be called again; or refuses it with an
// [ErrConcurrency].
func (c *Concurrency) Check(r *http.Request) (end func(), err error) {
	d, slot := c.enter(r)
	if !d.Allowed {
		return nil, d.Err
	}
	var ended atomic.Bool
	return func() {
		if !ended.Swap(true) {
			c.slots.leave(slot)
		}
	}, nil
}

func (c *Concurrency) enter(r *http.Request) (d Decision, slot int) {
	key, ok := c.key(r)
	if !ok {
		key = Key{}
	}
	slot, running, ok2 := c.slots.enter(key)
	d = Decision{Allowed: ok2, NoKey: !ok, Name: c.name, Limit: c.slots.max, Remaining: c.slots.max - running}
	if ok2 {
		d.Granted = 1
	} else {
		d.RetryAfter, d.Err = time.Second, c.refusal
	}
	return d, slot
}
