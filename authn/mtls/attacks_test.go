package mtls_test

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
)

// Each row is a certificate, or a way to send it, and the only right outcome. A certificate
// comes over the connection, in Client-Cert and in XFCC, with the same outcome.
func TestCertificates(t *testing.T) {
	root, foreign := newAuthority(t, "prod", nil), newAuthority(t, "other", nil)
	middle := newAuthority(t, "middle", root)
	withMiddle := middle.issue(t, uris(alice))
	withMiddle.chain = []*authority{middle}
	forNames := newAuthority(t, "constrained", root, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedURIDomains, c.PermittedDNSDomains = true, []string{"prod.example"}, []string{"a.example"}
	})
	constrained := func(change func(*x509.Certificate)) *leaf {
		l := forNames.issue(t, change)
		l.chain = []*authority{forNames}
		return l
	}
	noClient := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	anyUse := func(c *x509.Certificate) { c.ExtKeyUsage = nil }
	isCA := func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }
	signs := func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign }
	later := func(c *x509.Certificate) { c.NotBefore = c.NotAfter }
	ended := func(c *x509.Certificate) { c.NotAfter, c.NotBefore = c.NotBefore, c.NotBefore.Add(-1) }
	ip := func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(10, 1, 2, 3)} }
	mail := func(c *x509.Certificate) { c.EmailAddresses = []string{"a@example.com"} }
	for name, row := range map[string]struct {
		leaf     *leaf
		identity mtls.Identity
		subject  string // of the principal, or
		refused  error
		reason   string
	}{
		"a SPIFFE ID":                         {root.issue(t, uris(alice)), mtls.SPIFFEID, alice, nil, ""},
		"and other SANs":                      {root.issue(t, uris(alice), dns("a.example", "b.example"), ip, mail), mtls.SPIFFEID, alice, nil, ""},
		"no restriction of use":               {root.issue(t, uris(alice), anyUse), mtls.SPIFFEID, alice, nil, ""},
		"an intermediate":                     {withMiddle, mtls.SPIFFEID, alice, nil, ""},
		"its intermediate missing":            {middle.issue(t, uris(alice)), mtls.SPIFFEID, "", authn.ErrInvalid, "unknown authority"},
		"a name that its authority may issue": {constrained(uris(alice)), mtls.SPIFFEID, alice, nil, ""},
		"a name that its authority may not":   {constrained(uris("spiffe://other.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, ""},
		"two URI SANs":                        {root.issue(t, uris(alice, alice+"2")), mtls.SPIFFEID, "", authn.ErrInvalid, "exactly one URI SAN"},
		"the same URI SAN twice":              {root.issue(t, uris(alice, alice)), mtls.SPIFFEID, "", authn.ErrInvalid, "exactly one URI SAN"},
		"a Common Name only":                  {root.issue(t), mtls.SPIFFEID, "", authn.ErrInvalid, "exactly one URI SAN"},
		"another URI":                         {root.issue(t, uris("https://prod.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a SPIFFE ID"},
		"the domain alone":                    {root.issue(t, uris("spiffe://prod.example")), mtls.SPIFFEID, "", authn.ErrInvalid, "no workload"},
		"a final slash":                       {root.issue(t, uris(alice+"/")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"an empty segment":                    {root.issue(t, uris("spiffe://prod.example//a")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"dot segments":                        {root.issue(t, uris("spiffe://prod.example/a/../b")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"a dot segment":                       {root.issue(t, uris("spiffe://prod.example/./b")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"percent-encoding":                    {root.issue(t, uris("spiffe://prod.example/%61lice")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"a query":                             {root.issue(t, uris(alice+"?a=b")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"a fragment":                          {root.issue(t, uris(alice+"#a")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"an empty query":                      {root.issue(t, rawURI(t, alice+"?")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"an empty fragment":                   {root.issue(t, rawURI(t, alice+"#")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a segment"},
		"the scheme in upper case":            {root.issue(t, rawURI(t, "SPIFFE://prod.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a SPIFFE ID"},
		"no scheme":                           {root.issue(t, rawURI(t, "//prod.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "not a SPIFFE ID"},
		"an empty port":                       {root.issue(t, rawURI(t, "spiffe://prod.example:/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "trust domain"},
		"an empty user":                       {root.issue(t, rawURI(t, "spiffe://@prod.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "trust domain"},
		"a user":                              {root.issue(t, uris("spiffe://a@prod.example/b")), mtls.SPIFFEID, "", authn.ErrInvalid, "trust domain"},
		"a port":                              {root.issue(t, uris("spiffe://prod.example:80/b")), mtls.SPIFFEID, "", authn.ErrInvalid, "trust domain"},
		"a trust domain in upper case":        {root.issue(t, uris("spiffe://PROD.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "trust domain"},
		"a SPIFFE ID of 2,049 bytes":          {root.issue(t, uris("spiffe://prod.example/"+strings.Repeat("a", 2027))), mtls.SPIFFEID, "", authn.ErrInvalid, "not a SPIFFE ID"},
		"an authority as leaf":                {root.issue(t, uris(alice), isCA), mtls.SPIFFEID, "", authn.ErrInvalid, "one of an authority"},
		"a leaf that may sign lists":          {root.issue(t, uris(alice), signs), mtls.SPIFFEID, "", authn.ErrInvalid, "one of an authority"},
		"a certificate for servers":           {root.issue(t, uris(alice), noClient), mtls.SPIFFEID, "", authn.ErrInvalid, "incompatible key usage"},
		"our domain of a foreign authority":   {foreign.issue(t, uris(alice)), mtls.SPIFFEID, "", authn.ErrInvalid, "unknown authority"},
		"the foreign domain of our authority": {root.issue(t, uris("spiffe://other.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "unknown authority"},
		"a domain without roots":              {root.issue(t, uris("spiffe://no.example/a")), mtls.SPIFFEID, "", authn.ErrInvalid, "no authority may vouch"},
		"expired":                             {root.issue(t, uris(alice), ended), mtls.SPIFFEID, "", authn.ErrExpired, "expired"},
		"expired, of a foreign authority":     {foreign.issue(t, uris(alice), ended), mtls.SPIFFEID, "", authn.ErrInvalid, "expired"},
		"not valid yet":                       {root.issue(t, uris(alice), later), mtls.SPIFFEID, "", authn.ErrInvalid, "expired or is not yet valid"},

		"a URI":               {root.issue(t, uris("https://a.example/x?y#z")), mtls.URI, "https://a.example/x?y#z", nil, ""},
		"a URI as it is":      {root.issue(t, rawURI(t, "HTTPS://a.example/%78?#")), mtls.URI, "HTTPS://a.example/%78?#", nil, ""},
		"two URIs":            {root.issue(t, uris("https://a.example/x", "https://a.example/y")), mtls.URI, "", authn.ErrInvalid, "exactly one URI SAN"},
		"no URI":              {root.issue(t, dns("a.example")), mtls.URI, "", authn.ErrInvalid, "exactly one URI SAN"},
		"an opaque URI":       {root.issue(t, uris("urn:uuid:1")), mtls.URI, "", authn.ErrInvalid, ""},
		"a name":              {root.issue(t, dns("api-1.example")), mtls.DNSName, "api-1.example", nil, ""},
		"a name in any case":  {root.issue(t, dns("API-1.Example")), mtls.DNSName, "api-1.example", nil, ""},
		"two names":           {root.issue(t, dns("a.example", "b.example")), mtls.DNSName, "", authn.ErrInvalid, "exactly one DNS SAN"},
		"an IP address":       {root.issue(t, ip), mtls.DNSName, "", authn.ErrInvalid, "exactly one DNS SAN"},
		"an address as name":  {root.issue(t, dns("10.1.2.3")), mtls.DNSName, "", authn.ErrInvalid, "one host"},
		"a wildcard":          {root.issue(t, dns("*.example")), mtls.DNSName, "", authn.ErrInvalid, "one host"},
		"the root of DNS":     {root.issue(t, dns("a.example.")), mtls.DNSName, "", authn.ErrInvalid, ""},
		"a name, constrained": {constrained(dns("api.a.example")), mtls.DNSName, "api.a.example", nil, ""},
		"a name, forbidden":   {constrained(dns("b.example")), mtls.DNSName, "", authn.ErrInvalid, "not permitted"},
		"an IDN":              {root.issue(t, dns("xn--bcher-kva.example")), mtls.DNSName, "xn--bcher-kva.example", nil, ""},
		"an inner wildcard":   {root.issue(t, dns("a*.example")), mtls.DNSName, "", authn.ErrInvalid, "one host"},
		"no name but CN":      {root.issue(t), mtls.DNSName, "", authn.ErrInvalid, "exactly one DNS SAN"},
		"a name, for servers": {root.issue(t, dns("a.example"), noClient), mtls.DNSName, "", authn.ErrInvalid, "incompatible key usage"},
		"a name, foreign":     {foreign.issue(t, dns("a.example")), mtls.DNSName, "", authn.ErrInvalid, "unknown authority"},
	} {
		cfg := mtls.Config{Identity: row.identity, Roots: func(domain string) *x509.CertPool {
			switch domain {
			case "prod.example", "mesh":
				return root.pool()
			case "other.example":
				return foreign.pool()
			}
			return nil
		}}
		if row.identity != mtls.SPIFFEID {
			cfg.Issuer = "mesh"
		}
		chain := make([]string, len(row.leaf.chain))
		for i, a := range row.leaf.chain {
			chain[i] = (&leaf{cert: a.cert}).clientCert()
		}
		chainPEM := row.leaf.pem()
		for _, a := range row.leaf.chain {
			chainPEM += escapedPEM(a.cert)
		}
		direct, byCert, byXFCC := cfg, cfg, cfg
		byCert.Header, byCert.Proxies = mtls.ClientCert, proxies
		byXFCC.Header, byXFCC.Proxies = mtls.XFCC, proxies
		for way, try := range map[string]struct {
			cfg mtls.Config
			r   *http.Request
		}{
			"direct":      {direct, connected(row.leaf)},
			"Client-Cert": {byCert, proxied("Client-Cert", row.leaf.clientCert(), "Client-Cert-Chain", strings.Join(chain, ", "))},
			"XFCC":        {byXFCC, proxied("X-Forwarded-Client-Cert", `Hash=`+row.leaf.hash()+`;Cert="`+row.leaf.pem()+`";Chain="`+chainPEM+`";Subject="CN=api.example";URI=spiffe://lie.example/a`)},
		} {
			a := build(t, try.cfg)
			for range 2 { // also from memory
				p, err := a.Authenticate(try.r)
				if row.refused != nil {
					if !errors.Is(err, row.refused) || p != nil || !strings.Contains(causeOf(err), row.reason) {
						t.Errorf("%s, %s: %v, %s", name, way, p, causeOf(err))
					}
					continue
				}
				if err != nil || p.Kind != "mtls" || p.Subject != row.subject || p.TokenID != row.leaf.sum() || !p.ExpiresAt.Equal(row.leaf.cert.NotAfter) ||
					p.Issuer != map[bool]string{true: "prod.example", false: "mesh"}[row.identity == mtls.SPIFFEID] {
					t.Errorf("%s, %s: %+v, %s", name, way, p, causeOf(err))
				}
			}
		}
	}
}

// causeOf returns the text of err with its causes.
func causeOf(err error) string {
	text := ""
	for ; err != nil; err = errors.Unwrap(err) {
		text += err.Error() + "; "
	}
	return text
}

// A certificate that the handshake has not verified is no credential.
func TestUnverifiedHandshake(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool())})
	r := connected(root.issue(t, uris(alice)))
	r.TLS.VerifiedChains = nil
	if _, err := a.Authenticate(r); !errors.Is(err, authn.ErrInvalid) || !strings.Contains(causeOf(err), "RequireAndVerifyClientCert") {
		t.Error(err)
	}
	r.TLS.PeerCertificates = nil
	if _, err := a.Authenticate(r); !errors.Is(err, authn.ErrNoCredentials) || a.Present(r) {
		t.Error(err)
	}
	r.TLS = nil
	if _, err := a.Authenticate(r); !errors.Is(err, authn.ErrNoCredentials) || a.Present(r) {
		t.Error(err)
	}
}
