package browser

import (
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
)

// Gateway returns a proxy to a service that may send CORS and security headers of its own. The
// layers inside of httperr.Middleware keep their promises all the same.
func Gateway(policy cors.Config, service *url.URL) (http.Handler, error) {
	outer, err := httperr.New(httperr.Config{})
	if err != nil {
		return nil, err
	}
	inner, err := unsettled(policy, service)
	if err != nil {
		return nil, err
	}
	return outer.Handler(inner), nil
}

// unsettled is Gateway without httperr.Middleware, and without headers.Enforce, which does the same.
// Each layer then sets its headers before the proxy runs, and the headers of the service are
// added to them. It is the control of the tests.
func unsettled(policy cors.Config, service *url.URL) (http.Handler, error) {
	hdr, err := headers.New(headers.Browser())
	if err != nil {
		return nil, err
	}
	xo, err := cors.New(policy)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(service) }}
	return hdr.Handler(xo.Handler(proxy)), nil
}
