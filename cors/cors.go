package cors

import (
	"net/http"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Middleware decides which origins may read the responses of a handler. It is
// safe for concurrent use. The zero Middleware is not usable; make one with
// New.
type Middleware struct {
	current atomic.Pointer[compiled]
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := new(Middleware)
	if err := m.Update(cfg); err != nil {
		return nil, err
	}
	return m, nil
}

// Update puts cfg in the place of the Config of m, for all requests that begin after it.
// It returns the faults that New would return, and changes nothing if there are any.
func (m *Middleware) Update(cfg Config) error {
	c, err := compile(&cfg)
	if err != nil {
		return err
	}
	m.current.Store(c)
	return nil
}

// Check decides on r and changes nothing. The error is non-nil only for a
// preflight that must be refused, and then is one of [ErrOrigin], [ErrMethod]
// and [ErrHeader]. Without Config.Routes, Check does not allocate. A preflight is OPTIONS
// with both Origin and Access-Control-Request-Method (Fetch standard, section 3.3.5).
func (m *Middleware) Check(r *http.Request) (Decision, error) {
	return m.current.Load().policyOf(r).check(r)
}

// Handler answers preflights itself, with 204 or with Deny. The 204 grants the
// requested method and headers and never more. Every other request goes to
// next, with CORS headers if its origin may read the response and without them
// if not.
//
// Inside of httperr.Middleware, or of headers.Enforce, the fields of the innermost
// Handler are settled when the response begins: Access-Control fields that next, or a
// service behind a proxy, adds are not sent, and Vary keeps Origin. A preflight never
// reaches the inner one of two Handlers, so a route can be wider than the rest only by
// Config.Routes.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("cors: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := m.current.Load().policyOf(r)
		d, err := p.check(r)
		if p.observe != nil && len(r.Header["Origin"]) > 0 {
			p.observe(r, d)
		}
		h, rec := w.Header(), carrier.From(r.Context())
		crossorigin.Clear(h)
		if d.Preflight {
			p.answerPreflight(w, r, rec, err)
			return
		}
		switch {
		case p.anyOrigin:
			p.grant(rec).Set(h, rec, "")
		case d.Granted:
			p.grant(rec).Set(h, rec, r.Header["Origin"][0])
		default:
			p.denied.Set(h, rec, "")
		}
		next.ServeHTTP(w, r)
	})
}
