package mtls

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

var _ authn.Authenticator = (*Authenticator)(nil)

// Present reports whether r carries a client certificate: one of the connection or, with
// Config.Header, one in that header. It is also true for a header with a certificate that
// Authenticate refuses. An empty header is no certificate.
func (a *Authenticator) Present(r *http.Request) bool {
	return a.cfg.Header == "" && r.TLS != nil && len(r.TLS.PeerCertificates) > 0 || hasHeader(r.Header)
}

// Authenticate returns the Principal of the certificate in r. Its Kind is "mtls", its Subject
// the identity, its TokenID the SHA-256 of the certificate in base64url, and its IssuedAt and
// ExpiresAt are the validity of the certificate. Authenticate fails with
//
//   - authn.ErrNoCredentials: r has no certificate;
//   - authn.ErrAmbiguous: a header with a certificate comes from another peer than a proxy,
//     twice, in a kind that is not configured, or malformed;
//   - authn.ErrInvalid: the certificate was not verified in the handshake, does not verify
//     under Roots now, has no identity, or is revoked;
//   - authn.ErrExpired: the certificate was good and has expired;
//   - authn.ErrUnavailable: Config.Revoked failed;
//   - the error of the context of r, if it ended while Config.Revoked ran.
func (a *Authenticator) Authenticate(r *http.Request) (*authn.Principal, error) {
	e, err := a.verify(r)
	if err != nil {
		return nil, err
	}
	return e.principal, nil
}

// verify returns the verification of the certificate in r, which is not revoked.
func (a *Authenticator) verify(r *http.Request) (*verification, error) {
	e, err := a.verifySource(r)
	if err == nil {
		err = a.checkRevoked(r.Context(), e.peer)
	}
	if err != nil {
		if errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
			a.noteCredential(r)
		}
		return nil, err
	}
	return e, nil
}

// verifySource returns the verification of the certificate of the connection, or with
// Config.Header of the one in that header. It does not ask Config.Revoked.
func (a *Authenticator) verifySource(r *http.Request) (*verification, error) {
	switch {
	case a.cfg.Header != "":
		return a.verifyHeader(r)
	case hasHeader(r.Header):
		return nil, refuseUnexpected
	}
	return a.verifyConnection(r)
}

var errNotVerified = authn.ErrInvalid.With(errors.New("mtls: the handshake did not verify the certificate; " +
	"use tls.RequireAndVerifyClientCert or tls.VerifyClientCertIfGiven"))

// verifyConnection returns the verification of the certificate of the connection.
func (a *Authenticator) verifyConnection(r *http.Request) (*verification, error) {
	switch {
	case r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
		return nil, authn.ErrNoCredentials
	case len(r.TLS.VerifiedChains) == 0:
		return nil, errNotVerified
	}
	// crypto/tls has one *x509.Certificate for all requests of a connection.
	leaf := r.TLS.PeerCertificates[0]
	if e := a.clients.find(leaf, a.rootsOf, a.now()); e != nil {
		return e, nil
	}
	return a.verifyLeaf(leaf, leaf, r.TLS.PeerCertificates[1:])
}

// rootsOf returns the roots that may vouch for p now.
func (a *Authenticator) rootsOf(p *Peer) *x509.CertPool { return a.cfg.Roots(p.Issuer) }

// verifyLeaf verifies the certificate of a client and remembers it under key.
func (a *Authenticator) verifyLeaf(key any, leaf *x509.Certificate, intermediates []*x509.Certificate) (*verification, error) {
	n := namesOf(leaf)
	issuer, subject, err := a.cfg.Identity.identify(a.cfg.Issuer, n)
	if err == nil {
		err = a.cfg.Identity.checkLeaf(leaf)
	}
	if err != nil {
		return nil, authn.ErrInvalid.With(err)
	}
	p := &Peer{Issuer: issuer, Subject: subject, Thumbprint: n.thumbprint, Certificate: leaf}
	return a.clients.add(key, p, intermediates, a.rootsOf(p), a.now())
}

// checkRevoked asks Config.Revoked about p.
func (a *Authenticator) checkRevoked(ctx context.Context, p *Peer) error {
	if a.cfg.Revoked == nil {
		return nil
	}
	revoked, err := a.cfg.Revoked(ctx, p)
	switch {
	case err != nil && ctx.Err() != nil:
		// The client has left, or its time is over. That is no outage.
		return fmt.Errorf("mtls: %w", ctx.Err())
	case err != nil:
		return authn.ErrUnavailable.With(fmt.Errorf("mtls: Revoked: %w", err))
	case revoked:
		return authn.ErrInvalid.With(fmt.Errorf("mtls: the certificate of %q is revoked", p.Subject))
	}
	return nil
}

// noteCredential puts the keyed hash of a refused certificate into the record.
func (a *Authenticator) noteCredential(r *http.Request) {
	if a.cfg.Header != "" {
		carrier.NoteCredential(r.Context(), r.Header.Get(string(a.cfg.Header)))
	} else if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		carrier.NoteCredential(r.Context(), string(r.TLS.PeerCertificates[0].Raw))
	}
}

// CredentialHeader returns Config.Header, so that authn.New can refuse two Authenticators
// with the same header. It is empty without a proxy.
func (a *Authenticator) CredentialHeader() string { return string(a.cfg.Header) }

// scheme is not registered, so that no browser asks for a password.
const scheme = "ClientCertificate"

// Challenge returns the same value for every error with the status 401: the scheme
// ClientCertificate, which is not registered, and the realm if it is set. For a malformed or
// unexpected header it returns "".
func (a *Authenticator) Challenge(realm string, err error) string {
	switch {
	case errors.Is(err, authn.ErrAmbiguous) && !errors.Is(err, authn.ErrInvalid):
		return ""
	case realm == "":
		return scheme
	}
	return scheme + ` realm="` + realm + `"`
}
