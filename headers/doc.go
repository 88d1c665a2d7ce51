// Package headers sets the response headers that tell a browser what it must
// not do with a response: run foreign script in it, frame it, sniff its type,
// leak its address, or come back over plain HTTP.
//
// # Threat
//
// A missing header is invisible: the page works. A misspelt one is invisible
// too, because a browser skips what it does not know, and so are an unquoted
// self in a policy, a nonce that is the same twice, and a preload directive
// that no browser will honour.
//
// # Invariant
//
// Every value is parsed and compiled by [New], which returns all faults at
// once; a middleware that was made sends exactly its headers, each under the
// name that its specification gives it, on every response that the handlers
// inside it produce, errors included. A nonce is 128 random bits, new for
// each request, and never part of a format string.
//
// # Place in the chain
//
// Outside everything that answers, so that refusals carry the headers too, and
// inside clientip, which knows whether the client came over HTTPS when a proxy
// ends TLS. A second middleware around one route replaces the values of the
// first by name. A handler has the last word: what it sets or deletes in its
// response is what is sent.
//
// # What the caller must do
//
// Serve files that may be cached with a Cache-Control of their own: the
// default is no-store. Relax CrossOriginResourcePolicy on what other origins
// may load, which package cors does not do by itself. Say Strict-Transport-
// Security only if every host name under yours speaks HTTPS, which is what
// includeSubDomains promises.
//
// # Use
//
// [API] suits a service that answers programs; it is also what the zero
// [Config] means. [Browser] suits one that serves pages. Both return a Config
// of the caller's own, to be changed field by field:
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
package headers
