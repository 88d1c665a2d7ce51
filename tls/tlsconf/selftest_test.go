package tlsconf_test

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func TestSelfTest(t *testing.T) {
	ca := newAuthority(t, "ca")
	cert := ca.issue(t, newKey(), nil)
	modern := tlsconf.Modern()
	modern.Certificates = []tls.Certificate{cert}
	mutual := tlsconf.Intermediate()
	mutual.Certificates, mutual.ClientCAs = modern.Certificates, ca.pool()
	dynamic := tlsconf.Modern()
	dynamic.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
	for _, cfg := range []tlsconf.Config{modern, mutual, dynamic} {
		all, err := tlsconf.SelfTest(mustNew(t, cfg), "example.com")
		if err != nil || cfg.MinVersion == tls.VersionTLS12 && (len(all) != 2 || all[1].Version != tls.VersionTLS12) {
			t.Fatalf("%v, %v", all, err)
		}
		got := all[0]
		if got.Version != tls.VersionTLS13 || got.Group != tls.X25519MLKEM768 || got.Protocol != "h2" ||
			!strings.HasPrefix(got.String(), "TLS 1.3, TLS_") || !strings.HasSuffix(got.String(), ", X25519MLKEM768, h2") {
			t.Errorf("%v, %v", got, err)
		}
	}

	classical := modern
	classical.Groups = []tls.CurveID{tls.X25519}
	if got, err := tlsconf.SelfTest(mustNew(t, classical), ""); err != nil || got[0].Group != tls.X25519 {
		t.Errorf("no post-quantum group expected: %v, %v", got, err)
	}
	old := mustNew(t, mutual)
	old.MaxVersion = tls.VersionTLS12 // which has no post-quantum groups
	if got, err := tlsconf.SelfTest(old, ""); err == nil || len(got) != 1 || got[0].Version != tls.VersionTLS12 {
		t.Errorf("%v, %v", got, err)
	}

	if _, err := tlsconf.SelfTest(nil, ""); err == nil {
		t.Error("nil passed")
	}
	if _, err := tlsconf.SelfTest(&tls.Config{}, ""); err == nil {
		t.Error("a server without a certificate passed")
	}
	errGone := errors.New("gone")
	failing := mustNew(t, dynamic)
	failing.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errGone }
	if _, err := tlsconf.SelfTest(failing, ""); !errors.Is(err, errGone) {
		t.Errorf("the reason is lost: %v", err)
	}
}

// GODEBUG disables the post-quantum group, although Groups lists it.
func TestSelfTestFindsGODEBUG(t *testing.T) {
	t.Setenv("GODEBUG", "tlsmlkem=0")
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{newAuthority(t, "ca").issue(t, newKey(), nil)}
	got, err := tlsconf.SelfTest(mustNew(t, cfg), "")
	if err == nil || !strings.Contains(err.Error(), "tlsmlkem=0") || got[0].Group != tls.X25519 {
		t.Errorf("%v, %v", got, err)
	}
}

// The self-test finds what only clients of one version, or of one name, would see.
func TestSelfTestOfNamesAndVersions(t *testing.T) {
	ca := newAuthority(t, "ca")
	cert := ca.issue(t, newKey(), nil)
	cfg := tlsconf.Intermediate()
	cfg.Certificates = []tls.Certificate{cert}
	conf := mustNew(t, cfg)
	if _, err := tlsconf.SelfTest(conf, "other.example"); err == nil || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("a certificate for another host passed: %v", err)
	}

	// A certificate with a key that no suite of TLS 1.2 fits: New cannot see what
	// GetCertificate returns.
	rsaOnly := cfg
	rsaOnly.Certificates = nil
	rsaOnly.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
	rsaOnly.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	got, err := tlsconf.SelfTest(mustNew(t, rsaOnly), "example.com")
	if err == nil || !strings.Contains(err.Error(), "TLS 1.2") || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}

	// An ACME client needs the name, and hangs on nothing else.
	acme := cfg
	acme.Certificates, acme.ACME = nil, true
	acme.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" {
			return nil, errors.New("acme: missing server name")
		}
		if !slices.Contains(hello.CipherSuites, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256) {
			return nil, errors.New("acme: would order an RSA certificate") // as autocert does
		}
		return &cert, nil
	}
	if _, err := tlsconf.SelfTest(mustNew(t, acme), ""); err == nil {
		t.Error("an ACME client passed without a name")
	}
	if _, err := tlsconf.SelfTest(mustNew(t, acme), "example.com"); err != nil {
		t.Error(err)
	}

	// The configuration that GetConfigForClient chooses is tested, without its client
	// certificates.
	mutual := cfg
	mutual.ClientCAs = ca.pool()
	inner := mustNew(t, mutual)
	conf.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return inner, nil }
	if _, err := tlsconf.SelfTest(conf, "example.com"); err != nil {
		t.Error(err)
	}
	if inner.ClientAuth != tls.RequireAndVerifyClientCert {
		t.Error("the self-test changed the configuration")
	}
}
