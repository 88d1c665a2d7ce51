package mtls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var serial atomic.Int64

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	return mwtest.Must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

// newAuthority returns an authority that its issuer has signed, after the changes. A nil issuer
// means a root.
func newAuthority(t testing.TB, name string, issuer *authority, changes ...func(*x509.Certificate)) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	for _, change := range changes {
		change(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der := mwtest.Must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer))
	return &authority{mwtest.Must[*x509.Certificate](t)(x509.ParseCertificate(der)), key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue returns a certificate for clients that is valid for an hour, after the changes.
func (a *authority) issue(t testing.TB, changes ...func(*x509.Certificate)) *leaf {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: "api.example"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: time.Now().Add(-time.Minute).Truncate(time.Second), NotAfter: time.Now().Add(time.Hour).Truncate(time.Second),
	}
	for _, change := range changes {
		change(template)
	}
	der := mwtest.Must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))
	return &leaf{mwtest.Must[*x509.Certificate](t)(x509.ParseCertificate(der)), key, nil}
}

// A leaf is a certificate with its key, and with the authorities between it and a root.
type leaf struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	chain []*authority
}

func (l *leaf) tls() tls.Certificate {
	out := tls.Certificate{Certificate: [][]byte{l.cert.Raw}, PrivateKey: l.key}
	for _, a := range l.chain {
		out.Certificate = append(out.Certificate, a.cert.Raw)
	}
	return out
}

// sum returns the thumbprint.
func (l *leaf) sum() string {
	sum := sha256.Sum256(l.cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hash returns the hash as Envoy writes it.
func (l *leaf) hash() string {
	sum := sha256.Sum256(l.cert.Raw)
	return hex.EncodeToString(sum[:])
}

// clientCert returns the value of Client-Cert.
func (l *leaf) clientCert() string {
	return ":" + base64.StdEncoding.EncodeToString(l.cert.Raw) + ":"
}

// pem returns the value of Cert as Envoy writes it.
func (l *leaf) pem() string { return escapedPEM(l.cert) }

func escapedPEM(c *x509.Certificate) string {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	return strings.NewReplacer("\n", "%0A", " ", "%20", "+", "%2B", "/", "%2F", "=", "%3D").Replace(text)
}

// uris sets the URI SANs.
func uris(all ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, s := range all {
			u, err := url.Parse(s)
			if err != nil {
				panic(err)
			}
			c.URIs = append(c.URIs, u)
		}
	}
}

// rawURI sets the only URI SAN to a text that url.URL would change.
func rawURI(t testing.TB, text string) func(*x509.Certificate) {
	der := mwtest.Must[[]byte](t)(asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(text)}}))
	return func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: der}}
	}
}

// dns sets the DNS SANs.
func dns(all ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames = all }
}

const alice = "spiffe://prod.example/ns/shop/sa/alice"

// connected returns a request over a connection whose handshake has verified l.
func connected(l *leaf) *http.Request {
	r := httptest.NewRequest("GET", "https://notes.example/", nil)
	r.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{l.cert}}
	for _, a := range l.chain {
		r.TLS.PeerCertificates = append(r.TLS.PeerCertificates, a.cert)
	}
	r.TLS.VerifiedChains = [][]*x509.Certificate{r.TLS.PeerCertificates}
	return r
}

// proxied returns a request from a proxy at 10.0.0.1 with the headers.
func proxied(kv ...string) *http.Request {
	r := httptest.NewRequest("GET", "https://notes.example/", nil)
	r.RemoteAddr = "10.0.0.1:1234"
	for i := 0; i < len(kv); i += 2 {
		r.Header.Add(kv[i], kv[i+1])
	}
	return r
}

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}

// only returns Roots that know one trust domain.
func only(domain string, pool *x509.CertPool) func(string) *x509.CertPool {
	return func(asked string) *x509.CertPool {
		if asked != domain {
			return nil
		}
		return pool
	}
}

func build(t testing.TB, cfg mtls.Config) *mtls.Authenticator {
	t.Helper()
	return mwtest.Must[*mtls.Authenticator](t)(mtls.New(cfg))
}
