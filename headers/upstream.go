package headers

import (
	"net/http"
	"strings"
)

// FromUpstream removes the fields from the response of another service that must not reach
// the client: each field that m sends or switches off, each Access-Control field, Server and
// X-Powered-By. It is made for httputil.ReverseProxy, and always returns nil:
//
//	proxy := &httputil.ReverseProxy{Rewrite: rewrite, ModifyResponse: hdr.FromUpstream}
//	handler := hdr.Handler(xo.Handler(proxy))
//
// ReverseProxy adds the fields of the other service to the fields that hdr and xo have set.
// Browsers drop some headers that have two lines, and a second Access-Control-Allow-Origin
// may let another origin in. Without an httperr.Middleware, put [Enforce] around hdr.Handler:
// ReverseProxy clears the whole header after it has forwarded an informational response.
//
// The removed fields include Cache-Control and Content-Security-Policy: the Config of m
// decides, and not the other service.
func (m *Middleware) FromUpstream(res *http.Response) error {
	for name := range res.Header {
		canonical := http.CanonicalHeaderKey(name)
		if canonical == "Server" || canonical == "X-Powered-By" || strings.HasPrefix(canonical, "Access-Control-") ||
			m.insecure.owns(canonical) || m.secure.owns(canonical) {
			delete(res.Header, name)
		}
	}
	return nil
}
