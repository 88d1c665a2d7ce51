package openapi

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Route is a row of an inventory of routes. The rows of package authz/routes implement it.
type Route interface {
	// Endpoint returns the method and the path of a pattern of http.ServeMux as they are in
	// the pattern, such as GET and /notes/{id}, with {path...} and {$}. The method is "" for
	// a row of the router itself, such as its 404, which is no operation.
	Endpoint() (method, path string)

	// Innermost returns the handler behind all middleware. It may implement Described, or
	// have a method Unwrap() http.Handler that leads to a handler that does.
	Innermost() http.Handler

	// Security reports whether the route refuses a request without a caller, and returns
	// the scopes that each caller needs.
	Security() (scopes []string, required bool)

	// Refusals returns the statuses, 400 to 599, of middleware in front of the handler.
	Refusals() []int

	// IsDeprecated reports whether clients should leave the route.
	IsDeprecated() bool
}

// Described is a handler that describes its request and its response. The handlers of
// validate.Handler, validate.Handle, validate.Middleware and Schema.Middleware implement it.
type Described interface {
	// BodyName returns the name of the type of the request, "" if it has no name.
	BodyName() string

	// Components returns the schema of the body under the name, and others that it needs
	// under names that begin with the name and a dot, as members of components/schemas.
	Components(name string) (map[string]json.RawMessage, error)

	// MediaTypes returns the media types of the body, an empty list without a body, and reports
	// whether a request without a body is refused.
	MediaTypes() (types []string, required bool)

	// Parameters returns the parameters as a JSON array of Parameter Objects (OpenAPI 3.1,
	// section 4.8.12). A parameter of the path is there only if the handler needs it.
	Parameters() json.RawMessage

	// ResponseType returns the type that encoding/json encodes as the response, or nil if
	// the handler does not know it. A method StatusCode() int of it chooses the status.
	ResponseType() reflect.Type

	// Refusals returns the statuses of the requests that the handler refuses by itself.
	Refusals() []int
}

// Info has the parts of the document that are in no route.
type Info struct {
	_ [0]func()

	// Title is the name of the service. Required.
	Title string

	// Version is the version of the document, not of OpenAPI. Required.
	Version string

	// Description is CommonMark. Default: no description.
	Description string

	// Servers are the URLs of the service, absolute or from the root, such as
	// "https://api.example" and "/api". Default: the server of the document itself.
	Servers []string

	// Schemes are the ways to authenticate. Each of them admits a caller by itself.
	// Required if a route requires a caller.
	Schemes []Scheme

	// Errors is the Encoder in the httperr.Config of the service. Default: the envelope of
	// package httperr. The bodies of an Encoder of the program have a media type and no
	// schema.
	Errors httperr.Encoder
}

// A Scheme is one way to authenticate.
type Scheme struct {
	name   string
	object map[string]string
	value  string // that must not be empty
}

// Bearer is a token in the field Authorization. The format is a hint for readers, such as JWT,
// and may be empty. The name identifies the scheme in the document.
func Bearer(name, format string) Scheme {
	object := map[string]string{"type": "http", "scheme": "bearer"}
	if format != "" {
		object["bearerFormat"] = format
	}
	return Scheme{name, object, "bearer"}
}

// APIKey is a key in a header field of its own, such as X-API-Key.
func APIKey(name, header string) Scheme {
	return Scheme{name, map[string]string{"type": "apiKey", "in": "header", "name": header}, header}
}

// Cookie is a session in a cookie.
func Cookie(name, cookie string) Scheme {
	return Scheme{name, map[string]string{"type": "apiKey", "in": "cookie", "name": cookie}, cookie}
}
