// Package authz decides whether the caller may use a route.
//
// # Threat
//
// A route whose check was forgotten, or asks for nothing; a requirement that an
// empty list satisfies; a role that is misspelled in one place and so protects
// nothing; a negation, which admits everybody that nobody thought of.
//
// # Invariant
//
// A handler behind [Middleware] runs only for a [authn.Principal] that meets the
// [Requirement]. There is no requirement that is met by having nothing, none
// that is met by everybody, and no Not: what a principal has can only ever open
// a door, never close one, so that a lost scope or role never admits.
//
//   - No principal: 401. The route is not behind authn, or behind one that is
//     optional; either way it does not open.
//   - More scopes would do: 403 insufficient_scope, with the challenge of RFC
//     6750, section 3.1. A client can act on it.
//   - A role is missing: 403 forbidden, and not a word about which.
//
// Scopes say what a credential may be used for, and roles what its owner is.
// Neither says whether this note is hers: a handler that loads an object by an
// ID from the request must still compare its owner with the principal.
//
// # Place in the chain
//
// Inside authn, and inside the limiter by principal. Outside of validate: who
// may not write must not learn what a valid body looks like.
//
// # What the caller must do
//
// Wrap each route, or each group of routes, where it is registered. Several
// middlewares on a route must all agree; the record names the one that ran
// last, which is the one that refused.
package authz
