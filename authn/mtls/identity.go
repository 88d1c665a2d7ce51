package mtls

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// Identity says which part of a certificate is the Subject of its holder. A certificate with
// no part of the kind, or with two, has no identity and is refused. The Common Name is never
// read.
type Identity string

const (
	// SPIFFEID is the URI SAN of an X.509 SVID, such as spiffe://prod.example/ns/a/sa/b. The
	// trust domain is the Issuer and selects the roots. The rules of SPIFFE apply: one
	// URI SAN, a path of [A-Za-z0-9._-] without empty segments and dot segments, and a
	// leaf that is not an authority.
	SPIFFEID Identity = "SPIFFE ID"

	// URI is the only URI SAN, as in the certificate.
	URI Identity = "URI"

	// DNSName is the only DNS SAN, in lower case. A wildcard names several hosts, so it is
	// no identity. Neither is an IP address.
	DNSName Identity = "DNS name"

	// Thumbprint is the SHA-256 of the certificate, in base64url without padding. It changes
	// with each renewal.
	Thumbprint Identity = "SHA-256"
)

var (
	errNoURI       = errors.New("mtls: the certificate has not exactly one URI SAN")
	errBadURI      = errors.New("mtls: the URI SAN is not printable ASCII with an authority")
	errNoDNSName   = errors.New("mtls: the certificate has not exactly one DNS SAN")
	errBadDNSName  = errors.New("mtls: the DNS SAN is not the name of one host")
	errIsAuthority = errors.New("mtls: the certificate is one of an authority")
	errNoHash      = errors.New("mtls: the element has no Hash")
)

// names are the parts of a certificate that can be an identity.
type names struct {
	uri, dns   nameList
	thumbprint string // in base64url; "" if unknown
}

// nameList is the first of some names, and their number.
type nameList struct {
	first string
	count int
}

func (n *nameList) add(name string) {
	if n.count++; n.count == 1 {
		n.first = name
	}
}

// namesOf returns the names of a certificate.
func namesOf(leaf *x509.Certificate) names {
	n := names{thumbprint: thumbprint(leaf.Raw)}
	for _, u := range uriSANs(leaf) {
		n.uri.add(u)
	}
	for _, s := range leaf.DNSNames {
		n.dns.add(s)
	}
	return n
}

var oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// uriSANs returns the URI SANs as they are in the certificate. The URLs of x509.Certificate have
// lost an empty fragment and the case of the scheme, so two SANs would be one identity.
func uriSANs(leaf *x509.Certificate) (uris []string) {
	const tagURI = 6 // uniformResourceIdentifier (RFC 5280, section 4.2.1.6)
	for _, e := range leaf.Extensions {
		var all []asn1.RawValue
		if !e.Id.Equal(oidSubjectAltName) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &all); err != nil {
			return nil
		}
		for _, name := range all {
			if name.Class == asn1.ClassContextSpecific && name.Tag == tagURI {
				uris = append(uris, string(name.Bytes))
			}
		}
	}
	return uris
}

// identify returns the issuer and the subject of a certificate with the names n. issuer is
// the result unless the identity names its own trust domain.
func (id Identity) identify(issuer string, n names) (_, subject string, _ error) {
	switch id {
	case SPIFFEID, URI:
		subject = n.uri.first
		switch {
		case n.uri.count != 1:
			return "", "", errNoURI
		case id == SPIFFEID:
			domain, err := trustDomain(subject)
			return domain, subject, err
		case !isURI(subject):
			return "", "", errBadURI
		}
		return issuer, subject, nil
	case DNSName:
		subject = field.Lower(n.dns.first)
		switch {
		case n.dns.count != 1:
			return "", "", errNoDNSName
		case !isDNSName(subject):
			return "", "", errBadDNSName
		}
		return issuer, subject, nil
	}
	if n.thumbprint == "" {
		return "", "", errNoHash
	}
	return issuer, n.thumbprint, nil
}

// checkLeaf returns the fault of a leaf that its identity forbids.
func (id Identity) checkLeaf(leaf *x509.Certificate) error {
	if id == SPIFFEID && (leaf.IsCA || leaf.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0) {
		return errIsAuthority
	}
	return nil
}

// isDNSName reports whether s is a DNS name in lower case, without a wildcard and a final
// dot, that no reader takes for an IP address.
func isDNSName(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	return len(s) <= 253 && hostport.Name(s, 63) && last != "" && field.Lower(s) == s && strings.Trim(last, "0123456789") != ""
}

// maxSPIFFEID and maxDomain are the longest SPIFFE ID and trust domain in bytes.
const maxSPIFFEID, maxDomain = 2048, 255

// trustDomain returns the trust domain of a SPIFFE ID of a workload.
func trustDomain(id string) (string, error) {
	rest, found := strings.CutPrefix(id, "spiffe://")
	domain, path, hasPath := strings.Cut(rest, "/")
	switch {
	case !found || len(id) > maxSPIFFEID:
		return "", errors.New("mtls: the URI SAN is not a SPIFFE ID")
	case domain == "" || len(domain) > maxDomain || !isSPIFFEText(domain, false):
		return "", errors.New("mtls: the trust domain of the SPIFFE ID is not [a-z0-9._-]")
	case !hasPath:
		return "", errors.New("mtls: the SPIFFE ID names a trust domain and no workload")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." || !isSPIFFEText(segment, true) {
			return "", fmt.Errorf("mtls: %q is not a segment of the path of a SPIFFE ID", segment)
		}
	}
	return domain, nil
}

// isSPIFFEText reports whether s is [a-z0-9._-]*, also with [A-Z] if upper is set.
func isSPIFFEText(s string, upper bool) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		case upper && 'A' <= c && c <= 'Z':
		default:
			return false
		}
	}
	return true
}
