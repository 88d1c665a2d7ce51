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
// [NewLifecycle] announces that a resource is deprecated and when it goes away.
//
// # Options
//
//	CSP                        default-src 'none'; frame-ancestors 'none'
//	CSPReportOnly              a second policy that is only reported on
//	ReportingEndpoints         the URLs that reports are sent to
//	StrictTransportSecurity    max-age=63072000; includeSubDomains
//	ContentTypeOptions         nosniff
//	FrameOptions               DENY
//	ReferrerPolicy             no-referrer
//	CrossOriginResourcePolicy  same-origin
//	CrossOriginOpenerPolicy    no default; same-origin in Browser
//	CrossOriginEmbedderPolicy  no default
//	PermissionsPolicy          no default; in Browser, no powerful feature
//	CacheControl               no-store
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
// preload directive that no browser will honour.
//
// # Invariant
//
// [New] parses and compiles every value, and returns all faults at once. A
// [Middleware] sends exactly its headers, each under the name that its
// specification gives it, on every response of the inner handlers, errors
// included. A nonce is 128 random bits, new for each request, and never part of
// a format string.
//
// # Place in the chain
//
// Outside every layer that answers, so that refusals carry the headers too. But
// inside clientip, because clientip knows whether the client came over HTTPS
// when a proxy ends TLS. A second middleware around one route replaces the
// values of the first by name. A handler has the last word: the response is
// sent with every change that the handler makes to the headers.
//
// # What the caller must do
//
// Serve files that may be cached with a Cache-Control of their own: the default
// is no-store. Relax CrossOriginResourcePolicy on responses that other origins
// may load; package cors does not do so. Send Strict-Transport-Security with
// includeSubDomains only if every host name under yours speaks HTTPS, because
// includeSubDomains promises that.
package headers
