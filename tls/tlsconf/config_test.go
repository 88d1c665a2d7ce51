package tlsconf_test

import (
	"crypto/tls"
	"crypto/x509"
	"path/filepath"
	"slices"
	"testing"

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
			t.Errorf("%s: every handshake parses the leaf", name)
		}
	}
}

// The results of New and of the presets share no memory with later results.
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
		"given twice": {func(c *tlsconf.Config) {
			c.Groups = append(c.Groups, tls.X25519)
			c.CipherSuites = append(c.CipherSuites, c.CipherSuites[0])
		}, []string{`Groups[4]: "X25519": given twice; remove one of them`, `CipherSuites[6]: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": given twice; `}},
		"unknown group": {func(c *tlsconf.Config) { c.Groups = append(c.Groups, 21) }, []string{`Groups[4]: "CurveID(21)": unknown key exchange; ` + badGroups}},
		"no group for TLS 1.2": {func(c *tlsconf.Config) { c.Groups = []tls.CurveID{tls.X25519MLKEM768} },
			[]string{"Groups: TLS 1.2 has no key exchange among them; add tls.X25519, or set MinVersion to tls.VersionTLS13"}},
		"tickets without client certificates": {func(c *tlsconf.Config) { c.ResumeClientCertificates = true },
			[]string{"ResumeClientCertificates: there are no client certificates; set ClientCAs, or remove it"}},
		"tickets on and off": {func(c *tlsconf.Config) {
			c.ClientCAs, c.ResumeClientCertificates, c.NoSessionTickets = ca.pool(), true, true
		}, []string{"ResumeClientCertificates: NoSessionTickets forbids what it allows; remove one of them"}},
		"ACME without a client": {func(c *tlsconf.Config) { c.ACME = true }, []string{"ACME: nothing answers the challenges; set GetCertificate"}},
		"ACME and client certificates": {func(c *tlsconf.Config) {
			c.ACME, c.ClientCAs = true, ca.pool()
			c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
		}, []string{"ACME: the authority that validates the host has no client certificate; use the challenge HTTP-01 or DNS-01"}},
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
