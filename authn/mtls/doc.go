// Package mtls authenticates programs by the certificates that they show in mutual TLS.
//
// # Use
//
//	certificates, err := mtls.New(mtls.Config{
//		Identity: mtls.SPIFFEID,
//		Roots: func(trustDomain string) *x509.CertPool {
//			return roots.Load()[trustDomain] // nil for a domain that is not known
//		},
//	})
//	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{certificates}})
//	mux.Handle("GET /orders", auth.Handler(orders))
//
//	server.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert // tlsconf.Config.ClientCAs does it
//	server.TLSConfig.ClientCAs = authorities
//
// The options of [Config] are:
//
//	Identity                part of a certificate that is the Subject; required
//	Issuer                  Issuer of every Principal; required without SPIFFEID
//	Roots                   authorities for a trust domain, or for Issuer; required
//	Revoked                 asked at each request; default: off
//	Header                  header of a proxy with the certificate; default: no proxy
//	Proxies                 addresses of the proxies
//	ProxyNames, ProxyRoots  names in the certificates of the proxies, and their authorities
//	By                      names that the proxies show to their clients, for XFCC
//	DangerouslyWithoutCert  accepts XFCC without the certificate; default: refuse it
//	Deny                    writes a refusal of Require; default: httperr.Write
//
// # Which of two uses
//
// If the certificate is the only credential of a request, give the [Authenticator] to
// authn.Config.Authenticators. The caller is then the principal.
//
// If a request has another credential too, such as the token of a user that a service of the
// mesh passes on, put [Authenticator.Require] around the authn.Middleware for that credential.
// The principal is the user, and [PeerFrom] returns the service:
//
//	h := certificates.Require(tokens.Handler(orders))
//
// Do not give both to one authn.Middleware: each request would be refused as ambiguous.
//
// A token that is bound to a certificate (RFC 8705) needs neither of them:
//
//	jwtauth.Config{Confirm: certificates.Confirm, …}
//
// # Threat
//
// A certificate that was requested and never verified. A certificate for servers, or of an
// authority that may vouch for another trust domain only. A connection that outlives its
// certificate, or the trust in its authority. A certificate that can be read as two callers.
// A client that writes the header of a proxy itself, or behind a second header.
//
// # Invariant
//
// A request passes only with a certificate that the handshake has verified, or that a proxy of
// the Config has passed on, and that verifies at this moment, for client authentication, under
// the roots of its own trust domain.
//
//   - The identity is one SAN of one kind. A certificate with no such SAN, or with two, is
//     refused, and the Common Name is never read.
//   - Each request checks the validity of the whole chain, the pool that Roots returns, and
//     Revoked. The signatures are verified once for a certificate and a pool.
//   - With Header, the certificate of the connection is the proxy's and no client's. Without
//     Header, a header with a certificate is refused.
//
// # What a client sees
//
//	status  code                        reason, and what to do
//	401     unauthenticated             no certificate: send one
//	401     invalid_credentials         not verified, of another authority, for servers, revoked,
//	                                    or without the identity: the log has the reason
//	401     credentials_expired         the certificate has expired: renew it, and connect again
//	400     invalid_request             a header with a certificate from another peer than a proxy,
//	                                    twice, malformed, or not the one of Config.Header
//	503     authentication_unavailable  Revoked does not answer: try again later
//
// # Behind a proxy
//
// A proxy must remove the header that its clients send. Envoy does so with
// forward_client_cert_details: SANITIZE_SET, and sends the certificate with
// set_current_client_cert_details: {cert: true, chain: true}. Leave out uri and dns there: Envoy
// writes these SANs as they are in the certificate and without quotes, so a SAN with a comma can
// end the element and begin another one, with the Cert of another caller. If a proxy writes them
// nevertheless, its authorities must not issue a certificate with a comma or a semicolon in a SAN.
//
// Both Client-Cert and Client-Cert-Chain come from the proxy in one line each, and the chain has
// at most 16 certificates. A value is at most 32 KiB.
//
// A sidecar connects from 127.0.0.1, as each process of the machine does: set ProxyNames, and
// let the sidecar show a certificate.
//
// # Place in the chain
//
// An [Authenticator] is one of authn.Config.Authenticators. Require goes around authn. Both
// read the address of the connection, and not the address that clientip has resolved.
//
// # What the caller must do
//
//   - Use tls.RequireAndVerifyClientCert, or tls.VerifyClientCertIfGiven for a server whose
//     other routes need no certificate. With tls.RequestClientCert every certificate is refused.
//   - Put the authorities of all trust domains into tls.Config.ClientCAs. Roots then keeps
//     them apart.
//   - Return a new pool from Roots after a change, and the same pool until then.
//   - With Proxies, let no outer layer write RemoteAddr from a header, as RealIP of chi does.
//   - Say with authz what a caller may do: a certificate only names it.
//
// A request on an open connection costs no allocation, and at most one with Client-Cert or XFCC. The
// first request with a certificate verifies its signatures, which takes a few hundred times as long.
// go test -bench . ./authn/mtls prints the times.
package mtls
