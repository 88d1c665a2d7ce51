// Package cors lets chosen foreign origins read the responses of a service,
// and refuses every configuration that would let in more than was meant.
//
// # Use
//
//	xo, err := cors.New(cors.Config{
//		Origins:        []string{"https://app.example.com"},
//		Credentials:    true,
//		Methods:        []string{"PUT", "PATCH", "DELETE"},
//		RequestHeaders: []string{"Content-Type", "Authorization"},
//	})
//	handler := xo.Handler(mux)
//
// # Options
//
//	Origins          the origins that may read responses; "*." is a wildcard
//	AllowAnyOrigin   every page may read every response
//	Credentials      the origins may send cookies and client certificates
//	Methods          methods beside GET, HEAD and POST
//	RequestHeaders   request headers beside those of a plain form
//	ExposeHeaders    response headers beside those that every script may read
//	ExposeOwn        the headers of this library, such as the correlation ID and RateLimit
//	Routes           another policy for some patterns of the path
//	MaxAge           how long a browser may remember a granted preflight
//	Deny, Observe    your own refusal and a hook for metrics
//
//	DangerouslyAllowInsecureOrigins, DangerouslyAllowPublicSuffix
//
// # Moving to this package
//
// The page examples/migrate/web moves a service from rs/cors, with both side by side first.
//
// # Threat
//
// The same-origin policy keeps a page of one site from reading the answers
// that another site gives to its visitor. CORS relaxes this policy. The usual
// mistakes relax it for every origin:
//
//   - an origin that is reflected, together with credentials
//   - the null origin, which any page obtains with a sandboxed iframe
//   - a suffix without its dot (evilexample.com)
//   - a wildcard on a domain where anyone may register a name (*.github.io)
//   - plain http, because an attacker on the network can speak for it
//
// A browser shows none of these mistakes to the developer: everything works.
//
// # Invariant
//
// Access-Control-Allow-Origin names an origin only if the request carried
// exactly that origin, byte for byte, in one Origin field, and the
// configuration allows it. The value "*" is sent only for
// [Config].AllowAnyOrigin, and never with credentials. Without AllowAnyOrigin, each response
// says Vary: Origin. A preflight that is not granted in full is refused with 403 and an empty
// body, and this response carries no Access-Control field at all.
//
// Inside of httperr.Middleware or of headers.Enforce this holds until the response is
// sent: a proxy around a service that grants every origin adds nothing.
//
// New asks [github.com/rs/cors] for a second opinion: it sends requests of each
// origin, method and header through both, and refuses a Config that the two
// answer differently.
//
// # Place in the chain
//
// After clientip and headers, before rate limits and authentication: a
// preflight carries no credentials, so authentication would refuse it. Wrap
// the router, not a handler under a pattern with a method: the router answers
// the OPTIONS of "PUT /notes" with 405 before the middleware sees it.
//
// # What the caller must do
//
// Know that CORS is not access control and does not stop forged requests. It
// decides which origin may read a response, after the request has been served.
// A request from a foreign origin therefore reaches the next handler, without
// CORS headers. Against forged requests put [Middleware.CrossOriginProtection] in
// front of the handlers that change something.
//
// A WebSocket handshake passes both. Give [Middleware.Allows] to the function that
// opens the WebSocket.
//
// Call [Middleware.Probe] when the service starts, if routes are registered with a
// method.
package cors
