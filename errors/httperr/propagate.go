package httperr

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Propagate returns a transport that passes the correlation ID and the
// traceparent of the request being served on to other services of yours. It
// sends them to hosts only, because other parties must not see the identifiers
// of your requests. The requests are sent by base; nil is http.DefaultTransport.
//
// The correlation ID, in Config.CorrelationHeader, replaces the one that the
// outgoing request already has. A traceparent of the outgoing request stays,
// because a tracer has set it, whether it continues the trace or began one here. It is replaced only if it equals the
// one of the client, as in a request that a proxy copied, or if it is malformed.
// Then, and if there is none, the client's well-formed traceparent is sent.
// Propagate does not touch tracestate.
//
// Propagate finds the request being served through the context of the outgoing
// request, so make the outgoing one with
// http.NewRequestWithContext(r.Context(), …).
//
// Write a host as in a URL and in lower case: "api.internal" or
// "api.internal:8443". It matches only requests to exactly that host and port.
// Propagate refuses an empty list and hosts that cannot match, with all faults
// joined.
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
		u, err := url.Parse("https://" + h)
		if err != nil || h == "" || u.Host != h || u.Hostname() == "" ||
			strings.ToLower(h) != h || strings.ContainsAny(h, "*@") || strings.HasSuffix(h, ":") {
			faults.Add(fmt.Sprintf("hosts[%d]", i), h,
				"is not a host that a URL can have", `write it as "api.internal" or "api.internal:8443"`)
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

// RoundTrip implements http.RoundTripper. It does not change req.
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
	// A proxy copies the headers of its client, so values that are already there
	// may come from the client.
	if f.CorrelationID != "" {
		req.Header[outermost(f.Outer).cfg.CorrelationHeader] = []string{f.CorrelationID}
	}
	switch given := traceparentOf(req); {
	case given != "" && given != f.Traceparent:
		// A tracer has set it.
	case f.Traceparent != "":
		req.Header[headerTraceparent] = []string{f.Traceparent}
	default:
		delete(req.Header, headerTraceparent)
	}
	return p.base.RoundTrip(req)
}

// CloseIdleConnections serves http.Client, which calls it on its transport.
func (p *propagator) CloseIdleConnections() {
	if c, ok := p.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
