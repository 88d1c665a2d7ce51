// Package jwa has the algorithms of JSON Web Signatures (RFC 7518) and checked keys
// for them. Package jwks finds keys, jwtauth verifies with them and jwtissuer signs
// with them. All three use the types of this package.
//
// # Use
//
//	var faults httperr.ConfigFaults
//	key := jwa.Given{ID: "2026-05", Algorithm: "ES256", Public: public}.Check(&faults, "Keys[0].")
//	if key == nil {
//		return faults.Err()
//	}
//	err := key.Verify(signed, signature)
//
// # Invariant
//
// Only authn and the packages below it can make a Key, and no package can change one.
// The secret of a Key cannot be printed. A Key has one algorithm, and the header of a
// token cannot choose another one (RFC 8725, section 3.1).
package jwa
