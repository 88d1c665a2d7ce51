// Package typedclaims decodes the claims of a token into a struct of the service, and finds
// the faults of that struct when the service starts.
//
// # Use
//
//	schema := typedclaims.Compile(&faults, reflect.TypeFor[C](), claimsThatAreRead)
//	err := schema.Decode(claims, &c)
//
// # Threat
//
// A member of the token whose name differs from a field by case only: encoding/json decodes
// it into the field, and a proxy or the issuer takes it for another claim. A struct that no
// token fits, or whose decoder panics with the first token.
//
// # Invariant
//
// Decode fills a field only from the member with exactly its name, at every depth at which
// encoding/json looks for names. Its errors hold no part of the token.
//
// # Duties of the caller
//
// Decode only claims that strictjson.Index.Collect has accepted.
package typedclaims
