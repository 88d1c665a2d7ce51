package tlsreload_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/tls/tlsreload"
)

// An authority issues certificates. Certificates are valid from an hour ago.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	pem  []byte
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	key := newKey(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// A pair is a certificate and its key in PEM form.
type pair struct{ chain, key []byte }

// issue returns a certificate for example.com that is valid for another lifetime.
func (a *authority) issue(t testing.TB, name string, lifetime time.Duration) pair {
	t.Helper()
	key := newKey(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lifetime),
		DNSNames: []string{"example.com"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return pair{append(leaf, a.pem...), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})}
}

func (p pair) certificate(t testing.TB) tls.Certificate {
	t.Helper()
	cert, err := tls.X509KeyPair(p.chain, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder holds the files tls.crt, tls.key and ca.crt.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

func (f folder) write(t testing.TB, p pair) {
	t.Helper()
	write(t, f.path("tls.key"), p.key)
	write(t, f.path("tls.crt"), p.chain)
}

func (f folder) config() tlsreload.Config {
	return tlsreload.Config{TLS: tlsconf.Intermediate(), Pairs: []tlsreload.Pair{{CertFile: f.path("tls.crt"), KeyFile: f.path("tls.key")}}}
}

// swap replaces all files as Kubernetes does: the files are links to "..data/name", and
// "..data" is a link to a folder that one rename replaces.
func (f folder) swap(t testing.TB, generation string, files map[string][]byte) {
	t.Helper()
	if err := os.Mkdir(f.path(generation), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, f.path(filepath.Join(generation, name)), text)
		if err := os.Symlink(filepath.Join("..data", name), f.path(name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(generation, f.path("..data_tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.path("..data_tmp"), f.path("..data")); err != nil {
		t.Fatal(err)
	}
}

// A recorder keeps the statuses that Observe is told.
type recorder struct {
	mu   sync.Mutex
	seen []tlsreload.Status
}

func (r *recorder) add(s tlsreload.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

func (r *recorder) all() []tlsreload.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func mustNew(t testing.TB, cfg tlsreload.Config) *tlsreload.Reloader {
	t.Helper()
	r, err := tlsreload.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// inUse returns the common name of the certificate that a handshake would get.
func inUse(t testing.TB, conf *tls.Config) string {
	t.Helper()
	c, err := conf.GetConfigForClient(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Certificates[0].Leaf.Subject.CommonName
}
