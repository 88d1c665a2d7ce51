// Package authztest attacks every route of a service with every wrong caller, for a test in
// CI.
//
// # Use
//
//	func TestRoutes(t *testing.T) {
//		issuer := authntest.NewIssuer(t, "https://id.example", "https://notes.example")
//		mux, handler := newService(issuer) // routes.Mux, and all layers around its handler
//		authztest.Attack(t, authztest.Config{
//			Handler:   handler,
//			Routes:    mux.Routes(),
//			Sign:      authztest.Tokens{Issuers: []*authntest.Issuer{issuer}}.Sign,
//			Caller:    authztest.Caller{Subject: "ann", Scopes: []string{"notes:read", "notes:write"}},
//			OtherUser: "bob",
//			Targets: map[string]func(*authztest.Client) authztest.Target{
//				"/notes/{id}": func(ann *authztest.Client) authztest.Target {
//					id := ann.Create("/notes", `{"text":"a"}`)
//					return authztest.Target{Values: map[string]string{"id": id}, Body: `{"text":"b"}`}
//				},
//			},
//			Public:  []string{"GET /health"},
//			Without: map[authztest.State]string{authztest.Revoked: "a token lives five minutes"},
//		})
//	}
//
// A route without wildcards, body and list needs no Target. A new route with one of them
// fails the test until it has a Target, and a new public route until Public lists it.
//
// # Options
//
//	Handler       the whole service; required
//	Routes        its inventory, routes.Mux.Routes; required
//	Sign          puts the credential of a caller into a request; required
//	Caller        the rightful caller; required
//	OtherUser     the Subject of another user; required
//	OtherTenant   another tenant; required if a guard judges tenants
//	OtherIssuer   another issuer that the service accepts; default: there is one issuer
//	Targets       makes the objects, with values, bodies and IDs; default: no route needs any
//	Public        the patterns of the public routes; default: there are none
//	Versions      prefixes of the API in several versions; default: no versions
//	OwnerNames    names that could name an owner; default: owner, user_id and others
//	IgnoresOwner  the reason why such names are ignored; default: a success is a fault
//	Without       states that no credential can have, with reasons; default: all are attacked
//
// # Attacks
//
// Each line is an attack on each route, and the answer that the route owes. The policy of
// the route is evaluated for each changed caller: a caller that still meets it, such as by
// another alternative of authz.Any, is not used.
//
//	the rightful caller, first                     2xx, or Target.Status; else the route is untested
//	anonymous                                      401
//	expired, forged, of other audience, revoked    401
//	without each scope in turn, without all        403
//	without each role in turn, with another role   403
//	an old login, a weaker login                   401 insufficient_user_authentication
//	addresses outside of authz.IPAllow             403
//	the same with X-Forwarded-For and its kin      403
//	another user, without roles that it can lack   404
//	the same subject of another issuer             404
//	the same subject in another tenant             404
//	an administrator of another tenant             404
//	HEAD, with each of these callers               as GET
//	//, /./, %2e, /../, trailing slash, ;x, upper case, an encoded letter, %2f
//	                                               no 2xx
//	X-HTTP-Method-Override and its kin, _method    no 2xx that the request lacks without it
//	the ID of an owner in the query or the body    400 or 404; also 403 and 422, see below
//	the list of another user, issuer or tenant     without Target.ID
//
// A refusal must not have the body of the success in it. After each refused request with an unsafe
// method, the owner reads the object again: it has the same bytes as before. So a write in front
// of the check is found too. With IgnoresOwner, a success that names the other user must not change
// a list of the other user, and must not open the object to that user.
//
// A body that names an owner is also refused with 403 (package view: a member that the caller
// may not set) or with 422 (package validate, if it is so configured).
//
// A route takes between 30 and 400 requests over the loopback interface.
//
// A message has the route, the answer, and the callers that got it:
//
//	authztest: PUT /notes/{id}: answered 204, want 404: by other user; other tenant
//
// # Threat
//
// A route that was added without its check, or whose check a later change has removed. A
// check that the inventory lists, and a handler that is also served on another path. A
// test that proves nothing: each caller is refused because the request was malformed.
//
// # Invariant
//
// A route without a fault answered its rightful caller with success, and each wrong caller
// with the status above, over a connection. A rate limit, an outage and a missing Target are
// faults, and no attack is left out in silence: Without and IgnoresOwner need a reason.
//
// # Place in the chain
//
// Only in tests, around the whole service. The inventory says which answer each route owes, so the
// test finds a service that differs from its inventory. A policy that is itself too weak
// it cannot find: read the report of a verbose run, which has each policy in words.
//
// # What the caller must do
//
//   - Give the service under test a store of its own, and wide rate limits.
//   - Make a new object in each call of a function of Targets.
//   - Let a read have the same bytes each time: sort a list, and leave the time of the read out.
//   - Give Caller no more roles than the routes need, and each scope.
package authztest
