package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// StartTLS is like Start, and the server also accepts TLS on Server.TLSAddr. The
// configuration trusts the certificate of that server. Args are further arguments of
// redis-server.
func StartTLS(tb testing.TB, args ...string) (*Server, *tls.Config) {
	tb.Helper()
	dir := tb.TempDir()
	config, err := writeCertificate(dir)
	if err != nil {
		tb.Fatalf("redistest: a certificate: %v", err)
	}
	s, err := start(tb, spec{dir: dir, tls: true, args: args})
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s, config
}

const certificateFile, keyFile = "certificate.pem", "key.pem"

// tlsArgs returns the arguments of a server that accepts TLS on port.
func tlsArgs(dir, port string) []string {
	certificate := filepath.Join(dir, certificateFile)
	return []string{"--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", filepath.Join(dir, keyFile),
		"--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"}
}

// writeCertificate writes a certificate for the loopback interface into dir, and returns
// the configuration of a client that trusts it.
func writeCertificate(dir string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(loopback)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	err = errors.Join(os.WriteFile(filepath.Join(dir, certificateFile), certificate, 0o600),
		os.WriteFile(filepath.Join(dir, keyFile), private, 0o600))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		return nil, fmt.Errorf("%s does not parse", certificateFile)
	}
	return &tls.Config{RootCAs: roots, ServerName: loopback, MinVersion: tls.VersionTLS12}, nil
}
