// Package headers sets the response headers that tell a browser what it must
// not do with a response: run foreign scripts in it, frame it, guess its type,
// send its address to other sites, or come back over plain HTTP.
//
// # Use
//
//	hdr, err := headers.New(headers.API())
//	handler := hdr.Handler(mux)
//
// [API] suits a service whose clients are programs. It is also the meaning of
// the zero [Config]. [Browser] suits a service that serves pages. Both return a
// new Config, which the caller may change field by field:
//
//	cfg := headers.Browser()
//	cfg.CSP.ImgSrc = []string{"'self'", "https://images.example"}
//	cfg.CrossOriginOpenerPolicy = headers.Off
//	hdr, err := headers.New(cfg)
//
// Scripts and styles of a page carry the nonce of its request:
//
//	nonce, ok := headers.Nonce(r.Context())
//	// <script nonce="{{.Nonce}}">
//
// The handler of a logout also asks the browser to delete the data of the origin:
//
//	headers.ClearSiteData{}.Set(w.Header())
//
// In front of another service, ModifyResponse of httputil.ReverseProxy is
// [Middleware.FromUpstream]. Outside of package httperr, [Enforce] goes around the chain.
//
// # Options
//
//	CSP                        default-src 'none'; frame-ancestors 'none'
//	CSPReportOnly              a second policy that is only reported on
//	ReportingEndpoints         the URLs that reports are sent to
//	StrictTransportSecurity    max-age=63072000; includeSubDomains; not for
//	                           localhost, its subdomains and IP addresses
//	ContentTypeOptions         nosniff
//	FrameOptions               DENY
//	ReferrerPolicy             no-referrer
//	CrossOriginResourcePolicy  same-origin
//	CrossOriginOpenerPolicy    no default; same-origin in Browser
//	CrossOriginEmbedderPolicy  no default
//	OriginAgentCluster         no default
//	PermissionsPolicy          no powerful feature
//	IntegrityPolicy            no default
//	CacheControl               no-store
//
//	PermittedCrossDomainPolicies         no default
//	CrossOriginOpenerPolicyReportOnly    a policy that is only reported on
//	CrossOriginEmbedderPolicyReportOnly  a policy that is only reported on
//	PermissionsPolicyReportOnly          a policy that is only reported on
//	IntegrityPolicyReportOnly            a policy that is only reported on
//
// Package headers/reports receives the reports.
//
// # Moving to this package
//
// The page examples/migrate/web moves a service from unrolled/secure.
//
// # Threat
//
// A missing header is invisible: the page works. A misspelt header is invisible
// too, because a browser skips a name that it does not know. The same is true
// of an unquoted self in a policy, of a nonce that is used twice, and of a
// preload directive that no browser will honour. And a policy whose sources are all
// right may still be open as a whole: a nonce without base-uri, or a nonce in a page
// that a cache keeps.
//
// # Invariant
//
// [New] parses and compiles every value, checks the policy as a whole, and returns all
// faults at once. A [Middleware] sends exactly its headers, each under the name that its
// specification gives it, on every response of the inner handlers. Inside of httperr or
// [Enforce] this includes the error pages of http.FileServer, which delete
// Cache-Control, and a service behind a proxy, which adds a second line. A nonce is 128
// random bits, new for each request, and never part of a format string.
//
// # Place in the chain
//
// Outside every layer that answers, so that refusals carry the headers too. But
// inside clientip, because clientip knows whether the client came over HTTPS
// when a proxy ends TLS. A second middleware around one route replaces the
// values of the first by name. A handler has the last word: a value that it sets
// replaces the value of Config.
//
// # What the caller must do
//
// Serve files that may be cached with a Cache-Control of their own: the default
// is no-store. Relax CrossOriginResourcePolicy on responses that pages of other
// origins load without CORS, such as an image that they embed. A fetch that
// package cors allows needs no relaxed value: browsers ask for the
// Cross-Origin-Resource-Policy in the mode no-cors only. Send Strict-Transport-Security with
// includeSubDomains only if every host name under yours speaks HTTPS, because
// includeSubDomains promises that.
package headers
