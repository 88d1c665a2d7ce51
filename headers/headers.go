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
	local            variant // over HTTPS, for a host that gets no HSTS
}

// add adds one header to all variants.
func (m *Middleware) add(name, value string) {
	m.insecure.add(name, value)
	m.secure.add(name, value)
	m.local.add(name, value)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := newFaults()
	m := new(Middleware)
	reporting := f.compileReporting(cfg.ReportingEndpoints)
	m.addPolicies(f, &cfg)
	m.add("Reporting-Endpoints", reporting)
	for _, c := range choices {
		m.add(c.header, f.compileChoice(c, &cfg))
	}
	m.add("Permissions-Policy", f.compilePermissions(&cfg))
	m.add("Permissions-Policy-Report-Only", f.compilePermissionsReportOnly(&cfg))
	m.add("Integrity-Policy", f.compileIntegrity("IntegrityPolicy", cfg.IntegrityPolicy, cfg.ReportingEndpoints, false))
	m.add("Integrity-Policy-Report-Only",
		f.compileIntegrity("IntegrityPolicyReportOnly", cfg.IntegrityPolicyReportOnly, cfg.ReportingEndpoints, true))
	m.add("Cache-Control", f.compileCacheControl(&cfg))

	if transport := f.compileHSTS(cfg.StrictTransportSecurity); transport == Off {
		m.add("Strict-Transport-Security", Off)
	} else {
		m.secure.add("Strict-Transport-Security", transport)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// addPolicies adds the two policies of CSP.
func (m *Middleware) addPolicies(f *faults, cfg *Config) {
	policy := cfg.CSP
	switch {
	case policy.DangerouslyOmit && !policy.isZero():
		f.Add("CSP.DangerouslyOmit", nil, "the policy is omitted and given at once", "remove one of them")
	case policy.DangerouslyOmit:
		policy.checkUnused(f, "CSP", risks{})
		m.add("Content-Security-Policy", Off)
	default:
		if policy.isZero() {
			policy.DefaultSrc, policy.FrameAncestors = defaultCSP().DefaultSrc, defaultCSP().FrameAncestors
		}
		insecure, secure := policy.compile(f, "CSP", cfg.ReportingEndpoints, false)
		m.insecure.add("Content-Security-Policy", insecure)
		m.secure.add("Content-Security-Policy", secure)
		m.local.add("Content-Security-Policy", secure)
		policy.checkFraming(f, cfg.FrameOptions)
	}
	switch policy := cfg.CSPReportOnly; {
	case policy.DangerouslyOmit:
		f.Add("CSPReportOnly.DangerouslyOmit", nil, "none is sent unless one is given", "leave CSPReportOnly empty")
	case policy.isZero():
		policy.checkUnused(f, "CSPReportOnly", risks{})
	default:
		text, _ := policy.compile(f, "CSPReportOnly", cfg.ReportingEndpoints, true)
		m.add("Content-Security-Policy-Report-Only", text)
	}
}

// maxHeaders is the number of headers that a response with a nonce can have without one more
// allocation: the nine headers of Browser and three more. TestAllHeadersAtOnce counts both.
const maxHeaders = 12

// variant holds the headers for one scheme, compiled as far as possible before
// a request: fixed values, and templates that only lack the nonce.
type variant struct {
	removed      []string // names of headers that are switched off
	fixed        []header
	templates    []template // policies with a nonce
	templateSize int        // bytes of all filled templates of one response
}

type header struct{ name, value string }

type template struct {
	name   string
	pieces []string // at least two; the nonce goes between two pieces
}

func (v *variant) add(name, value string) {
	switch {
	case value == "":
	case value == Off:
		v.removed = append(v.removed, name)
	case strings.Contains(value, nonceSource):
		pieces := strings.Split(strings.ReplaceAll(value, nonceSource, "'nonce-\x00'"), "\x00")
		v.templates = append(v.templates, template{name, pieces})
		v.templateSize += len(strings.Join(pieces, "")) + (len(pieces)-1)*nonceLen
	default:
		v.fixed = append(v.fixed, header{name, value})
	}
}

// Handler sets the headers and then runs next. So every response from inside
// has the headers. A handler may replace or delete a header.
//
// Inside of httperr.Middleware, or of Enforce, the headers are settled when the response
// begins: a line that a handler or a service behind a proxy adds to a header of Config does
// not count, except that another Content-Security-Policy stays, because a browser obeys
// each of them, and another Cache-Control beside a value without no-store. A header that is
// missing comes back on a status of 400 or above, because http.FileServer deletes
// Cache-Control there. A 304 has no policy with a nonce.
//
// Handler panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("headers: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := m.set(w.Header(), r)
		defer carrier.Restore(r, c)
		next.ServeHTTP(w, c)
	})
}

// set sets the headers of the response to r in h and returns the request for
// the next handler. It runs for every request, so it formats, checks and looks
// up nothing. Without a nonce it allocates nothing if the request has a
// carrier.Record, and otherwise one array of values. With a nonce it allocates
// three objects: the copy of the request, its context and the text of the
// policies.
func (m *Middleware) set(h http.Header, r *http.Request) *http.Request {
	rec := carrier.From(r.Context())
	v := &m.insecure
	// RFC 6797, section 7.2, forbids HSTS on a response over plain HTTP.
	if host, secure := carrier.Origin(r); secure {
		v = &m.secure
		if withoutHSTS(host) {
			v = &m.local
		}
	}
	for _, name := range v.removed {
		delete(h, name)
	}
	if len(v.templates) == 0 {
		setFixed(h, v.fixed, rec.Values(len(v.fixed)))
		rec.Promise(v, "")
		if _, outer := Nonce(r.Context()); outer {
			return r.WithContext(&nonceContext{Context: r.Context()}) // the nonce of the outer policy is not sent
		}
		return r
	}
	ctx := &nonceContext{Context: r.Context()}
	values := ctx.values[:]
	if n := len(v.templates) + len(v.fixed); n > len(values) {
		values = make([]string, n) // one allocation more
	}
	setFixed(h, v.fixed, values[len(v.templates):])
	v.fillTemplates(h, ctx, values)
	rec.Promise(v, ctx.nonce)
	return r.WithContext(ctx)
}

// setFixed gives each header a slice whose capacity is 1. So an append by a
// handler cannot overwrite the value of the next header.
func setFixed(h http.Header, fixed []header, values []string) {
	for i := range fixed {
		values[i] = fixed[i].value
		h[fixed[i].name] = values[i : i+1 : i+1]
	}
}
