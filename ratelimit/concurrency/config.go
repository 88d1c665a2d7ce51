package concurrency

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Config configures a [Limiter]. Max and Key must be set.
type Config struct {
	_ [0]func()

	// Name tells this limiter from other limiters in the request record: a token (RFC
	// 9110, section 5.6.2) of at most 64 characters, without a bar. The limit is called
	// "concurrency", and with a name "export-concurrency".
	Name string

	// Max is the number of requests of a key that run at a time, 1 to 1,000,000.
	Max int

	// Key finds the key that a request counts against, as in package ratelimit.
	Key ratelimit.KeyFunc

	// MaxKeys is the number of keys that have a counter of their own at a time, 1 to
	// 16,777,216, for about 40 bytes each. If more keys are in use, new keys may share
	// one counter. Default: 65,536.
	MaxKeys int

	// Deny answers a refused request; next does not run. Nil is httperr.Write.
	// Retry-After is set already.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is called with the decision on every request that reaches Handler. Limit
	// is Max, and Remaining is the number of further requests that may run. It must not
	// block. Nil is off.
	Observe func(*http.Request, ratelimit.Decision)
}

const (
	maxMax         = 1_000_000
	defaultMaxKeys = 1 << 16
	maxMaxKeys     = 1 << 24
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Limiter, error) {
	cfg.MaxKeys = cmp.Or(cfg.MaxKeys, defaultMaxKeys)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	l := &Limiter{
		slots:   newSlots(cfg.MaxKeys, cfg.Max),
		key:     cfg.Key,
		name:    "concurrency",
		max:     cfg.Max,
		deny:    cfg.Deny,
		observe: cfg.Observe,
	}
	if cfg.Name != "" {
		l.name = cfg.Name + "-concurrency"
	}
	l.refusal = ErrLimited.With(fmt.Errorf("concurrency: %s: more than %d at a time", l.name, cfg.Max))
	if l.deny == nil {
		l.deny = httperr.Write
	}
	return l, nil
}

func (cfg *Config) check() error {
	f := httperr.ConfigFaults{Package: "concurrency"}
	if cfg.Max < 1 || cfg.Max > maxMax {
		f.Add("Max", cfg.Max, "not between 1 and 1000000", "give the number of requests that may run at a time")
	}
	if cfg.Name != "" && !field.Label(cfg.Name) {
		f.Add("Name", cfg.Name,
			"not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar",
			`write a word such as "export"`)
	}
	if cfg.Key == nil {
		f.Add("Key", nil,
			"missing: all requests would share one limit",
			"set ratelimit.ByClientIP, or ratelimit.By with a function that is not nil")
	}
	if cfg.MaxKeys < 1 || cfg.MaxKeys > maxMaxKeys {
		f.Add("MaxKeys", cfg.MaxKeys, "not between 1 and 16777216", "leave it out for 65536")
	}
	return f.Err()
}
