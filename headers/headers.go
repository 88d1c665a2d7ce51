package headers

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Middleware sends the headers of one Config. It is safe for concurrent use.
// The zero Middleware sends nothing; make one with New.
type Middleware struct {
	insecure, secure variant // over plain HTTP and over HTTPS
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := newFaults()
	m := new(Middleware)
	add := func(name, value string) {
		m.insecure.add(name, value)
		m.secure.add(name, value)
	}

	reporting := f.reporting(cfg.ReportingEndpoints)
	policy := cfg.CSP
	switch {
	case policy.DangerouslyOmit && !policy.zero():
		f.Add("CSP.DangerouslyOmit", nil, "the policy is omitted and given at once", "remove one of them")
	case policy.DangerouslyOmit:
		add("Content-Security-Policy", Off)
	default:
		if policy.zero() {
			policy.DefaultSrc, policy.FrameAncestors = defaultCSP().DefaultSrc, defaultCSP().FrameAncestors
		}
		insecure, secure := policy.compile(f, "CSP", cfg.ReportingEndpoints, false)
		m.insecure.add("Content-Security-Policy", insecure)
		m.secure.add("Content-Security-Policy", secure)
	}
	if policy := cfg.CSPReportOnly; policy.DangerouslyOmit {
		f.Add("CSPReportOnly.DangerouslyOmit", nil, "none is sent unless one is given", "leave CSPReportOnly empty")
	} else if !policy.zero() {
		text, _ := policy.compile(f, "CSPReportOnly", cfg.ReportingEndpoints, true)
		add("Content-Security-Policy-Report-Only", text)
	}
	add("Reporting-Endpoints", reporting)

	for _, c := range choices {
		add(c.header, f.choice(c, *c.value(&cfg)))
	}
	add("Permissions-Policy", f.permissions(cfg.PermissionsPolicy))
	add("Cache-Control", f.cacheControl(cfg.CacheControl))

	if transport := f.hsts(cfg.StrictTransportSecurity); transport == Off {
		add("Strict-Transport-Security", Off)
	} else {
		m.secure.add("Strict-Transport-Security", transport)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// maxHeaders is how many headers a Config can send: one more, and those with a
// nonce cost one allocation more, which the test of all headers at once tells.
const maxHeaders = 12

// variant is what is sent to a client: everything that can be known before a
// request is, and the pieces between which a nonce goes.
type variant struct {
	removed []string // switched off
	fixed   []header
	bound   []template // with a nonce
	size    int        // bytes of all bound policies of one response
}

type header struct{ name, value string }

type template struct {
	name   string
	pieces []string // at least two; the nonce stands between each and the next
}

func (v *variant) add(name, value string) {
	switch {
	case value == "":
	case value == Off:
		v.removed = append(v.removed, name)
	case strings.Contains(value, nonceSource):
		pieces := strings.Split(strings.ReplaceAll(value, nonceSource, "'nonce-\x00'"), "\x00")
		v.bound = append(v.bound, template{name, pieces})
		v.size += len(strings.Join(pieces, "")) + (len(pieces)-1)*nonceLen
	default:
		v.fixed = append(v.fixed, header{name, value})
	}
}

// Handler sets the headers and runs next. They are set before next runs, so
// that they stand on whatever is answered inside, and so that a handler may
// change them. It panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("headers: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, m.set(w.Header(), r))
	})
}

// set sets the headers of the response to r in h and returns the request to
// hand on. It runs for every request: it formats, checks and looks up nothing.
// Without a nonce it allocates nothing inside the chain and one array of values
// alone; with one, three objects: the request's copy, its context and the text
// of the policies.
func (m *Middleware) set(h http.Header, r *http.Request) *http.Request {
	rec := carrier.From(r.Context())
	v := &m.insecure
	// RFC 6797, section 7.2, forbids HSTS on any other response.
	if carrier.Secure(r) {
		v = &m.secure
	}
	for _, name := range v.removed {
		delete(h, name)
	}
	if len(v.bound) == 0 {
		put(h, v.fixed, rec.Values(len(v.fixed)))
		return r
	}
	ctx := &nonceContext{Context: r.Context()}
	values := ctx.values[:]
	if n := len(v.bound) + len(v.fixed); n > len(values) {
		values = make([]string, n) // slower, and no reason to fail
	}
	put(h, v.fixed, values[len(v.bound):])
	v.bind(h, ctx, values)
	return r.WithContext(ctx)
}

// put gives each header a slice of its own with no room to grow: an append by
// a handler cannot reach a neighbour.
func put(h http.Header, fixed []header, values []string) {
	for i := range fixed {
		values[i] = fixed[i].value
		h[fixed[i].name] = values[i : i+1 : i+1]
	}
}
