// Package openapi writes an OpenAPI 3.1 document of a service from the rows of its routes
// and the Go types of its handlers.
//
// # Use
//
//	document, err := openapi.Document(openapi.Info{
//		Title:   "Notes",
//		Version: "1.4.0",
//		Schemes: []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key")},
//	}, mux.Routes()) // rows that implement Route
//	if err != nil {
//		log.Fatal(err) // all faults of the Info and of the routes
//	}
//
// [Document] returns JSON, the same bytes for the same routes in any order. The handlers of
// package validate implement [Described], and so have parameters, bodies and responses in
// the document.
//
// # Options
//
//	Title, Version, Description    the members of the Info Object
//	Servers                        the URLs of the service
//	Schemes                        the ways to authenticate: Bearer, APIKey, Cookie
//	Errors                         the Encoder of package httperr, if it is not the envelope
//
// # Requests
//
// The patterns follow http.ServeMux, which has rules that OpenAPI cannot express:
//
//	/notes/{id}         a parameter of the path; the schema comes from the field with the tag
//	                    path, or a string if only middleware reads it
//	/notes/{$}          /notes/
//	/files/{path...}    /files/{path}, and its description says that it may have slashes in it
//	                    and may be empty
//	/files/             /files/{rest}, in the same way
//	GET                 get only; ServeMux answers HEAD too
//
// The document has no hosts. Two routes that differ in their host alone are refused: make a
// document for each host, from its rows.
//
// An operationId is made of the method and the path: GET /v1/notes/{id} is getV1NotesById.
// It gets a number if it is taken.
//
// # Responses
//
// An operation has the refusals in front of its handler ([Route].Refusals), the statuses of
// package validate, and 4XX and 5XX for errors that the handler returns. All of them have
// the error envelope, so a handler that writes errors of its own breaks the document: return
// them, or use httperr.Write. 401 is there for each route that requires a caller. A 404 or 405
// of the router belongs to no operation.
//
// A handler of validate.Handle has 200 with the schema of its result, and 204 for a nil
// result. A GET has 304 too if its result has tags of package authz/view.
// If the result has a method StatusCode, the status of its zero value stands
// instead of 200, with 2XX beside it, because the method may choose others.
//
// The schema of a result holds for each value that encoding/json writes for its type:
//
//   - a member is required only if it is always sent. No member is required in a type with
//     tags of package authz/view, nor in the types around it and below it, because
//     a view sends fewer members to some callers;
//   - a type with a method MarshalJSON, except time.Time, may be any value;
//   - a nil slice, map or pointer is null;
//   - members may be added later, so additionalProperties is not false.
//
// For any other handler the document has "default", without a schema.
//
// # Threat
//
// A document that is written by hand and is wrong after the next change: clients rely on a
// bound that does not exist, a scanner does not see a route, and a gateway admits a request
// that the service refuses. A document that says that a route is open.
//
// # Invariant
//
// The document has each row with a method, or there is no document. It never contains a name
// of a package or a value of the program beyond tags, names of types and the Info.
//
// # Place in the chain
//
// None: Document is called at the start of the program or in a test. The document names
// every route, so decide who may read it.
package openapi
