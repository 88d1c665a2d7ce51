// Package jwa has the algorithms of JSON Web Signatures (RFC 7518) and the keys that
// fit them, checked. Package jwks finds keys, jwtauth verifies with them and
// jwtissuer signs with them; all three take them from here.
//
// A Key cannot be made or changed outside of package authn, and the secret of one
// cannot be printed. Its algorithm is that of the key, whatever a token says (RFC
// 8725, section 3.1).
package jwa
