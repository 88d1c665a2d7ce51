package tlsconf

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/exemptpath"
	"github.com/go-sallyport/sallyport/internal/hostlist"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Refusals of a request that came without TLS.
var (
	// ErrMisdirected refuses a host that is not listed. The status is 421 and
	// not 400, because the request is well-formed, but this server does not
	// answer for its authority (RFC 9110, section 15.5.20).
	ErrMisdirected = &httperr.Error{
		Status:  http.StatusMisdirectedRequest,
		Code:    "misdirected_request",
		Message: "The server does not answer for this host. Use one of its names.",
	}

	// ErrHTTPSRequired refuses a request to a host of HTTPSOnly. The client must
	// send it again over https, and regard a credential in it as disclosed.
	ErrHTTPSRequired = &httperr.Error{Status: http.StatusForbidden, Code: "https_required", Message: "This host answers over https only. Send the request over https."}

	// ErrTarget refuses a request target without a path, such as the target of
	// CONNECT, and a target that is no URI. There is no address to redirect to.
	ErrTarget = &httperr.Error{Status: http.StatusBadRequest, Code: "bad_request_target", Message: "The request target is not a path."}
)

// These errors are made once, so that a flood of refusals does not allocate an error
// for each.
var (
	errNoHost = ErrMisdirected.With(errors.New("tlsconf: the host is neither in Hosts nor in HTTPSOnly"))
	errNoTLS  = ErrHTTPSRequired.With(errors.New("tlsconf: plain http for a host in HTTPSOnly"))
)

// RedirectConfig says where plain http is redirected. The zero RedirectConfig is
// refused: without a list of hosts, the client would choose the host.
type RedirectConfig struct {
	_ [0]func()

	// Hosts lists the hosts that are redirected, in lower case and without a
	// port: "example.com", "192.0.2.7", "[2001:db8::1]". A request for any
	// other host is refused. There are no wildcards. A request may end a name
	// with a dot; the redirect does not.
	Hosts []string

	// HTTPSOnly lists the hosts that answer plain http with 403 instead of a
	// redirect, spelled as in Hosts. Use it for APIs: a program follows a redirect
	// without a word, and so sends its credential unencrypted with every request
	// (OWASP ASVS 5.0, 4.1.2).
	HTTPSOnly []string

	// Port is the port of https; 0 is 443.
	Port int

	// Exempt lists paths that are served over http too. A path that ends in "/"
	// stands for all paths below it, any other path for itself ("/healthz"). List
	// "/.well-known/acme-challenge/" if next answers the challenges HTTP-01 of an ACME
	// client. A request path with "..", empty segments or
	// needless escapes is never exempt, because a router might read it in
	// another way.
	Exempt []string

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is called with the decision on every request that came without
	// TLS, before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Decision is the decision on one request. The zero Decision lets the request
// through.
type Decision struct {
	Location string // the target of the redirect
	Exempt   bool   // the request is let through without TLS
	Err      error  // ErrMisdirected, ErrHTTPSRequired or ErrTarget; nil if it is not refused
}

// Redirect redirects plain http to https. It is safe for concurrent use. The zero
// Redirect is not usable; make one with NewRedirect.
type Redirect struct {
	hosts   map[string]string // from a host to the beginning of Location, or "" if it is in HTTPSOnly
	exempt  exemptpath.List
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// NewRedirect compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func NewRedirect(cfg RedirectConfig) (*Redirect, error) {
	m := &Redirect{hosts: make(map[string]string, len(cfg.Hosts)), deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	f := httperr.ConfigFaults{Package: "tlsconf"}
	port := ""
	switch {
	case cfg.Port < 0 || cfg.Port > 65535 || cfg.Port == 80:
		f.Add("Port", cfg.Port, "not a port that can speak https", "write 1-65535, or 0 for 443")
	case cfg.Port != 0 && cfg.Port != 443:
		port = ":" + strconv.Itoa(cfg.Port)
	}
	if len(cfg.Hosts)+len(cfg.HTTPSOnly) == 0 {
		f.Add("Hosts", nil, "at least one host is required", "list the hosts that this server answers for, in Hosts or HTTPSOnly")
	}
	m.addHosts("Hosts", cfg.Hosts, &f, func(host string) string { return "https://" + host + port })
	m.addHosts("HTTPSOnly", cfg.HTTPSOnly, &f, func(string) string { return "" })
	if len(cfg.Hosts) == 0 && len(cfg.HTTPSOnly) > 0 && cfg.Port != 0 {
		f.Add("Port", cfg.Port, "no host is redirected", "remove it, or list the hosts in Hosts")
	}
	m.exempt = exemptpath.New("Exempt", cfg.Exempt, &f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Redirect) addHosts(field string, hosts []string, f *httperr.ConfigFaults, location func(string) string) {
	for i, host := range hosts {
		reason, fix := hostlist.Fault(host)
		if _, twice := m.hosts[host]; reason == "" && twice {
			reason, fix = "given twice", "remove one of them"
		}
		if reason != "" {
			f.Add(fmt.Sprintf("%s[%d]", field, i), host, reason, fix)
			continue
		}
		m.hosts[host] = location(host)
	}
}

// Check decides on r and changes nothing. If clientip runs outside, its scheme
// decides whether a request is secure. Otherwise a request is secure if it came
// over TLS. Check never reads forwarding headers. The error is [ErrMisdirected],
// [ErrHTTPSRequired] or [ErrTarget].
func (m *Redirect) Check(r *http.Request) (Decision, error) {
	switch {
	case carrier.Secure(r):
		return Decision{}, nil
	case m.exempt.Has(r):
		return Decision{Exempt: true}, nil
	}
	base, ok := m.hosts[hostlist.Of(r)]
	switch {
	case !ok:
		return Decision{Err: errNoHost}, errNoHost
	case base == "":
		return Decision{Err: errNoTLS}, errNoTLS
	}
	target, ok := redirectTarget(r)
	if !ok {
		return Decision{Err: ErrTarget}, ErrTarget
	}
	return Decision{Location: base + target}, nil
}

// Handler answers a request without TLS with 308 to the same resource over
// https, or with Deny. 308 keeps the method and the body. Exempt paths and
// requests over TLS go to next.
//
// The redirect must not be cached (no-store): browsers remember
// Strict-Transport-Security instead, and a cache that does not distinguish http
// from https would answer an https request with a redirect to itself.
func (m *Redirect) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("tlsconf: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := m.Check(r)
		if m.observe != nil && d != (Decision{}) {
			m.observe(r, d)
		}
		switch {
		case err != nil:
			m.deny(w, r, err)
		case d.Location == "":
			next.ServeHTTP(w, r)
		default:
			v := carrier.From(r.Context()).Values(2)
			v[0], v[1] = d.Location, "no-store"
			h := w.Header()
			h["Location"] = v[0:1:1]
			h["Cache-Control"] = v[1:2:2]
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	})
}
