package isolation

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/exemptpath"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/muxpattern"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrCrossSite refuses a request that a page of another site caused.
var ErrCrossSite = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "cross_site_denied",
	Message: "Pages of other sites may not use this resource. Open it from a page of the service.",
}

// Refusals with a cause, which only the record shows.
var (
	errFields    = ErrCrossSite.With(errors.New("isolation: a Sec-Fetch field has several lines"))
	errHandshake = ErrCrossSite.With(errors.New("isolation: the Origin of the WebSocket handshake is not the host; see Config.Allow"))
)

// Config configures a Middleware. The zero Config is safe: it is the strictest.
type Config struct {
	_ [0]func()

	// AllowSameSite lets requests of other origins of the same site pass, such as those of
	// accounts.example.com to www.example.com. Every host name of the site is then trusted.
	AllowSameSite bool

	// Allow lets a request pass that would be refused. It may run for each such request
	// and must not block. Nil means never.
	Allow func(*http.Request) bool

	// Exempt lists patterns of http.ServeMux, such as "GET /embed/" or
	// "api.example.com/". A request that matches a pattern passes. A pattern that
	// matches every path of every host is refused.
	Exempt []string

	// Deny answers a refused request; next does not run. Nil means httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the result of Check on every request that reaches Handler, before
	// the response begins. It must not block. Nil means that no observer runs.
	Observe func(*http.Request, error)
}

// Middleware refuses requests that pages of other sites cause. It is safe for concurrent
// use; make one with New.
type Middleware struct {
	sameSite bool
	allow    func(*http.Request) bool
	exempt   *http.ServeMux // nil: no pattern
	deny     func(http.ResponseWriter, *http.Request, error)
	observe  func(*http.Request, error)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := httperr.ConfigFaults{Package: "isolation"}
	m := &Middleware{sameSite: cfg.AllowSameSite, allow: cfg.Allow, deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	if len(cfg.Exempt) > 0 {
		m.exempt = http.NewServeMux()
	}
	for i, pattern := range cfg.Exempt {
		if reason, fix := m.addPattern(pattern); reason != "" {
			f.Add(fmt.Sprintf("Exempt[%d]", i), pattern, reason, fix)
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// exempted is the handler of each pattern, and no handler that a ServeMux makes itself.
type exempted struct{}

func (exempted) ServeHTTP(http.ResponseWriter, *http.Request) {}

// addPattern adds a pattern of Exempt. It returns the reason why the pattern is refused,
// and a fix.
func (m *Middleware) addPattern(pattern string) (reason, fix string) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = pattern
	}
	if strings.TrimSpace(path) == "/" {
		return "it exempts every path", "name the paths, or leave the middleware out"
	}
	if refusal := muxpattern.Add(m.exempt, pattern, exempted{}); refusal != "" {
		return refusal, "write a pattern of http.ServeMux, and each only once"
	}
	return "", ""
}

// Check returns nil or ErrCrossSite, and changes nothing.
func (m *Middleware) Check(r *http.Request) error {
	err := m.decide(r)
	if err == nil || m.allow != nil && m.allow(r) || m.exempts(r) {
		return nil
	}
	return err
}

// decide applies the table of the package documentation, without Allow and Exempt.
func (m *Middleware) decide(r *http.Request) error {
	site, found, one := field.One(r.Header, "Sec-Fetch-Site")
	switch {
	case !found:
		return m.checkHandshake(r)
	case !one:
		return errFields
	case site == "same-origin" || site == "none" || site == "same-site" && m.sameSite:
		return nil
	}
	mode, _, oneMode := field.One(r.Header, "Sec-Fetch-Mode")
	dest, _, oneDest := field.One(r.Header, "Sec-Fetch-Dest")
	switch {
	case !oneMode || !oneDest:
		return errFields
	case mode == "navigate" && r.Method == http.MethodGet && dest != "object" && dest != "embed":
		return nil
	}
	return ErrCrossSite
}

// exempts reports whether a pattern of Exempt matches r. A path that a ServeMux would clean
// first does not match. A path with an escaped slash matches only if it does so decoded too:
// another router may read "/embed/..%2Fadmin" as "/admin".
func (m *Middleware) exempts(r *http.Request) bool {
	return m.exempt != nil && m.matches(r) && (r.URL.RawPath == "" ||
		m.matches(&http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Path: exemptpath.Plain(r.URL)}}))
}

func (m *Middleware) matches(r *http.Request) bool {
	h, _ := m.exempt.Handler(r)
	_, ok := h.(exempted)
	return ok
}

// Handler runs next for requests that Check lets pass. Deny answers all other requests. It
// panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("isolation: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := m.Check(r)
		if m.observe != nil {
			m.observe(r, err)
		}
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		if rec := carrier.From(r.Context()); rec != nil {
			rec.Update(func(f *carrier.Facts) { f.Rule, f.Events = "isolation", f.Events|carrier.AuthzDenied })
		}
		m.deny(w, r, err)
	})
}
