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
// else's business. It replaces what is there, but for a traceparent of the same
// trace, which a tracer has set. base does the work; nil is
// http.DefaultTransport.
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
	faults := ConfigFaults{Package: "httperr"}
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
	// What is there already may be what the client sent: a proxy copies it.
	req.Header[headerCorrelation] = []string{f.CorrelationID}
	switch own := req.Header[headerTraceparent]; {
	case len(own) == 1 && f.TraceID() != "" && validTraceparent(own[0]) && traceID(own[0]) == f.TraceID():
		// A tracer has made a child of the same trace.
	case f.Traceparent != "":
		req.Header[headerTraceparent] = []string{f.Traceparent}
	default:
		delete(req.Header, headerTraceparent)
	}
	return p.base.RoundTrip(req)
}

func traceID(traceparent string) string {
	f := carrier.Facts{Traceparent: traceparent}
	return f.TraceID()
}

// CloseIdleConnections serves http.Client, which asks its transport for it.
func (p *propagator) CloseIdleConnections() {
	if c, ok := p.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
