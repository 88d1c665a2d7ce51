package authn

// Confirmation names the key to which a token is bound (RFC 7800, section 3): only a request
// that proves possession of this key may use the token. Two Confirmations are equal (==) if
// they name the same key in the same way.
type Confirmation struct {
	// Method is a member of the claim cnf: "x5t#S256" for the certificate of the client in
	// mutual TLS (RFC 8705, section 3.1), or "jkt" for the key of DPoP proofs (RFC 9449,
	// section 6.1).
	Method string

	// Value is a SHA-256 in base64url without padding, 43 characters: of the DER form of the
	// certificate, or of the thumbprint input of the key (RFC 7638).
	Value string
}
