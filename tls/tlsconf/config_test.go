package tlsconf_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func TestProfiles(t *testing.T) {
	cert := newAuthority(t, "ca").issue(t, newKey(), nil)
	modern, intermediate, zero := tlsconf.Modern(), tlsconf.Intermediate(), tlsconf.Config{}
	modern.Certificates = []tls.Certificate{cert}
	intermediate.Certificates, zero.Certificates = modern.Certificates, modern.Certificates
	for name, row := range map[string]struct {
		cfg tlsconf.Config
		min uint16
	}{
		"modern":       {modern, tls.VersionTLS13},
		"intermediate": {intermediate, tls.VersionTLS12},
		"zero":         {zero, tls.VersionTLS12},
	} {
		got, err := tlsconf.New(row.cfg)
		if err != nil {
			t.Fatal(name, err)
		}
		if got.MinVersion != row.min || got.MaxVersion != 0 {
			t.Errorf("%s: versions %x-%x", name, got.MinVersion, got.MaxVersion)
		}
		if want := []string{"h2", "http/1.1"}; !slices.Equal(got.NextProtos, want) {
			t.Errorf("%s: ALPN %q", name, got.NextProtos)
		}
		if want := []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384}; !slices.Equal(got.CurvePreferences, want) {
			t.Errorf("%s: groups %v", name, got.CurvePreferences)
		}
		if len(got.CipherSuites) != 6 {
			t.Errorf("%s: suites %v", name, got.CipherSuites)
		}
		if got.ClientAuth != tls.NoClientCert || got.ClientCAs != nil || got.InsecureSkipVerify {
			t.Errorf("%s: client certificates asked for", name)
		}
		if got.Certificates[0].Leaf == nil {
			t.Errorf("%s: the leaf is parsed by every handshake", name)
		}
	}
}

// What New returns, and what the presets return, is the caller's own.
func TestNothingShared(t *testing.T) {
	cfg := tlsconf.Intermediate()
	ca := newAuthority(t, "ca")
	cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
	cfg.ClientCAs = ca.pool()
	a, err := tlsconf.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.CipherSuites[0], cfg.Groups[0], cfg.Certificates[0].Certificate[0] = tls.TLS_RSA_WITH_RC4_128_SHA, 0, nil
	cfg.Certificates[0].PrivateKey = nil
	cfg.ClientCAs.AddCert(newAuthority(t, "other").cert)
	if a.CipherSuites[0] == tls.TLS_RSA_WITH_RC4_128_SHA || a.CurvePreferences[0] == 0 || a.Certificates[0].PrivateKey == nil ||
		a.Certificates[0].Certificate[0] == nil || !a.ClientCAs.Equal(ca.pool()) {
		t.Error("the result changes with the Config")
	}
	a.CipherSuites[1], a.CurvePreferences[1], a.NextProtos[0] = 0, 0, ""
	if c := tlsconf.Intermediate(); slices.Contains(c.CipherSuites, 0) || slices.Contains(c.Groups, 0) {
		t.Error("the preset changes with the result")
	}
}

func TestRefusedSettings(t *testing.T) {
	ca := newAuthority(t, "ca")
	cert := ca.issue(t, newKey(), nil)
	system, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	const badGroups = "use the Groups of Modern or Intermediate"
	const badSuites = "use the CipherSuites of Intermediate"
	for name, row := range map[string]struct {
		change func(*tlsconf.Config)
		want   []string
	}{
		"no certificate":    {func(c *tlsconf.Config) { c.Certificates = nil }, []string{"Certificates: a server needs a certificate; set Certificates, or CertFile and KeyFile, or GetCertificate"}},
		"TLS 1.1":           {func(c *tlsconf.Config) { c.MinVersion = tls.VersionTLS11 }, []string{`MinVersion: "TLS 1.1": not TLS 1.2 or TLS 1.3 (RFC 8996); begin with Modern or Intermediate`}},
		"SSL 3":             {func(c *tlsconf.Config) { c.MinVersion = 0x0300 }, []string{`MinVersion: "SSLv3": not TLS 1.2`}},
		"a version to come": {func(c *tlsconf.Config) { c.MinVersion = 0x0305 }, []string{`MinVersion: "0x0305": not TLS 1.2`}},
		"weak suites": {func(c *tlsconf.Config) {
			c.CipherSuites = append(c.CipherSuites, tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
				tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_AES_128_GCM_SHA256, 0x1234)
		}, []string{
			`CipherSuites[6]: "TLS_RSA_WITH_RC4_128_SHA": insecure; ` + badSuites,
			`CipherSuites[7]: "TLS_RSA_WITH_AES_128_GCM_SHA256": insecure; ` + badSuites,
			`CipherSuites[8]: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": no authenticated encryption; ` + badSuites,
			`CipherSuites[9]: "TLS_AES_128_GCM_SHA256": the suites of TLS 1.3 cannot be chosen; ` + badSuites,
			`CipherSuites[10]: "0x1234": unknown cipher suite; ` + badSuites,
		}},
		"suites with TLS 1.3": {func(c *tlsconf.Config) { c.MinVersion = tls.VersionTLS13 }, []string{"CipherSuites: the suites of TLS 1.3 cannot be chosen; remove them, or set MinVersion to tls.VersionTLS12"}},
		"no suite for HTTP/2": {func(c *tlsconf.Config) {
			c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}
		}, []string{"CipherSuites: HTTP/2 needs ECDHE with AES_128_GCM_SHA256"}},
		"no suite for the key": {func(c *tlsconf.Config) {
			c.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
			c.Certificates = append(c.Certificates, ca.issue(t, rsaKey(t, 2048), nil))
		}, []string{`CipherSuites: none fits the ECDSA certificate "CN=server"; add TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256`}},
		"unknown group": {func(c *tlsconf.Config) { c.Groups = append(c.Groups, 21) }, []string{`Groups[4]: "CurveID(21)": unknown key exchange; ` + badGroups}},
		"no group for TLS 1.2": {func(c *tlsconf.Config) { c.Groups = []tls.CurveID{tls.X25519MLKEM768} },
			[]string{"Groups: TLS 1.2 has no key exchange among them; add tls.X25519, or set MinVersion to tls.VersionTLS13"}},
		"empty pool":    {func(c *tlsconf.Config) { c.ClientCAs = x509.NewCertPool() }, []string{"ClientCAs: an empty pool lets nobody in; add the authority"}},
		"system's pool": {func(c *tlsconf.Config) { c.ClientCAs = system }, []string{"ClientCAs: "}},
		"key file alone": {func(c *tlsconf.Config) { c.KeyFile = filepath.Join(t.TempDir(), "none") },
			[]string{"CertFile: set without its counterpart; set both CertFile and KeyFile", `KeyFile: "/`}},
		"all at once": {func(c *tlsconf.Config) {
			*c = tlsconf.Config{MinVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}, Groups: []tls.CurveID{1}, ClientCAs: x509.NewCertPool()}
		}, []string{"MinVersion: ", "CipherSuites[0]: ", "CipherSuites: ", "Groups[0]: ", "Certificates: ", "ClientCAs: "}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tlsconf.Intermediate()
			cfg.Certificates = []tls.Certificate{cert}
			row.change(&cfg)
			got, err := tlsconf.New(cfg)
			if got != nil {
				t.Error("New returned a configuration")
			}
			var want []string
			for _, w := range row.want {
				want = append(want, "tlsconf: "+w)
			}
			mwtest.Faults(t, err, want...)
		})
	}
}

func TestRefusedCertificates(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "ca")
	good := ca.issue(t, newKey(), nil)
	withSHA1 := template("server")
	withSHA1.SignatureAlgorithm = x509.ECDSAWithSHA1
	legacy := sign(t, withSHA1, withSHA1, newKey().Public(), newKey())
	oldCA := newAuthority(t, "old ca")
	withOldCA := oldCA.issue(t, newKey(), nil)
	gone := *oldCA.cert
	gone.NotBefore, gone.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Minute)
	withOldCA.Certificate[1] = sign(t, &gone, &gone, oldCA.key.Public(), oldCA.key).Raw
	stamp := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	const field = `tlsconf: Certificates[0]: "CN=server": `
	for name, row := range map[string]struct {
		cert tls.Certificate
		want []string
	}{
		"expired": {ca.issue(t, newKey(), func(c *x509.Certificate) { c.NotBefore, c.NotAfter = stamp.Add(-time.Hour), stamp }),
			[]string{field + "expired at 2020-01-02T03:04:05Z; renew it"}},
		"expired issuer": {withOldCA, []string{`tlsconf: Certificates[0]: "CN=old ca": expired at `}},
		"not yet valid": {ca.issue(t, newKey(), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = stamp.AddDate(80, 0, 0), stamp.AddDate(81, 0, 0)
		}), []string{field + "not valid before 2100-01-02T03:04:05Z; wait, or set the clock"}},
		"another's key": {tls.Certificate{Certificate: good.Certificate, PrivateKey: ecKey(elliptic.P256())},
			[]string{field + "the private key belongs to another certificate; set the key that the certificate was issued for"}},
		"another kind of key": {tls.Certificate{Certificate: good.Certificate, PrivateKey: rsaKey(t, 2048)}, []string{field + "the private key belongs"}},
		"no key":              {tls.Certificate{Certificate: good.Certificate}, []string{field + "the private key belongs"}},
		"short RSA key":       {ca.issue(t, rsaKey(t, 1024), nil), []string{field + "an RSA key of 1024 bits; use ECDSA P-256, or RSA of 2048 bits"}},
		"P-224":               {ca.issue(t, ecKey(elliptic.P224()), nil), []string{field + "an ECDSA key on P-224; use P-256"}},
		"SHA-1":               {tls.Certificate{Certificate: [][]byte{legacy.Raw}, PrivateKey: newKey()}, []string{field + "signed with ECDSA-SHA1; have it signed with SHA-256"}},
		"common name only":    {ca.issue(t, newKey(), func(c *x509.Certificate) { c.DNSNames = nil }), []string{field + "no subject alternative name; clients ignore the common name (RFC 9525); issue it"}},
		"for clients": {ca.issue(t, newKey(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
			[]string{field + "not issued for server authentication; issue it with the extended key usage serverAuth"}},
		"another's issuer": {tls.Certificate{Certificate: [][]byte{good.Certificate[0], other.cert.Raw}, PrivateKey: newKey()},
			[]string{field + "none of the other certificates has issued the first; put the leaf first and its issuer after it"}},
		"empty":     {tls.Certificate{PrivateKey: newKey()}, []string{"tlsconf: Certificates[0]: there is no certificate in it; use tls.X509KeyPair or CertFile"}},
		"malformed": {tls.Certificate{Certificate: [][]byte{{1, 2, 3}}, PrivateKey: newKey()}, []string{"tlsconf: Certificates[0]: malformed: x509: "}},
		"all at once": {tls.Certificate{Certificate: ca.issue(t, rsaKey(t, 1024), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter, c.DNSNames = stamp.Add(-time.Hour), stamp, nil
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
	certFile, keyFile := files(t, ca.issue(t, newKey(), nil))
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

	other, _ := files(t, ca.issue(t, ecKey(elliptic.P256()), nil))
	old, oldKey := files(t, ca.issue(t, newKey(), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("-----BEGIN secret hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ cert, key, want string }{
		{other, keyFile, "tls: private key does not match public key; name the PEM files of a certificate, leaf first, and of its own key"},
		{garbage, keyFile, "tls: failed to find any PEM data"},
		{certFile, garbage, "tls: failed to find any PEM data"},
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
