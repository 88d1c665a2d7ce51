package tlsconf_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func TestRefusedCertificates(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "ca")
	valid := ca.issue(t, newKey(), nil)
	withSHA1 := certTemplate("server")
	withSHA1.SignatureAlgorithm = x509.ECDSAWithSHA1
	legacy := sign(t, withSHA1, withSHA1, newKey().Public(), newKey())
	oldCA := newAuthority(t, "old ca")
	withOldCA := oldCA.issue(t, newKey(), nil)
	expired := *oldCA.cert
	expired.NotBefore, expired.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Minute)
	withOldCA.Certificate[1] = sign(t, &expired, &expired, oldCA.key.Public(), oldCA.key).Raw
	instant := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	const field = `tlsconf: Certificates[0]: "CN=server": `
	for name, row := range map[string]struct {
		cert tls.Certificate
		want []string
	}{
		"expired": {ca.issue(t, newKey(), func(c *x509.Certificate) { c.NotBefore, c.NotAfter = instant.Add(-time.Hour), instant }),
			[]string{field + "expired at 2020-01-02T03:04:05Z; renew it"}},
		"expired issuer": {withOldCA, []string{`tlsconf: Certificates[0]: "CN=old ca": expired at `}},
		"not yet valid": {ca.issue(t, newKey(), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = instant.AddDate(80, 0, 0), instant.AddDate(81, 0, 0)
		}), []string{field + "not valid before 2100-01-02T03:04:05Z; wait, or set the clock"}},
		"another's key": {tls.Certificate{Certificate: valid.Certificate, PrivateKey: ecKey(elliptic.P256())},
			[]string{field + "the private key belongs to another certificate; set the key that the certificate was issued for"}},
		"another kind of key": {tls.Certificate{Certificate: valid.Certificate, PrivateKey: rsaKey(t, 2048)}, []string{field + "the private key belongs"}},
		"no key":              {tls.Certificate{Certificate: valid.Certificate}, []string{field + "the private key belongs"}},
		"short RSA key":       {ca.issue(t, rsaKey(t, 1024), nil), []string{field + "an RSA key of 1024 bits; use ECDSA P-256, or RSA of 2048 bits"}},
		"P-224":               {ca.issue(t, ecKey(elliptic.P224()), nil), []string{field + "an ECDSA key on P-224; use P-256"}},
		"SHA-1":               {tls.Certificate{Certificate: [][]byte{legacy.Raw}, PrivateKey: newKey()}, []string{field + "signed with ECDSA-SHA1; have it signed with SHA-256"}},
		"common name only":    {ca.issue(t, newKey(), func(c *x509.Certificate) { c.DNSNames = nil }), []string{field + "no subject alternative name; clients ignore the common name (RFC 9525); issue it"}},
		"for clients": {ca.issue(t, newKey(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
			[]string{field + "not issued for server authentication; issue it with the extended key usage serverAuth"}},
		"another's issuer": {tls.Certificate{Certificate: [][]byte{valid.Certificate[0], other.cert.Raw}, PrivateKey: newKey()},
			[]string{field + "none of the other certificates has issued the first; put the leaf first and its issuer after it"}},
		"empty":     {tls.Certificate{PrivateKey: newKey()}, []string{"tlsconf: Certificates[0]: there is no certificate in it; use tls.X509KeyPair or CertFile"}},
		"malformed": {tls.Certificate{Certificate: [][]byte{{1, 2, 3}}, PrivateKey: newKey()}, []string{"tlsconf: Certificates[0]: malformed: x509: "}},
		"all at once": {tls.Certificate{Certificate: ca.issue(t, rsaKey(t, 1024), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter, c.DNSNames = instant.Add(-time.Hour), instant, nil
		}).Certificate}, []string{field + "expired", field + "the private key", field + "an RSA key", field + "no subject"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tlsconf.Modern()
			cfg.Certificates = []tls.Certificate{row.cert}
			_, err := tlsconf.New(cfg)
			mwtest.Faults(t, err, row.want...)
		})
	}
}

func TestFiles(t *testing.T) {
	ca := newAuthority(t, "ca")
	certFile, keyFile := writeFiles(t, ca.issue(t, newKey(), nil))
	cfg := tlsconf.Modern()
	cfg.CertFile, cfg.KeyFile = certFile, keyFile
	cfg.Certificates = []tls.Certificate{ca.issue(t, rsaKey(t, 2048), nil)}
	got, err := tlsconf.New(cfg)
	if err != nil || len(got.Certificates) != 2 {
		t.Fatal(got, err)
	}
	if _, ok := got.Certificates[1].PrivateKey.(*ecdsa.PrivateKey); !ok || len(got.Certificates[1].Certificate) != 2 {
		t.Error("not the certificate of the file")
	}

	other, _ := writeFiles(t, ca.issue(t, ecKey(elliptic.P256()), nil))
	old, oldKey := writeFiles(t, ca.issue(t, newKey(), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("-----BEGIN secret hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ cert, key, want string }{
		{other, keyFile, "tls: private key does not match public key; name the PEM files of a certificate, leaf first, and of its own key"},
		{garbage, keyFile, "a PEM block is incomplete or malformed; "},
		{certFile, garbage, "key: a PEM block is incomplete or malformed; "},
		{os.DevNull, keyFile, "tls: failed to find any PEM data"},
		{keyFile, keyFile, "tls: failed to find certificate PEM data"},
	} {
		cfg := tlsconf.Modern()
		cfg.CertFile, cfg.KeyFile = row.cert, row.key
		_, err := tlsconf.New(cfg)
		mwtest.Faults(t, err, `tlsconf: CertFile: "`+row.cert+`": `+row.want)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("contents of a file in %q", err)
		}
	}
	cfg = tlsconf.Modern()
	cfg.CertFile, cfg.KeyFile = old, oldKey
	_, err = tlsconf.New(cfg)
	mwtest.Faults(t, err, `tlsconf: CertFile: "CN=server": expired at`)

	cfg.CertFile, cfg.KeyFile = "/nonexistent/cert.pem", "/nonexistent/key.pem"
	_, err = tlsconf.New(cfg)
	mwtest.Faults(t, err, `tlsconf: CertFile: "/nonexistent/cert.pem": cannot be read: `, `tlsconf: KeyFile: "/nonexistent/key.pem": cannot be read: `)
	cfg.KeyFile = ""
	_, err = tlsconf.New(cfg)
	mwtest.Faults(t, err, `tlsconf: CertFile: "/nonexistent/cert.pem": cannot be read: `, "tlsconf: KeyFile: set without its counterpart; ")
}
