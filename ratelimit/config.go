package ratelimit

import (
	"fmt"
	"net/http"
	"time"

	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config of a [Limiter]. Limits and Key must be set.
type Config struct {
	_ [0]func()

	// Name tells this limiter from others on the same request, in headers and
	// in the request record: a token of at most 64 letters. It stands before
	// the name of each limit, which is that of its window: "login-minute".
	// Default: none, and limits are called "minute". Give one to each limiter
	// if a request passes several.
	Name string

	// Limits are decided together in one step. At most 8, no two with the same
	// window, none that another makes idle.
	Limits Limits

	// Key says whom a request is counted against: ByClientIP, or By(…).
	Key KeyFunc

	// MaxKeys is how many keys are counted apart at a time, 1 to 16,777,216,
	// and at most 2 GiB with the limits that are given.
	// Default: 65,536. All memory is allocated by New: about 49 bytes a key and
	// for each limit 187 more, or 17 times its quota if that is at most 16. Beyond
	// MaxKeys, new keys may begin with part of their quota spent; see the package.
	MaxKeys int

	// Headers says which responses carry RateLimit and RateLimit-Policy.
	// Default: all of them.
	Headers Headers

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. Retry-After is set already, and the RateLimit headers
	// unless they are off.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Headers says which responses carry the RateLimit headers. Retry-After is on
// every refusal whatever it says.
type Headers uint8

// The choices for Config.Headers.
const (
	HeadersAlways    Headers = iota // on every response
	HeadersOnRefusal                // only where the limit refused
	HeadersNever                    // tell nobody what the limits are
)

const (
	defaultMaxKeys = 1 << 16
	maxMaxKeys     = 1 << 24
	maxBytes       = 2 << 30
	maxName        = 64
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Limiter, error) {
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = defaultMaxKeys
	}
	f := httperr.ConfigFaults{Package: "ratelimit"}
	cfg.Limits.check(&f)
	cfg.check(&f)
	if f.Len() == 0 {
		checkSize(&f, cfg.Limits, cfg.MaxKeys)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	l := &Limiter{
		start: time.Now(), table: newTable(cfg.Limits, cfg.MaxKeys),
		key: cfg.Key, headers: cfg.Headers, deny: cfg.Deny, observe: cfg.Observe,
	}
	if l.deny == nil {
		l.deny = httperr.Write
	}
	for i, limit := range cfg.Limits {
		name := limit.name()
		if cfg.Name != "" {
			name = cfg.Name + "-" + name
		}
		l.limits = append(l.limits, compileNamed(name, limit, l.table.windows[i].hold()))
	}
	l.policy = policy(l.limits)
	return l, nil
}

// checkSize keeps New from asking for memory that no machine has, which would
// end the program and not be an error.
func checkSize(f *httperr.ConfigFaults, limits Limits, maxKeys int) {
	if size := tableSize(limits, maxKeys); size > maxBytes {
		f.Add("MaxKeys", maxKeys, fmt.Sprintf("takes %d MiB with these limits, more than 2048", size>>20), "lower it, or give fewer limits")
	}
}

func (cfg *Config) check(f *httperr.ConfigFaults) {
	if cfg.Name != "" && (len(cfg.Name) > maxName || !field.Token(cfg.Name)) {
		f.Add("Name", cfg.Name, "not a token of at most 64 letters", `write a word such as "login"`)
	}
	if cfg.Key == nil {
		f.Add("Key", nil, "missing: all requests would share one quota", "set ratelimit.ByClientIP, or ratelimit.By with a function that is not nil")
	}
	if cfg.MaxKeys < 1 || cfg.MaxKeys > maxMaxKeys {
		f.Add("MaxKeys", cfg.MaxKeys, "not between 1 and 16777216", "leave it out for 65536")
	}
	if cfg.Headers > HeadersNever {
		f.Add("Headers", cfg.Headers, "not one of the choices", "set ratelimit.HeadersAlways, HeadersOnRefusal or HeadersNever")
	}
}
