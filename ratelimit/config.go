package ratelimit

import (
	"errors"
	"net/http"
	"strconv"
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

	// Deny answers a refused request. Retry-After is set already, and the
	// RateLimit headers unless they are off. Default: httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told every decision of Handler before the response begins. It
	// must not block. Default: off.
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

// New returns a Limiter, or every fault of cfg at once.
func New(cfg Config) (*Limiter, error) {
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = defaultMaxKeys
	}
	faults := append(cfg.Limits.faults(), cfg.faults()...)
	if len(faults) == 0 {
		faults = append(faults, sizeFault(cfg.Limits, cfg.MaxKeys)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
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

// sizeFault keeps New from asking for memory that no machine has, which would
// end the program and not be an error.
func sizeFault(limits Limits, maxKeys int) []error {
	size := tableSize(limits, maxKeys)
	if size <= maxBytes {
		return nil
	}
	return []error{&httperr.ConfigError{
		Package: "ratelimit", Field: "MaxKeys", Value: strconv.Quote(strconv.Itoa(maxKeys)),
		Reason: "takes " + strconv.FormatInt(size>>20, 10) + " MiB with these limits, more than 2048",
		Fix:    "lower it, or give fewer limits",
	}}
}

func (cfg *Config) faults() (all []error) {
	add := func(field, value, reason, fix string) {
		all = append(all, &httperr.ConfigError{Package: "ratelimit", Field: field, Value: value, Reason: reason, Fix: fix})
	}
	if cfg.Name != "" && (len(cfg.Name) > maxName || !field.Token(cfg.Name)) {
		add("Name", strconv.Quote(cfg.Name), "not a token of at most 64 letters", `write a word such as "login"`)
	}
	if cfg.Key == nil {
		add("Key", "", "missing: all requests would share one quota", "set ratelimit.ByClientIP, or ratelimit.By with a function that is not nil")
	}
	if cfg.MaxKeys < 1 || cfg.MaxKeys > maxMaxKeys {
		add("MaxKeys", strconv.Quote(strconv.Itoa(cfg.MaxKeys)), "not between 1 and 16777216", "leave it out for 65536")
	}
	if cfg.Headers > HeadersNever {
		add("Headers", strconv.Quote(strconv.Itoa(int(cfg.Headers))), "not one of the choices", "set ratelimit.HeadersAlways, HeadersOnRefusal or HeadersNever")
	}
	return all
}
