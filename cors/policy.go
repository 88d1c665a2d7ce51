package cors

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
)

// A policy is the part of a Config that decides about one route.
type policy struct {
	anyOrigin bool
	origins   origins
	listed    []string // Config.Origins
	methods   map[string]struct{}
	headers   map[string]struct{} // in lower case
	anyHeader bool

	granted   crossorigin.Answer // to a request of a listed origin
	denied    crossorigin.Answer // to any other request; unused with anyOrigin
	maxAge    string             // of a granted preflight, in seconds; "" is not sent
	exposeOwn bool
	own       atomic.Pointer[ownAnswer] // granted with the headers of exposeOwn

	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// compile fills p and returns the faults of cfg.
func (p *policy) compile(cfg *Config) error {
	f := httperr.ConfigFaults{Package: "cors"}
	p.anyOrigin, p.deny, p.observe, p.exposeOwn = cfg.AllowAnyOrigin, cfg.Deny, cfg.Observe, cfg.ExposeOwn
	if p.deny == nil {
		p.deny = denyWithoutBody
	}
	p.listed = slices.Clone(cfg.Origins)
	p.setOrigins(cfg, &f)
	p.setMethods(cfg.Methods, &f)
	p.setHeaders(cfg.RequestHeaders, cfg.Credentials, &f)
	checkExposed(cfg, &f)
	checkMaxAge(cfg.MaxAge, &f)
	if f.Len() == 0 {
		p.compileAnswers(cfg)
		p.compareWithRS(cfg, &f)
	}
	return f.Err()
}

// compileAnswers fills the answers that do not depend on the request.
func (p *policy) compileAnswers(cfg *Config) {
	exposed := make([]string, len(cfg.ExposeHeaders))
	for i, name := range cfg.ExposeHeaders {
		exposed[i] = http.CanonicalHeaderKey(name)
	}
	p.granted = crossorigin.Answer{Granted: true, Credentials: cfg.Credentials, Expose: strings.Join(exposed, ", "), Varies: true}
	p.denied = crossorigin.Answer{Varies: true}
	if p.anyOrigin {
		// A cache may keep one response for all origins (Fetch standard, section 3.3.6).
		p.granted.Origin, p.granted.Varies = "*", false
	}
	switch {
	case cfg.MaxAge > 0:
		p.maxAge = strconv.FormatInt(int64(cfg.MaxAge/time.Second), 10)
	case cfg.MaxAge < 0:
		p.maxAge = "0"
	}
}

// ownHeaders are the response headers of this library that a script can use. The
// correlation ID has a configured name.
const ownHeaders = "Retry-After, RateLimit, RateLimit-Policy, Www-Authenticate, Deprecation, Sunset, Link, X-Api-Key-Expires"

// ownAnswer is the granted answer inside of one outermost layer.
type ownAnswer struct {
	outer any
	crossorigin.Answer
}

// grant returns the answer to a request of a listed origin.
func (p *policy) grant(rec *carrier.Record) *crossorigin.Answer {
	if !p.exposeOwn {
		return &p.granted
	}
	var outer any
	if rec != nil {
		outer = rec.Facts().Outer
	}
	if a := p.own.Load(); a != nil && a.outer == outer {
		return &a.Answer
	}
	a := &ownAnswer{outer, p.granted}
	names := ownHeaders
	if o, ok := outer.(interface{ CorrelationHeader() string }); ok {
		names = o.CorrelationHeader() + ", " + names
	}
	if a.Expose != "" {
		names = a.Expose + ", " + names
	}
	a.Expose = names
	p.own.Store(a)
	return &a.Answer
}
