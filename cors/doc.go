// Package cors lets chosen foreign origins read the responses of a service,
// and refuses every configuration that would let in more than was meant.
//
// # Threat
//
// The same-origin policy keeps a page of one site from reading the answers
// that another site gives to its visitor. CORS relaxes it, and the usual
// mistakes relax it for everybody: a reflected origin with credentials, the
// null origin (any page obtains it with a sandboxed iframe), a suffix without
// its dot (evilexample.com), a wildcard on a domain where anyone may register
// a name (*.github.io), plain http, which whoever is on the network can speak
// for. A browser shows none of these to the developer: everything works.
//
// # Invariant
//
// Access-Control-Allow-Origin names an origin only if the request carried
// exactly that origin, byte for byte, in one Origin field, and the
// configuration allows it; "*" is sent only for [Config].AllowAnyOrigin, and
// never with credentials. Each response says Vary: Origin. A preflight that is
// not granted in full is refused with 403 and the error envelope, and carries
// no Access-Control field at all.
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
// Know that CORS is not access control, and that it does not stop forged
// requests: it decides who may read a response, after the request has been
// served. A request from a foreign origin therefore reaches the next handler,
// without CORS headers. Against forged requests put
// [net/http.CrossOriginProtection] in front of the handlers that change
// something, and tell it the same origins by AddTrustedOrigin.
//
// Let no handler inside set Access-Control fields of its own.
package cors
