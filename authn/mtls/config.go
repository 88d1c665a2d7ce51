package mtls

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/network"
)

// Header names the request header in which a proxy passes on the certificate of its client.
type Header string

const (
	// ClientCert is Client-Cert, with Client-Cert-Chain if the proxy sends it (RFC 9440).
	ClientCert Header = "Client-Cert"

	// XFCC is X-Forwarded-Client-Cert of Envoy. Only its last element counts.
	XFCC Header = "X-Forwarded-Client-Cert"
)

// Config configures an Authenticator. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Identity says which part of a certificate is the Subject. Required.
	Identity Identity

	// Issuer is the Issuer of every Principal, and the argument of Roots: a name of your
	// own for the authority that issues the certificates. Required, but for SPIFFEID, which
	// refuses it: there the trust domain is the Issuer.
	Issuer string

	// Roots returns the authorities that may vouch for a trust domain or, without SPIFFE,
	// for Issuer. Nil means that no authority may. Required. Each request calls it, so it
	// must be fast and safe for concurrent use. With SPIFFEID the argument comes from the
	// certificate of a client, so it can be any trust domain. Return the same pool until
	// something changes, and then another one: the verifications are remembered for a pool, so
	// a pool that has been returned must not be changed.
	Roots func(trustDomain string) *x509.CertPool

	// Revoked reports whether a certificate has been revoked. It is the last check of each
	// request. True refuses the certificate. An error is an outage and is answered with 503.
	// It is also asked about the certificate of a proxy, with an empty Issuer. Nil is off: a
	// certificate is valid until it expires.
	Revoked func(ctx context.Context, p *Peer) (bool, error)

	// Header is the header in which a proxy passes the certificate on. Then the
	// certificate of the connection belongs to the proxy. Default: no proxy, and the
	// certificate of the connection belongs to the client. A request with a header of a kind
	// that is not configured is refused with 400, because another layer could believe it.
	Header Header

	// Proxies are the addresses of the proxies that may send Header. Refused are prefixes
	// wider than /8 (IPv4) or /7 (IPv6), with host bits, or of IPv4-mapped addresses. If
	// ProxyNames is set too, a proxy must meet both.
	Proxies []netip.Prefix

	// ProxyNames are the names in the certificates of the proxies that may send Header, each
	// a DNS name or a URI such as a SPIFFE ID. The connection must have a certificate with
	// one of them as a SAN, issued by one of ProxyRoots. It is the way to tell a sidecar on
	// 127.0.0.1 from any other process of the machine.
	ProxyNames []string

	// ProxyRoots returns the authorities that may vouch for ProxyNames, under the rules of
	// Roots. Required with ProxyNames.
	ProxyRoots func() *x509.CertPool

	// By lists the URI SANs of the certificates that the proxies show to their clients. Envoy
	// writes each of them into the element, as By. An element with another By was not
	// written for this service, and is refused. Empty: an element with By is refused. XFCC
	// only.
	By []string

	// DangerouslyWithoutCert also accepts an element of XFCC without Cert. The identity is
	// then the text that the proxy wrote as URI, DNS or Hash: the service checks neither the
	// signature nor the validity of the certificate, and Peer.Certificate is nil. Envoy writes
	// URI and DNS without quotes, so a client with a comma in a SAN can write an element of
	// its own. Roots must know the Issuer nevertheless. Default: false. Let Envoy send the certificate instead
	// (set_current_client_cert_details: cert).
	DangerouslyWithoutCert bool

	// Deny answers a request that Require refuses; next does not run. Nil means
	// httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)
}

// An Authenticator is an authn.Authenticator for client certificates. It is safe for
// concurrent use; make one with New.
type Authenticator struct {
	cfg     Config
	clients verifier
	proxies verifier
	now     func() time.Time // tests set it
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Authenticator, error) {
	f := httperr.ConfigFaults{Package: "mtls"}
	switch cfg.Identity {
	case SPIFFEID:
		if cfg.Issuer != "" {
			f.Add("Issuer", cfg.Issuer, "is not used with SPIFFEID: the trust domain is the Issuer", "leave it empty")
		}
	case URI, DNSName, Thumbprint:
		if !field.Name(cfg.Issuer) {
			f.Add("Issuer", cfg.Issuer, "is not printable text", `name the authority that issues the certificates, such as "notes-mesh"`)
		}
	default:
		f.Add("Identity", cfg.Identity, "is not an Identity", "use mtls.SPIFFEID, mtls.URI, mtls.DNSName or mtls.Thumbprint")
	}
	if cfg.Roots == nil {
		f.Add("Roots", nil, "is nil", "return the pool of the authorities of a trust domain, or of Issuer")
	}
	checkProxy(&f, &cfg)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if cfg.Deny == nil {
		cfg.Deny = httperr.Write
	}
	cfg.Proxies, cfg.By = slices.Clone(cfg.Proxies), slices.Clone(cfg.By)
	cfg.ProxyNames = slices.Clone(cfg.ProxyNames)
	return &Authenticator{cfg: cfg, now: time.Now}, nil
}

// checkProxy adds the faults of the fields about a proxy.
func checkProxy(f *httperr.ConfigFaults, cfg *Config) {
	switch cfg.Header {
	case "":
		const reason, fix = "no header of a proxy is read without Header", "set Header to what the proxy writes, or leave it empty"
		if len(cfg.Proxies) > 0 {
			f.Add("Proxies", nil, reason, fix)
		}
		if len(cfg.ProxyNames) > 0 || cfg.ProxyRoots != nil {
			f.Add("ProxyNames", nil, reason, fix)
		}
	case ClientCert, XFCC:
		if len(cfg.Proxies) == 0 && len(cfg.ProxyNames) == 0 {
			f.Add("Proxies", nil, "no proxy is trusted, so that Header would always be refused",
				"list the addresses of the proxies, or set ProxyNames")
		}
		if (len(cfg.ProxyNames) > 0) != (cfg.ProxyRoots != nil) {
			f.Add("ProxyRoots", nil, "ProxyNames and ProxyRoots belong together", "set both, or leave both empty")
		}
	default:
		f.Add("Header", cfg.Header, "is not a Header",
			"use mtls.ClientCert or mtls.XFCC, or leave it empty for the certificate of the connection")
	}
	if cfg.Header != XFCC && len(cfg.By) > 0 {
		f.Add("By", nil, "is a part of XFCC alone", "leave it empty")
	}
	if cfg.Header != XFCC && cfg.DangerouslyWithoutCert {
		f.Add("DangerouslyWithoutCert", nil, "is about XFCC alone", "leave it false")
	}
	checkProxyLists(f, cfg)
}

// checkProxyLists adds the faults of the elements of Proxies, ProxyNames and By.
func checkProxyLists(f *httperr.ConfigFaults, cfg *Config) {
	for i, p := range cfg.Proxies {
		reason, fix := network.Fault(p)
		if reason == "" && network.Wide(p) {
			reason, fix = "is wider than the network of one organisation", "list the addresses of the proxies"
		}
		if reason != "" {
			f.Add(fmt.Sprintf("Proxies[%d]", i), p, reason, fix)
		}
	}
	for i, name := range cfg.ProxyNames {
		if !isURI(name) && !isDNSName(name) {
			f.Add(fmt.Sprintf("ProxyNames[%d]", i), name, "is neither a URI nor a DNS name in lower case without a wildcard",
				"write the SAN as in the certificate")
		}
	}
	for i, by := range cfg.By {
		if !isURI(by) {
			f.Add(fmt.Sprintf("By[%d]", i), by, "is not a URI", "write the URI SAN of the certificate of the proxy")
		}
	}
}

// isURI reports whether s is printable ASCII with a scheme and an authority.
func isURI(s string) bool {
	scheme, rest, found := strings.Cut(s, "://")
	return found && scheme != "" && rest != "" && field.Quoted(s) && !strings.Contains(s, " ")
}
