package allowedhosts

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/exemptpath"
	"github.com/go-sallyport/sallyport/internal/hostlist"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrHost refuses a host that is not listed. The status is 421 and not 400, because the
// request is well-formed, but this server does not answer for its authority (RFC 9110,
// section 15.5.20).
var ErrHost = &httperr.Error{
	Status:  http.StatusMisdirectedRequest,
	Code:    "unknown_host",
	Message: "The server does not answer for this host. Use one of its names.",
}

// errNotListed is made once, so that a flood of refusals does not allocate an error for
// each.
var errNotListed = ErrHost.With(errors.New("allowedhosts: the host is not in Hosts (Config.Hosts)"))

// Config lists the hosts. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Hosts lists the hosts in lower case and without a port: "example.com",
	// "192.0.2.7", "[2001:db8::1]". "*.example.com" is every name below example.com, at
	// any depth, and not example.com itself. Refused are "*.com" and the like, below which
	// each name has another owner.
	Hosts []string

	// Exempt lists paths that are served for every host. A path that ends in "/" stands
	// for all paths below it, any other path for itself ("/healthz"): load balancers and
	// Kubernetes often send the address of the server as the host. A request path with
	// "..", empty segments or needless escapes is never exempt.
	Exempt []string

	// Deny answers a request that is refused; next does not run. Nil is httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is called with the decision on every request, before the response begins.
	// It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Decision is the decision on one request.
type Decision struct {
	Exempt bool  // the path is exempt, and the host was not compared
	Err    error // ErrHost, or nil if the request may pass
}

// Middleware compares the host of each request with the list. It is safe for concurrent
// use. The zero Middleware is not usable; make one with New.
type Middleware struct {
	hosts   map[string]struct{}
	domains map[string]struct{} // of "*." and a domain
	exempt  exemptpath.List
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{hosts: map[string]struct{}{}, domains: map[string]struct{}{}, deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	f := httperr.ConfigFaults{Package: "allowedhosts"}
	if len(cfg.Hosts) == 0 {
		f.Add("Hosts", nil, "at least one host is required", "list the hosts that this server answers for")
	}
	for i, host := range cfg.Hosts {
		list, name := m.hosts, host
		if domain, ok := strings.CutPrefix(host, "*."); ok {
			list, name = m.domains, domain
		}
		reason, fix := hostlist.Fault(name)
		_, twice := list[name]
		switch {
		case reason != "":
		case twice:
			reason, fix = "given twice", "remove one of them"
		case name != host && !isDomain(name):
			reason, fix = "not below a domain of one owner", "write it as in \"*.example.com\""
		}
		if reason != "" {
			f.Add(fmt.Sprintf("Hosts[%d]", i), host, reason, fix)
			continue
		}
		list[name] = struct{}{}
	}
	m.exempt = exemptpath.New("Exempt", cfg.Exempt, &f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// isDomain reports whether names below s can belong to one owner: s has two labels, and
// is no address.
func isDomain(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	return len(last) < len(s) && s[0] != '[' && strings.Trim(last, "0123456789") != ""
}

// Check decides on r and changes nothing. The error is [ErrHost].
func (m *Middleware) Check(r *http.Request) (Decision, error) {
	if m.exempt.Has(r) {
		return Decision{Exempt: true}, nil
	}
	if !m.allows(hostlist.Of(r)) {
		return Decision{Err: errNotListed}, errNotListed
	}
	return Decision{}, nil
}

func (m *Middleware) allows(host string) bool {
	if _, ok := m.hosts[host]; ok {
		return true
	}
	if len(m.domains) == 0 || len(host) > 253 || hostlist.Malformed(host) {
		return false
	}
	for {
		_, above, found := strings.Cut(host, ".")
		if !found {
			return false
		}
		if _, ok := m.domains[above]; ok {
			return true
		}
		host = above
	}
}

// Handler runs next if the host of the request is allowed, and Deny otherwise. It panics
// if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("allowedhosts: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := m.Check(r)
		if m.observe != nil {
			m.observe(r, d)
		}
		if err != nil {
			m.deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
