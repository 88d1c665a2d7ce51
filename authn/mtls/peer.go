package mtls

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// kind is the Kind of every Principal of this package.
const kind = "mtls"

// A Peer is a caller by its certificate. Several requests share one Peer: do not change it.
type Peer struct {
	// Issuer is the trust domain of a SPIFFE ID, and otherwise Config.Issuer.
	Issuer string

	// Subject is the part of the certificate that Config.Identity selects.
	Subject string

	// Thumbprint is the SHA-256 of the certificate in base64url without padding, as in the
	// member x5t#S256 of cnf (RFC 8705, section 3.1). It is empty if a proxy has told
	// neither the certificate nor its hash.
	Thumbprint string

	// Certificate is nil if Config.DangerouslyWithoutCert is set and the proxy did not send
	// the certificate.
	Certificate *x509.Certificate
}

// PeerFrom returns the caller of the request of ctx, as its certificate names it. It is the
// caller that Authenticator.Require has admitted. Without Require, it is the principal, if a
// certificate is its credential. The second result is false if there is no such caller.
func PeerFrom(ctx context.Context) (*Peer, bool) {
	rec := carrier.From(ctx)
	if rec == nil {
		return nil, false
	}
	facts := rec.Facts()
	if p, ok := facts.Peer.(*Peer); ok && p != nil {
		return p, true
	}
	if principal, ok := facts.Principal.(*authn.Principal); ok && principal != nil {
		p, ok := principal.Detail.(*Peer)
		return p, ok && p != nil
	}
	return nil, false
}

// principal returns the Principal of a request that p has sent.
func (p *Peer) principal() *authn.Principal {
	out := &authn.Principal{Kind: kind, Issuer: p.Issuer, Subject: p.Subject, TokenID: p.Thumbprint, Detail: p}
	if c := p.Certificate; c != nil {
		out.IssuedAt, out.ExpiresAt = c.NotBefore, c.NotAfter
	}
	return out
}

// thumbprint returns the SHA-256 of a certificate in base64url.
func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
