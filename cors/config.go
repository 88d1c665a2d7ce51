package cors

import (
	"net/http"
	"time"
)

// Config says which origins may read responses, and which requests they may
// send. The zero Config is refused: no origin is safe for every service.
type Config struct {
	_ [0]func()

	// Origins lists the origins that may read responses, as browsers send
	// them: "https://app.example.com", "http://localhost:3000". A leading
	// "*." stands for one or more labels of a host. A port "*" stands for any
	// port and also for a missing port: "https://*.example.com",
	// "https://dev.example.com:*". No other wildcard exists.
	//
	// Refused are "*" and "null", wildcards elsewhere, and forms that no
	// browser ever sends (paths, default ports, upper case, Unicode). Refused
	// as well, unless one of the two Dangerously fields below allows it, are
	// subdomains of a public suffix and, with Credentials, plain http to any
	// host but the machine itself.
	Origins []string

	// AllowAnyOrigin lets every page read every response, sandboxed pages
	// included. This is right for a public API without cookies, and wrong
	// behind a firewall. Refused together with Origins or Credentials.
	AllowAnyOrigin bool

	// Credentials lets the origins send cookies and client certificates, and
	// read the responses to such requests.
	Credentials bool

	// Methods lists the methods that may be sent beside GET, HEAD and POST,
	// which the Fetch standard allows to every page. Methods are written in
	// upper case; only "put", "delete" and "options" are read as upper case,
	// because browsers convert them. Refused are "*", and methods that
	// browsers never send.
	Methods []string

	// RequestHeaders lists the request headers that may be sent beside the
	// headers that a plain form can send. The default is an empty list.
	// Content-Type must be listed for every type that a form cannot send, for
	// example JSON. "*" stands for all headers but Authorization, which must
	// always be listed; "*" is refused with Credentials. Refused are headers
	// that browsers do not let scripts set.
	RequestHeaders []string

	// ExposeHeaders lists the response headers that scripts may read beside
	// the headers that the Fetch standard lets every script read, such as
	// Content-Type. "*" stands for all, and is refused with Credentials.
	ExposeHeaders []string

	// ExposeOwn also exposes the response headers of this library: the correlation ID under the
	// name that the httperr.Middleware around has, Retry-After, RateLimit, RateLimit-Policy,
	// WWW-Authenticate, Deprecation, Sunset, Link and X-API-Key-Expires.
	ExposeOwn bool

	// Routes has a policy for each pattern of http.ServeMux, without a method, that has another
	// one than the rest of the service. Such a policy takes nothing from this Config but
	// Deny and Observe. It is the way to open one route wider: a preflight never
	// reaches a Handler inside of this one. A path that two routers may read in two ways, such as
	// "//public/a" or "/public%2Fa", is granted nothing if the two readings have two policies.
	//
	//	Routes: map[string]cors.Config{"/public/": {AllowAnyOrigin: true}}
	Routes map[string]Config

	// MaxAge is how long a browser may remember a granted preflight: whole
	// seconds, at most 24 hours (browsers have a maximum of their own, of two
	// hours or less). 0 leaves the time to the browser (5 s), -1 forbids
	// remembering.
	MaxAge time.Duration

	// DangerouslyAllowInsecureOrigins accepts http origins together with
	// Credentials. An attacker on the network path can then read every
	// response that the user may read.
	DangerouslyAllowInsecureOrigins bool

	// DangerouslyAllowPublicSuffix accepts "*." before a public suffix such
	// as github.io. Every person who registers a name there is then let in.
	DangerouslyAllowPublicSuffix bool

	// Deny answers a request that is refused; next does not run. Only a preflight can be
	// refused. Nil is 403 with an empty body, because no script can read the response to a
	// preflight; the record of the request has the code and the cause.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that carries an Origin
	// field, before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Decision is the result of Check on one request. The zero Decision is the
// result for a request without an Origin field, and for a request that is no
// preflight and comes from an origin that may not read the response.
type Decision struct {
	Preflight bool // OPTIONS, with Origin and Access-Control-Request-Method

	// Granted says that the origin may read the response. A request that is
	// not granted still reaches the next handler, unless it is a preflight.
	Granted bool

	Err error // ErrOrigin, ErrMethod or ErrHeader; nil if the request passes
}
