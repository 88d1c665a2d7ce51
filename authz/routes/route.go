package routes

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
)

// A Route is one pattern of the service with its handler and its policy.
//
// Exactly one of Require, Public and AnyCaller is set. A field that is a reason is a sentence
// for the reader of the inventory; a blank reason is refused.
type Route struct {
	_ [0]func()

	// Pattern is a pattern of http.ServeMux with a method, such as "GET /notes/{id}". A
	// pattern with GET also serves HEAD, under the same policy.
	Pattern string

	// Handler is the innermost handler: all the layers of the route run before it. A nil
	// handler is refused, and so is http.DefaultServeMux, where any imported package can
	// register a route.
	Handler http.Handler

	// Require is the requirement that each caller must meet.
	Require authz.Requirement

	// Public is the reason why the route has no authentication.
	Public string

	// AnyCaller is the reason why each authenticated caller may use the route.
	AnyCaller string

	// Object admits a caller to the object that the path names. *object.Guard is one.
	Object Object

	// Creates says that the handler creates an object, with the owner of object.Own.
	Creates bool

	// Lists says that the handler lists objects, and only those that pass object.FilterOf.
	Lists bool

	// NoObject is the reason why the route has no Object.
	NoObject string

	// Subtree is the reason why the pattern ends in "/" or {name...}, and so serves all
	// paths below.
	Subtree string

	// Weaker is the reason why the policy may be weaker than in the same route of
	// another version; see Config.Versions.
	Weaker string

	// Limits run inside of the authentication, the first one outermost. A limit may count
	// by principal. A limit for all routes belongs around the handler of Build.
	Limits []Limit

	// Lifecycle announces the end of the route. It is the outermost layer, so that each
	// refusal carries the announcement. *lifecycle.Middleware is one. Optional.
	Lifecycle Lifecycle

	// Owner is the team that answers for the route, and Sensitivity the class of its data.
	// Both are tags of the inventory and decide nothing. Optional.
	Owner, Sensitivity string
}

// An Object judges the caller by the object that the path of a request names.
type Object interface {
	Handler(next http.Handler) http.Handler
	Description() object.Description
}

// A Limit bounds the requests of a route. The limiters of packages ratelimit and concurrency
// are such limits.
type Limit interface {
	Handler(next http.Handler) http.Handler
	Policy() string // in words, such as "data: 60 per minute"
}

// A Lifecycle announces when a route is deprecated and when it goes away.
type Lifecycle interface {
	Handler(next http.Handler) http.Handler
	Dates() (deprecated, sunset time.Time) // zero: unknown
}
