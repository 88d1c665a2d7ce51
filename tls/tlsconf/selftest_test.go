package tlsconf_test

import (
	"crypto/tls"
	"errors"
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
		got, err := tlsconf.SelfTest(mustNew(t, cfg))
		if err != nil || got.Version != tls.VersionTLS13 || got.Group != tls.X25519MLKEM768 || got.Protocol != "h2" ||
			!strings.HasPrefix(got.String(), "TLS 1.3, TLS_") || !strings.HasSuffix(got.String(), ", X25519MLKEM768, h2") {
			t.Errorf("%v, %v", got, err)
		}
	}

	classical := modern
	classical.Groups = []tls.CurveID{tls.X25519}
	if got, err := tlsconf.SelfTest(mustNew(t, classical)); err != nil || got.Group != tls.X25519 {
		t.Errorf("no post-quantum group expected: %v, %v", got, err)
	}
	old := mustNew(t, mutual)
	old.MaxVersion = tls.VersionTLS12 // which has no post-quantum groups
	if got, err := tlsconf.SelfTest(old); err == nil || got.Version != tls.VersionTLS12 {
		t.Errorf("%v, %v", got, err)
	}

	if _, err := tlsconf.SelfTest(nil); err == nil {
		t.Error("nil passed")
	}
	if _, err := tlsconf.SelfTest(&tls.Config{}); err == nil {
		t.Error("a server without a certificate passed")
	}
	errGone := errors.New("gone")
	failing := mustNew(t, dynamic)
	failing.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errGone }
	if _, err := tlsconf.SelfTest(failing); !errors.Is(err, errGone) {
		t.Errorf("the reason is lost: %v", err)
	}
}

// GODEBUG disables the post-quantum group, although Groups lists it.
func TestSelfTestFindsGODEBUG(t *testing.T) {
	t.Setenv("GODEBUG", "tlsmlkem=0")
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{newAuthority(t, "ca").issue(t, newKey(), nil)}
	got, err := tlsconf.SelfTest(mustNew(t, cfg))
	if err == nil || !strings.Contains(err.Error(), "tlsmlkem=0") || got.Group != tls.X25519 {
		t.Errorf("%v, %v", got, err)
	}
}
