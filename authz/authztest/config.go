package authztest

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authz/routes"
)

// TB is the part of testing.TB that Attack uses.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Config describes the service under test. The zero Config fails the test.
type Config struct {
	_ [0]func()

	// Handler is the whole service, with all layers in front of its router. For a service at
	// a URL it is an httputil.ReverseProxy. Its rate limits must admit some hundred requests
	// of one caller for each route: a 429 is a fault. Required.
	Handler http.Handler

	// Routes is the inventory of the service: the result of routes.Mux.Routes. Required.
	Routes []routes.Row

	// Sign puts the credential of c into r. Make it with Tokens, or write one for other
	// credentials: it then makes the API key, or logs in. It is called for each request,
	// never for an anonymous one. Required.
	Sign func(r *http.Request, c Caller) error

	// Caller is the rightful caller of all routes, with every scope and role that one of them
	// requires. A route with another rightful caller names it in its Target. Subject is required.
	Caller Caller

	// OtherUser is the Subject of another user. Required.
	OtherUser string

	// OtherTenant is another tenant of the service. It is required if an object guard of the
	// inventory compares tenants.
	OtherTenant string

	// OtherIssuer is another issuer of credentials that the service accepts; its users may have
	// the Subjects of the users of the first one. Empty: the service accepts one issuer.
	OtherIssuer string

	// Targets has a function for each route that needs values, a body or an ID. The key is the
	// Pattern of the route, or its Path for all its methods; the Body is then for POST, PUT,
	// PATCH and QUERY. The function makes an object of the rightful caller, a new one for each
	// call. Attack calls it again for an unsafe method, because the rightful request may have
	// deleted the object. A key without a route is refused.
	Targets map[string]func(*Client) Target

	// Public lists the patterns of all public routes. A public route that is not listed is a
	// fault, and so is a listed route that is not public.
	Public []string

	// Versions are the prefixes of routes.Config.Versions. A caller that a route refuses must
	// not be admitted by the same route of another version. Default: no versions.
	Versions []string

	// OwnerNames are names under which a client could try to name the owner of an object, in
	// a body or a query. Default: owner, owner_id, user, user_id, subject, sub, tenant and
	// tenant_id. A name that the Body or Query of a Target has is left out for its route.
	OwnerNames []string

	// IgnoresOwner is the reason why the service ignores unknown names in a body or a query
	// instead of answering 400. Attack then accepts a success, and checks only that it did
	// not act for the other user. Default: a success is a fault.
	IgnoresOwner string

	// Without has the States that no credential of the service can have, each with its
	// reason, such as {Revoked: "a token lives five minutes"}. Default: all are attacked.
	Without map[State]string
}

// A Caller describes the caller of a request, for Config.Sign.
type Caller struct {
	Issuer   string // authority that vouches for Subject; "" is the first issuer of the service
	Subject  string
	Tenant   string
	Scopes   []string
	Roles    []string
	AuthTime time.Time // last login; the zero Time is the moment of the request
	ACR      string    // strength of the login

	// Address is the address of the client. Attack makes it the RemoteAddr of the request, so
	// Sign needs it only if the service believes a header of a proxy. The zero Addr is
	// 127.0.0.1.
	Address netip.Addr

	State State // of the credential
}

// State is the state of a credential. The zero State is a valid one.
type State string

// The states of credentials that a service must answer with 401.
const (
	Expired       State = "expired"
	Forged        State = "forged"            // with a signature that is not of its content, or an unknown secret
	OtherAudience State = "of other audience" // for another service
	Revoked       State = "revoked"
)

var states = []State{Expired, Forged, OtherAudience, Revoked}

// Target has the values that the requests of a route need.
type Target struct {
	Values map[string]string // of the wildcards of the path
	Query  string            // without "?"; optional
	Body   string            // a valid body; optional

	// ContentType is the type of Body. Default: application/json.
	ContentType string

	// Read is the path, with its query, on which the rightful caller reads the object: after
	// each refused request it must have the same bytes as before. Default: the GET route with
	// the path of this route. A route with an unsafe method and an object guard needs one, and so
	// does a route that creates objects if there are IgnoresOwner and a route for a list.
	Read string

	// ID is the identifier of an object of the rightful caller. The list that the route
	// returns must have it for this caller, and must not have it for others. It must be too
	// long to occur by chance. Required for a route that lists objects.
	ID string

	// Status is the status of success. Default: any 2xx.
	Status int

	// Caller is the rightful caller of this route. Default: Config.Caller.
	Caller Caller
}

// unauthenticated is the status for credentials that the service must not accept.
const unauthenticated = http.StatusUnauthorized

func (c Caller) with(change func(*Caller)) Caller {
	c.Scopes, c.Roles = slices.Clone(c.Scopes), slices.Clone(c.Roles)
	change(&c)
	return c
}
