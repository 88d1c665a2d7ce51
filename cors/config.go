package cors

import (
	"net/http"
	"time"
)

// Config says which origins may read responses, and what they may send. The
// zero Config is refused: there is no origin that is safe for everybody.
type Config struct {
	_ [0]func()

	// Origins lists the origins that may read responses, as browsers send
	// them: "https://app.example.com", "http://localhost:3000". A leading
	// "*." stands for one or more labels of a host, and a port "*" for any
	// port and none: "https://*.example.com", "https://dev.example.com:*".
	// No other wildcard exists.
	//
	// Refused are "*" and "null", wildcards elsewhere, whatever no browser
	// ever sends (paths, default ports, upper case, Unicode), and, unless the
	// two fields below say otherwise, subdomains of a public suffix and, with
	// Credentials, plain http to anything but the machine itself.
	Origins []string

	// AllowAnyOrigin lets every page read every response, those of sandboxed
	// pages included: right for a public API without cookies, wrong behind a
	// firewall. Refused together with Origins or Credentials.
	AllowAnyOrigin bool

	// Credentials lets the origins send cookies and client certificates, and
	// read what they get for them.
	Credentials bool

	// Methods lists the methods that may be sent beside GET, HEAD and POST,
	// which the Fetch standard allows to everybody. Upper case, except that
	// "put", "delete" and "options" are read as browsers read them. Refused
	// are "*", and methods that browsers never send.
	Methods []string

	// RequestHeaders lists the request headers that may be sent beside those
	// that a plain form can send. The default is none. Content-Type must be
	// listed for any type but a form's, so for JSON. "*" stands for all but
	// Authorization, which must always be listed, and is refused with
	// Credentials. Refused are headers that browsers do not let scripts set.
	RequestHeaders []string

	// ExposeHeaders lists the response headers that scripts may read beside
	// those that the Fetch standard lets everybody read, such as
	// Content-Type. "*" stands for all, and is refused with Credentials.
	ExposeHeaders []string

	// MaxAge is how long a browser may remember a granted preflight: whole
	// seconds, at most 24 hours (browsers cap it, at two hours or less).
	// 0 leaves it to the browser (5 s), -1 forbids it.
	MaxAge time.Duration

	// DangerouslyAllowInsecureOrigins accepts http origins together with
	// Credentials: whoever is on the network path then reads what a user may.
	DangerouslyAllowInsecureOrigins bool

	// DangerouslyAllowPublicSuffix accepts "*." before a public suffix such
	// as github.io: whoever registers a name there is let in.
	DangerouslyAllowPublicSuffix bool

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. Nothing but a preflight is ever refused.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that carries an Origin
	// field, before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Decision says what was decided on one request. The zero Decision is that
// on a request without an Origin field, or of an origin that may not read the
// response and is no preflight.
type Decision struct {
	Preflight bool // OPTIONS, with Origin and Access-Control-Request-Method

	// Granted says that the origin may read the response. If it may not, the
	// request goes on all the same, unless it is a preflight.
	Granted bool

	Err error // ErrOrigin, ErrMethod or ErrHeader; nil if the request passes
}
