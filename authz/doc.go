// Package authz decides whether the caller may use a route.
//
// # Use
//
//	write, err := authz.New(authz.Config{Require: authz.Scopes("notes:write")})
//	if err != nil {
//		return err
//	}
//	mux.Handle("POST /notes", auth.Handler(write.Handler(createNote)))
//
// auth is the middleware of package authn. [All] and [Any] combine requirements:
//
//	authz.All(authz.Scopes("notes:write"), authz.AnyRole("admin", "owner"))
//
// The requirements are:
//
//	Scopes, AnyScope    permissions of the credential
//	AllRoles, AnyRole   functions of the caller
//	Tenant              the organisation of the caller
//	IPAllow             the network of the client, as package clientip has found it
//	Fresh, ACR          a login that is new, or strong, enough (RFC 9470)
//	Decide              a policy of cedar or casbin, or a service such as OpenFGA
//	All, Any            all parts, at least one part
//
// The options of [Config] are:
//
//	Require  the requirement that a principal must meet; required
//	Deny     writes the response to a refused request; default: httperr.Write
//	Observe  receives each decision; default: no observer
//
// # Threat
//
// A route without a check, or with a check that requires nothing; a requirement that
// an empty list meets; a role that is misspelled in one place and so protects
// nothing; a negation, which also admits each caller that its author did not foresee.
//
// # Invariant
//
// A handler behind [Middleware] runs only for a [authn.Principal] that meets the
// [Requirement]. Every requirement demands something of the caller, and there is
// no Not. So a scope or a role can only add rights and never remove one, and a
// principal that has lost a scope or a role never gets more rights. A [Decider] alone may
// have policies that forbid. To refuse networks, use package ipdeny.
//
//   - No principal: 401. The route is not behind authn, or behind an optional
//     authn. The handler does not run in either case.
//   - The login is too old or too weak: 401 insufficient_user_authentication, with the
//     challenge of RFC 9470, section 3. A client can act on it.
//   - More scopes would suffice: 403 insufficient_scope, with the challenge of RFC
//     6750, section 3.1, and the authn.Config.ResourceMetadata of the authn around it. A
//     client can act on it.
//   - A role is missing, the tenant or the network is another one, or a Decider denies or
//     panics: 403 forbidden. The response does not say which. The record has the rule, and the
//     reason of the Decider.
//   - A Decider fails: 503 authorization_unavailable, unless the other parts decide: a part
//     of Any that is met, or a part of All that refuses.
//   - IPAllow does not know the address of the client: 500 internal_error. Put clientip
//     around the router.
//
// No decision is kept: each request is judged anew.
//
// Scopes are the permissions of a credential, and roles are the functions of its
// owner. Neither says whether a certain note belongs to the caller: that is the question of
// package object.
//
// # Place in the chain
//
// Inside authn, and inside the limiter by principal. Outside of validate: a caller
// without the right to write must not learn the form of a valid body.
//
// # What the caller must do
//
// Wrap each route, or each group of routes, where it is registered. If a route has
// several of these middlewares, a request must meet the requirement of each. The
// record names the middleware that ran last, which is the one that refused.
//
// The handler that [Middleware.Handler] returns has a method Requirement() string, for a walk
// over the routes of a router. Package routes is a router that does not start while a route has
// no policy. An inventory reads a requirement with [Requirement.Needs], and compares two with
// [Requirement.Implies].
package authz
