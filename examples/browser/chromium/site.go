package chromium

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A Site is one origin: a server on a port of its own.
type Site struct {
	Origin string // such as https://shop.test:40001
	Host   string // such as shop.test:40001

	b        *Browser
	listener net.Listener
}

// Site opens a port for host, a name under .test. So the origin is known before the
// handlers that need it are made. Chromium waits for the answer until Serve.
func (b *Browser) Site(host string) *Site {
	b.t.Helper()
	if !strings.HasSuffix(host, ".test") {
		b.t.Fatalf("Site(%q): the name does not end with .test", host)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = listener.Close() }) // Serve may have closed it
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		b.t.Fatal(err)
	}
	host = net.JoinHostPort(host, port)
	return &Site{Origin: "https://" + host, Host: host, b: b, listener: listener}
}

// Serve answers the requests of the site with h, over HTTP/2 and HTTP/1.1, until the test ends.
func (s *Site) Serve(h http.Handler) {
	s.b.t.Helper()
	s.serve(s.b.keys, h)
}

func (s *Site) serve(k keys, h http.Handler) {
	s.b.t.Helper()
	name, _, _ := net.SplitHostPort(s.Host)
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{k.certificate(s.b.t, name)}
	secure, err := tlsconf.New(cfg)
	if err != nil {
		s.b.t.Fatal(err)
	}
	server := &http.Server{
		Handler:           h,
		TLSConfig:         secure,
		ReadHeaderTimeout: limit,
		ErrorLog:          log.New(io.Discard, "", 0), // Chromium opens connections that it does not use
	}
	s.b.t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.ServeTLS(s.listener, "", "") }() // until Close
}

// keys has the one key of all certificates.
type keys struct {
	key  *ecdsa.PrivateKey
	spki string // the SHA-256 of the public key, in the form of Chromium's flag
}

func newKeys(t testing.TB) keys {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	return keys{key, base64.StdEncoding.EncodeToString(sum[:])}
}

// certificate makes a certificate for one name, valid for a day.
func (k keys) certificate(t testing.TB, name string) tls.Certificate {
	t.Helper()
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		DNSNames:     []string{name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(23 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.key.Public(), k.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k.key}
}
