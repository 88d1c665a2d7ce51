package mtls

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The headers in canonical form.
const (
	headerCert  = "Client-Cert"
	headerChain = "Client-Cert-Chain"
	headerXFCC  = "X-Forwarded-Client-Cert"
)

// maxHeader is the longest value of a header in bytes. A chain of three certificates with
// RSA keys takes about 10 KiB.
const maxHeader = 32 << 10

var (
	refuseUnexpected = badHeader("A certificate in a request header is not accepted here. Leave it out.",
		"a header with a certificate, and Config.Header does not name it; let the proxy remove it, or set Header")
	refuseStranger = badHeader("A certificate in a request header is accepted from proxies only. Leave it out.",
		"a header with a certificate from a peer that is not in Config.Proxies or ProxyNames")
	refuseTwice = badHeader("The header with the client certificate must come once.", "a header with a certificate comes twice")
	refuseLong  = badHeader("The header with the client certificate is too long. Send a shorter one.",
		"a header with a certificate is longer than 32 KiB")
	refuseCert  = badHeader("The Client-Cert field is malformed. Correct it.", "Client-Cert is not one byte sequence (RFC 9440)")
	refuseChain = badHeader("The Client-Cert-Chain field is malformed. Correct it.",
		"Client-Cert-Chain is not a list of at most 16 byte sequences")
	refuseChainOnly = badHeader("The Client-Cert-Chain field needs Client-Cert. Send both.", "Client-Cert-Chain without Client-Cert")
	refuseXFCC      = badHeader("The X-Forwarded-Client-Cert field is malformed. Correct it.", "X-Forwarded-Client-Cert is malformed")

	errNoCert = authn.ErrInvalid.With(errors.New("mtls: the last element of X-Forwarded-Client-Cert has no Cert; " +
		"let Envoy send it (set_current_client_cert_details), or set DangerouslyWithoutCert"))
	errHash = authn.ErrInvalid.With(errors.New("mtls: Cert and Hash of X-Forwarded-Client-Cert are of two certificates"))
)

// badHeader returns the refusal of a header.
func badHeader(message, reason string) *httperr.Error {
	e := authn.ErrAmbiguous.With(errors.New("mtls: " + reason))
	e.Message = message
	return e
}

// hasHeader reports whether one of the headers is there and is not one empty value.
func hasHeader(h http.Header) bool {
	return present(h[headerCert]) || present(h[headerChain]) || present(h[headerXFCC])
}

func present(values []string) bool { return len(values) > 1 || len(values) == 1 && values[0] != "" }

// verifyHeader returns the verification of the certificate that a proxy has passed on.
func (a *Authenticator) verifyHeader(r *http.Request) (*verification, error) {
	if !hasHeader(r.Header) {
		return nil, authn.ErrNoCredentials
	}
	if err := a.checkProxy(r); err != nil {
		return nil, err
	}
	for _, name := range [...]string{headerCert, headerChain, headerXFCC} {
		switch value, found, ok := field.One(r.Header, name); {
		case !found:
		case !ok:
			return nil, refuseTwice
		case len(value) > maxHeader:
			return nil, refuseLong
		case value != "" && (name == headerXFCC) != (a.cfg.Header == XFCC):
			return nil, refuseUnexpected
		}
	}
	if a.cfg.Header == XFCC {
		return a.verifyXFCC(r.Header.Get(headerXFCC))
	}
	return a.verifyClientCert(r.Header.Get(headerCert), r.Header.Get(headerChain))
}

// checkProxy returns an error unless the peer of the connection may send the header.
func (a *Authenticator) checkProxy(r *http.Request) error {
	if len(a.cfg.Proxies) > 0 {
		peer := carrier.Peer(r)
		if !slices.ContainsFunc(a.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(peer) }) {
			return refuseStranger
		}
	}
	if len(a.cfg.ProxyNames) == 0 {
		return nil
	}
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || len(r.TLS.PeerCertificates) == 0 {
		return refuseStranger
	}
	leaf := r.TLS.PeerCertificates[0]
	e := a.proxies.find(leaf, a.proxyRoots, a.now())
	if e == nil {
		name := a.proxyName(leaf)
		if name == "" {
			return refuseStranger
		}
		p := &Peer{Subject: name, Thumbprint: thumbprint(leaf.Raw), Certificate: leaf}
		var err error
		if e, err = a.proxies.add(leaf, p, r.TLS.PeerCertificates[1:], a.cfg.ProxyRoots(), a.now()); err != nil {
			return refuseStranger.With(fmt.Errorf("mtls: the proxy: %w", err))
		}
	}
	err := a.checkRevoked(r.Context(), e.peer)
	if errors.Is(err, authn.ErrInvalid) {
		return refuseStranger.With(fmt.Errorf("mtls: the proxy: %w", err))
	}
	return err
}

func (a *Authenticator) proxyRoots(*Peer) *x509.CertPool { return a.cfg.ProxyRoots() }

// proxyName returns the one of ProxyNames that leaf has, or "".
func (a *Authenticator) proxyName(leaf *x509.Certificate) string {
	uris := uriSANs(leaf)
	for _, name := range a.cfg.ProxyNames {
		if slices.Contains(uris, name) ||
			slices.ContainsFunc(leaf.DNSNames, func(s string) bool { return field.Lower(s) == name }) {
			return name
		}
	}
	return ""
}

// verifyClientCert returns the verification of the certificate in Client-Cert.
func (a *Authenticator) verifyClientCert(cert, chain string) (*verification, error) {
	if cert == "" {
		return nil, refuseChainOnly
	}
	if e := a.clients.find(cert, a.rootsOf, a.now()); e != nil {
		return e, nil
	}
	der, ok := parseClientCert(cert)
	if !ok {
		return nil, refuseCert
	}
	more, ok := parseClientCertChain(chain)
	if !ok {
		return nil, refuseChain
	}
	return a.verifyDER(cert, der, more)
}

// verifyDER parses and verifies a certificate and its intermediates.
func (a *Authenticator) verifyDER(key string, der []byte, more [][]byte) (*verification, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, authn.ErrInvalid.With(fmt.Errorf("mtls: the certificate in the header: %w", err))
	}
	intermediates := make([]*x509.Certificate, 0, len(more))
	for _, der := range more {
		if c, err := x509.ParseCertificate(der); err == nil { // without it the chain may be complete
			intermediates = append(intermediates, c)
		}
	}
	return a.verifyLeaf(key, leaf, intermediates)
}

// verifyXFCC returns the verification of the last element.
func (a *Authenticator) verifyXFCC(value string) (*verification, error) {
	e, ok := lastElement(value)
	if !ok {
		return nil, refuseXFCC
	}
	for _, by := range e.by {
		if !slices.Contains(a.cfg.By, by) {
			return nil, authn.ErrInvalid.With(fmt.Errorf("mtls: By of X-Forwarded-Client-Cert is %q, which is not in Config.By", by))
		}
	}
	if len(e.by) == 0 && len(a.cfg.By) > 0 {
		return nil, authn.ErrInvalid.With(errors.New("mtls: the last element of X-Forwarded-Client-Cert has no By, and Config.By has some"))
	}
	if e.cert == "" {
		return a.withoutCert(e)
	}
	found := a.clients.find(e.cert, a.rootsOf, a.now())
	if found == nil {
		der, more, ok := e.certificates()
		if !ok {
			return nil, refuseXFCC
		}
		var err error
		// The clone does not keep the chain and the other elements alive.
		if found, err = a.verifyDER(strings.Clone(e.cert), der, more); err != nil {
			return nil, err
		}
	}
	if e.hash != "" {
		if sum, ok := hashOf(e.hash); !ok || sum != found.sum {
			return nil, errHash
		}
	}
	return found, nil
}

// withoutCert returns the caller that the proxy has named in words.
func (a *Authenticator) withoutCert(e element) (*verification, error) {
	if !a.cfg.DangerouslyWithoutCert {
		return nil, errNoCert
	}
	n := names{uri: e.uri, dns: e.dns}
	if e.hash != "" {
		sum, ok := hashOf(e.hash)
		if !ok {
			return nil, refuseXFCC
		}
		n.thumbprint = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	issuer, subject, err := a.cfg.Identity.identify(a.cfg.Issuer, n)
	if err != nil {
		return nil, authn.ErrInvalid.With(err)
	}
	p := &Peer{Issuer: issuer, Subject: subject, Thumbprint: n.thumbprint}
	if a.rootsOf(p) == nil {
		return nil, authn.ErrInvalid.With(errNoRoots)
	}
	return &verification{peer: p, principal: p.principal()}, nil
}

// hashOf returns a SHA-256 that is written as 64 hexadecimal digits.
func hashOf(text string) (sum [sha256.Size]byte, ok bool) {
	var digits [2 * sha256.Size]byte // a conversion to []byte would allocate
	if len(text) != len(digits) {
		return sum, false
	}
	copy(digits[:], text)
	_, err := hex.Decode(sum[:], digits[:])
	return sum, err == nil
}
