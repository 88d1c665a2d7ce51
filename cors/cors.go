package cors

import (
	"net/http"
	"time"

	rscors "github.com/rs/cors"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
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

	rs      *rscors.Cors
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{anyOrigin: cfg.AllowAnyOrigin, deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
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
	m.rs = m.responder(&cfg)
	return m, nil
}

// responder returns the rs/cors that writes the response fields. It receives
// only requests that Check has granted, so its own lists must not refuse any
// of them: rs/cors would deny an actual request for its method, which the Fetch
// standard does not do, and headers for their spelling. The origin is decided
// by origins.match here too, and no pattern ever reaches rs/cors.
func (m *Middleware) responder(cfg *Config) *rscors.Cors {
	options := rscors.Options{
		AllowedMethods:   []string{http.MethodPut, http.MethodPatch, http.MethodDelete, "QUERY"},
		AllowedHeaders:   []string{"*"},
		ExposedHeaders:   append([]string(nil), cfg.ExposeHeaders...),
		AllowCredentials: cfg.Credentials,
		MaxAge:           int(cfg.MaxAge / time.Second),
	}
	for name := range m.methods {
		options.AllowedMethods = append(options.AllowedMethods, name)
	}
	if cfg.MaxAge < 0 {
		options.MaxAge = -1
	}
	if m.anyOrigin {
		options.AllowedOrigins = []string{"*"}
	} else {
		options.AllowOriginVaryRequestFunc = func(_ *http.Request, origin string) (bool, []string) {
			return m.origins.match(origin), nil
		}
	}
	return rscors.New(options)
}

// Handler answers preflights itself, with 204 or with Deny. The 204 grants the
// requested method and headers and never more. Every other request goes to
// next, with CORS headers if its origin may read the response and without them
// if not. Handler adds Vary: Origin to every response that does not have it,
// and removes Access-Control fields that an outer layer has set.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("cors: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := m.Check(r)
		h := w.Header()
		clearGranted(h)
		before := h["Vary"]
		line := varyLine(before, d.Preflight)
		if d.Granted {
			delete(h, "Vary") // rs/cors would append in place
			m.rs.HandlerFunc(headerOnly(h), r)
			h["Vary"] = before
		}
		copyValues(h, carrier.From(r.Context()), before, line)
		if m.observe != nil && len(r.Header["Origin"]) > 0 {
			m.observe(r, d)
		}
		if d.Preflight {
			m.answerPreflight(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
