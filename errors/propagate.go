package httperr

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Propagate returns a transport that passes the correlation ID and the
// traceparent of the request being served on to other services of yours: to
// hosts and to no other, for the identifiers of your requests are nobody
// else's business. base does the work; nil is http.DefaultTransport.
//
// The request being served is found by the context of the outgoing one, so
// make that with http.NewRequestWithContext(r.Context(), …).
//
// A host is written as in a URL, "api.internal" or "api.internal:8443", lower
// case, and matches only requests to just that host and port. Propagate refuses,
// with all faults joined, an empty list and hosts that cannot match.
func Propagate(base http.RoundTripper, hosts ...string) (http.RoundTripper, error) {
	if base == nil {
		base = http.DefaultTransport
	}
	faults := ConfigFaults{Package: "errors"}
	if len(hosts) == 0 {
		faults.Add("hosts", nil, "the identifiers would go to nobody", "list the hosts of your own services")
	}
	allowed := make(map[string]bool, len(hosts))
	for i, h := range hosts {
		if u, err := url.Parse("https://" + h); err != nil || h == "" || u.Host != h || u.Hostname() == "" || strings.ToLower(h) != h || strings.ContainsAny(h, "*@") || strings.HasSuffix(h, ":") {
			faults.Add(fmt.Sprintf("hosts[%d]", i), h, "is not a host that a URL can have", `write it as "api.internal" or "api.internal:8443"`)
		}
		allowed[h] = true
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &propagator{base: base, hosts: allowed}, nil
}

type propagator struct {
	base  http.RoundTripper
	hosts map[string]bool
}

// RoundTrip implements http.RoundTripper. It leaves req as it is.
func (p *propagator) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := carrier.From(req.Context())
	if rec == nil || !p.hosts[strings.ToLower(req.URL.Host)] {
		return p.base.RoundTrip(req)
	}
	f := rec.Facts()
	req = req.Clone(req.Context())
	if req.Header == nil {
		req.Header = make(http.Header, 2)
	}
	set := func(name, value string) {
		if value != "" && req.Header.Get(name) == "" {
			req.Header.Set(name, value)
		}
	}
	set(headerCorrelation, f.CorrelationID)
	set(headerTraceparent, f.Traceparent)
	return p.base.RoundTrip(req)
}

// CloseIdleConnections serves http.Client, which asks its transport for it.
func (p *propagator) CloseIdleConnections() {
	if c, ok := p.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
