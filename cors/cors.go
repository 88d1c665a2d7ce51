package cors

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Middleware decides which origins may read the responses of a handler. It is
// safe for concurrent use. The zero Middleware is not usable; make one with
// New.
type Middleware struct {
	anyOrigin bool
	origins   origins
	methods   map[string]struct{}
	headers   map[string]struct{} // in lower case
	anyHeader bool

	granted crossorigin.Answer // to a request of a listed origin
	denied  crossorigin.Answer // to any other request
	maxAge  string             // of a granted preflight, in seconds; "" is not sent

	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{anyOrigin: cfg.AllowAnyOrigin, deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = denyWithoutBody
	}
	f := httperr.ConfigFaults{Package: "cors"}
	m.setOrigins(&cfg, &f)
	m.setMethods(cfg.Methods, &f)
	m.setHeaders(cfg.RequestHeaders, cfg.Credentials, &f)
	checkExposed(cfg.ExposeHeaders, cfg.Credentials, &f)
	checkMaxAge(cfg.MaxAge, &f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	m.compileAnswers(&cfg)
	return m, nil
}

// compileAnswers fills the answers that do not depend on the request.
func (m *Middleware) compileAnswers(cfg *Config) {
	exposed := make([]string, len(cfg.ExposeHeaders))
	for i, name := range cfg.ExposeHeaders {
		exposed[i] = http.CanonicalHeaderKey(name)
	}
	m.granted = crossorigin.Answer{Granted: true, Credentials: cfg.Credentials, Expose: strings.Join(exposed, ", "), Varies: true}
	m.denied = crossorigin.Answer{Varies: true}
	if m.anyOrigin {
		// A cache may keep one response for all origins (Fetch standard, section 3.3.6).
		m.granted.Origin, m.granted.Varies = "*", false
		m.denied = m.granted
	}
	switch {
	case cfg.MaxAge > 0:
		m.maxAge = strconv.FormatInt(int64(cfg.MaxAge/time.Second), 10)
	case cfg.MaxAge < 0:
		m.maxAge = "0"
	}
}

// Handler answers preflights itself, with 204 or with Deny. The 204 grants the
// requested method and headers and never more. Every other request goes to
// next, with CORS headers if its origin may read the response and without them
// if not.
//
// Inside of httperr.Middleware, or of headers.Enforce, the fields of the innermost
// Handler are settled when the response begins: Access-Control fields that next, or a
// service behind a proxy, adds are not sent, and Vary keeps Origin.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("cors: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := m.Check(r)
		if m.observe != nil && len(r.Header["Origin"]) > 0 {
			m.observe(r, d)
		}
		if d.Preflight {
			m.answerPreflight(w, r, err)
			return
		}
		answer, origin := &m.denied, ""
		if d.Granted {
			answer, origin = &m.granted, r.Header["Origin"][0]
		}
		h := w.Header()
		crossorigin.Clear(h)
		answer.Set(h, carrier.From(r.Context()), origin)
		next.ServeHTTP(w, r)
	})
}
