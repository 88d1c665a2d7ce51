// Package web is the code of the page about CORS, headers and validation: each peer as services
// use it, and the same on this library. README.md is the page.
package web

import (
	"net/http"

	rscors "github.com/rs/cors"
	"github.com/unrolled/secure"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/headers"
)

// page: cors-before
func corsBefore(next http.Handler) http.Handler {
	return rscors.New(rscors.Options{
		AllowedOrigins:   []string{"https://app.example", "https://*.app.example"},
		AllowedMethods:   []string{"GET", "POST", "PUT"},
		AllowedHeaders:   []string{"Content-Type", "Authorization"},
		ExposedHeaders:   []string{"X-Request-Id"},
		AllowCredentials: true,
		MaxAge:           600,
	}).Handler(next)
}

// page: end

// page: cors-after
func corsAfter() (*cors.Middleware, error) {
	return cors.New(cors.Config{
		Origins:        []string{"https://app.example", "https://*.app.example"},
		Methods:        []string{"PUT"}, // GET, HEAD and POST need no permission
		RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposeHeaders:  []string{"X-Request-Id"},
		ExposeOwn:      true, // also the fields of this library
		Credentials:    true,
		MaxAge:         600e9,
	})
}

// page: end

// page: cors-shadow
// corsShadow runs inside of the old middleware and reports each request with an Origin that this
// library would not let through, or whose response it would not let the origin read.
func corsShadow(xo *cors.Middleware, report func(string), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d, err := xo.Check(r); r.Header.Get("Origin") != "" && (err != nil || !d.Granted) {
			report(r.Method + " " + r.URL.Path)
		}
		next.ServeHTTP(w, r)
	})
}

// page: end

// page: secure-before
func secureBefore(next http.Handler) http.Handler {
	return secure.New(secure.Options{
		SSLRedirect:           false,
		STSSeconds:            31536000,
		STSIncludeSubdomains:  true,
		FrameDeny:             true,
		ContentTypeNosniff:    true,
		BrowserXssFilter:      true,
		ReferrerPolicy:        "same-origin",
		ContentSecurityPolicy: "script-src $NONCE",
	}).Handler(next)
}

// page: end

// page: secure-after
func secureAfter() (*headers.Middleware, error) {
	c := headers.Browser() // headers.API() for a service without pages
	c.StrictTransportSecurity = "max-age=31536000; includeSubDomains"
	c.ReferrerPolicy = "same-origin"
	c.CSP = headers.CSP{DefaultSrc: []string{"'self'"}, ScriptSrc: []string{"'nonce'"}, ObjectSrc: []string{"'none'"},
		BaseURI: []string{"'none'"}, FrameAncestors: []string{"'none'"}}
	return headers.New(c)
}

// page: end

// page: secure-report
// secureReport keeps the policy of before, and lets browsers report violations of the next one.
func secureReport() (*headers.Middleware, error) {
	c := headers.Browser()
	c.CSP = headers.CSP{ScriptSrc: []string{"'nonce'"}, FrameAncestors: []string{"'none'"}}
	c.CSPReportOnly = headers.CSP{DefaultSrc: []string{"'self'"}, ScriptSrc: []string{"'nonce'"}, ReportTo: "csp"}
	c.ReportingEndpoints = map[string]string{"csp": "/csp-reports"}
	return headers.New(c)
}

// page: end
