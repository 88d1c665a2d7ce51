// Package object admits a caller to an object only if the caller owns it.
//
// # Use
//
//	notes, err := object.New(object.Config[*Note, string]{
//		Name:   "note",
//		Load:   store.Note, // func(ctx context.Context, id string) (*Note, bool, error)
//		Owner:  func(n *Note) object.Owner { return object.Owner{Issuer: n.Issuer, Subject: n.Subject} },
//		Tenant: func(n *Note) string { return n.Tenant },
//	})
//	if err != nil {
//		return err
//	}
//	mux.Handle("GET /notes/{id}", auth.Handler(read.Handler(notes.Handler(getNote))))
//
// auth is the middleware of package authn, and read is one of package authz. The handler gets
// the very object that was checked:
//
//	note, ok := notes.From(r.Context())
//
// [Own] gives the owner to store with a new object, and [FilterOf] gives the values that a
// query for a list must demand. The checks of a route that creates or lists objects are these
// two functions, because there is no object to load.
//
// # Options
//
//	Name           the name of the object in the record and in inventories; required
//	Wildcard       the wildcard of the path that has the key; default: id
//	Parse          makes the key of its value; required unless the key is a string
//	Key            reads the key in another way, instead of Wildcard and Parse
//	Load           reads an object from the store; required
//	Owner          the owner of an object; required unless the parent's owner owns it
//	Issuer         the issuer of owners without one
//	Tenant         the tenant of an object; required without SingleTenant and Under
//	SingleTenant   the service has no tenants
//	Under          the parent of the object, made with ChildOf
//	OrRole         roles that also admit callers of the tenant
//	AcrossTenants  OrRole also admits callers of other tenants
//	OthersRead     GET and HEAD of each caller of the tenant, as a reader
//	OthersAct      each method of each caller of the tenant, such as for a comment
//	Deny           writes the response to a refused request; default: httperr.Write
//	Observe        receives each decision; default: no observer
//
// # Threat
//
// A client that changes the identifier in a path and gets the object of another user: broken
// object-level authorization, the first of the OWASP API risks. A handler that forgets the
// check, checks one object and changes another, or loads it again after the check. A response
// that tells a foreign object from a missing one. An empty column that equals an empty claim.
// An administrator of one customer that reads the objects of another. A child that is reached
// through the path of another parent.
//
// # Invariant
//
// A handler behind a [Guard] runs only for an object that Load returned and that one of three
// rules opens: the caller is its owner, by issuer and subject, in its tenant; the caller has
// a role of OrRole; or Config opens the method to others (OthersRead, OthersAct). An empty
// issuer, subject or tenant equals nothing. The steps, in their order:
//
//   - No principal: 401.
//   - No valid key: 404, and Load does not run.
//   - Load fails: 503 object_unavailable. The record has the error. If the client has left,
//     the record says so instead (499), as for each failure.
//   - The object is missing or nil, is under another parent, or belongs to another owner or
//     tenant: 404 not_found, in each case the same response. The record has the reason, and
//     the event authz.denied unless the object is missing.
//   - A function of Config panics: the panic goes on to the recovery of package httperr, and
//     the handler does not run.
//
// A guard calls Load at most once for a request, and keeps no decision for a later one. The guard
// has at most two allocations beyond the call of Load. It says in the record whether the
// caller owns the object; package view reads that.
//
// # Place in the chain
//
// Inside authn, authz and the limiter by principal, and outside of validate. So a caller
// without the scope gets 403 before the store is asked, and the load is within the limit of
// the caller. A caller that does not own the object gets 404 before the body is read.
//
// # What the caller must do
//
//   - Use the object of From. An object that the handler loads itself is not checked.
//   - Let Load return false for a missing row, and not an error such as sql.ErrNoRows.
//   - Store the owner and the tenant of Own, and never values of the request body. Change them
//     in no update.
//   - For an update, say the owner in its condition too (WHERE id = … AND subject = …) if the
//     owner of an object can change.
package object
