// Package routes is an inventory of the routes of a service, and a router that does not start
// while a route has no policy.
//
// # Use
//
//	mux, err := routes.New(routes.Config{Authenticate: auth.Handler})
//	if err != nil {
//		return err
//	}
//	mux.Handle(routes.Route{Pattern: "GET /healthz", Public: "for the load balancer", Handler: healthz})
//	mux.Handle(routes.Route{Pattern: "GET /notes", Require: read, Lists: true, Handler: listNotes})
//	mux.Handle(routes.Route{Pattern: "POST /notes", Require: write, Creates: true, Handler: createNote})
//	mux.Handle(routes.Route{Pattern: "GET /notes/{id}", Require: read, Object: notes, Handler: getNote})
//	handler, err := mux.Build()
//
// auth is the middleware of package authn, read and write are requirements such as
// authz.Scopes("notes:read"), and notes is a guard of package object. [Mux.Routes] lists the
// routes: for a page of the documentation, for package openapi, and for the attacks of package
// authztest.
//
// The fields of a [Route] are:
//
//	Pattern      the method and the path, as for http.ServeMux; required
//	Handler      the innermost handler; required
//	Require      the requirement for the caller        )
//	Public       why the route has no authentication   ) exactly one of the three
//	AnyCaller    why each authenticated caller may     )
//	Object       the guard of the object in the path
//	Creates      the handler creates an object, with the owner of object.Own
//	Lists        the handler lists the objects that pass object.FilterOf
//	NoObject     why the route has no Object
//	Subtree      why the pattern ends in "/" or {name...}
//	Weaker       why the policy is weaker than in another version
//	Limits       rate limits, inside of the authentication
//	Lifecycle    the announcement of the end of the route
//	Owner        the team that answers for the route
//	Sensitivity  the class of its data
//
// The options of [Config] are:
//
//	Authenticate  wraps each route that is not public; required if there is one
//	Versions      prefixes of one API in several versions; default: none
//	Deny          answers a caller that does not meet Require; default: httperr.Write
//	Observe       receives each decision about Require; default: no observer
//
// # Refusals of Build
//
//   - A route without a policy, or with two.
//   - A pattern without a method, with a method in lower case, or that http.ServeMux refuses; two
//     patterns that conflict.
//   - A pattern for a subtree without Subtree.
//   - A nil handler, and http.DefaultServeMux. A handler of net/http/pprof or expvar that is
//     public.
//   - A path with a wildcard, without Object or NoObject. Creates is not enough: the wildcard of
//     POST /lists/{id}/notes names a list, and it may be the list of another caller.
//   - A write (each method but GET, HEAD, QUERY, OPTIONS and TRACE), without Object, Creates or
//     NoObject.
//   - A GET, HEAD or QUERY that needs a caller and has no wildcard, without Object, Lists or
//     NoObject. It shows objects, and each has an owner.
//   - A public route with Object, Creates or Lists: it has no caller to be the owner.
//   - An Object that reads a wildcard that the pattern does not have, or whose parent does.
//   - A reason that is blank, and a Subtree or a Weaker that nothing needs.
//   - A route that is weaker than its twin in another version, without Weaker.
//
// A fix stands beside each fault. A wildcard that names no object of a caller, such as the
// language of a page, is NoObject with the reason.
//
// # Versions
//
// Two routes of different versions are twins if they have the same method, host and path below
// the prefix; the names of wildcards do not count. A HEAD route is also the twin of the GET route
// of its path, because the headers of an object tell a lot about it. On a host without
// such a route, it is the twin of the GET route for all hosts. A route is as strong as its twin if
// all of this holds:
//
//   - Its requirement implies the requirement of the twin, as authz.Requirement.Implies sees it. Each
//     requirement is stronger than AnyCaller, and AnyCaller is stronger than Public.
//   - Its guard has the same name and admits no more callers. It has Creates and
//     Lists if the twin has them.
//   - It has each limit of the twin, by the words of its Policy.
//
// Each other difference needs Weaker, also one that only looks different: two requirements
// without a common part need the reason on both routes.
//
// # Threat
//
// A route that was added in a hurry, without a check; a new version of an API that forgets the
// check of the old one, or an old version that stays open; an administrator's function below a
// prefix that a second path matcher reads in another way than the router; a debug handler that
// an import has registered; a subtree that serves more than its author thinks.
//
// # Invariant
//
// A handler runs only inside the layers of its own route. The policy hangs on the handler, and
// the router is http.ServeMux: no second matcher of paths decides. Nothing is served before all
// routes are without a fault, and no route can be added later.
//
// The layers are, from the outside: Lifecycle, Authenticate, Limits, Require, Object, Handler. A
// public route has neither Authenticate nor Require. GET also serves HEAD, inside the same
// layers.
//
// The router allocates no more than httperr.WrapMux.
//
// # Place in the chain
//
// It is the router: inside of httperr, clientip, headers, cors and the limiter by address, and
// outside of validate.
//
// # What the caller must do
//
//   - Serve the handler of Build, and no other router beside it.
//   - Take a host in a pattern for no policy. The client chooses it, and http.ServeMux compares it as
//     it is: a request for API.example gets the route without a host.
//   - Use no value of {name...} as the name of a file as it is. It may be ../secret, from a path
//     with %2e%2e; os.Root refuses that.
//   - Filter the objects of Lists, and stamp the objects of Creates. Package authztest tests both.
//   - Give Handler no http.ServeMux of your own: its routes are not in the inventory. Build cannot
//     see http.DefaultServeMux inside of another handler, such as http.StripPrefix.
package routes
