package tlsconf_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// Tickets are on for public servers, off with client certificates, and each choice has
// its field.
func TestTickets(t *testing.T) {
	ca := newAuthority(t, "ca")
	for name, row := range map[string]struct {
		change  func(*tlsconf.Config)
		resumed bool
	}{
		"public":                       {func(*tlsconf.Config) {}, true},
		"switched off":                 {func(c *tlsconf.Config) { c.NoSessionTickets = true }, false},
		"client certificates":          {func(c *tlsconf.Config) { c.ClientCAs = ca.pool() }, false},
		"client certificates, allowed": {func(c *tlsconf.Config) { c.ClientCAs, c.ResumeClientCertificates = ca.pool(), true }, true},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			cfg := tlsconf.Intermediate()
			cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
			row.change(&cfg)
			srv := startServer(t, mustNew(t, cfg))
			client := &tls.Config{MaxVersion: version, RootCAs: ca.pool(), ServerName: "example.com", ClientSessionCache: tls.NewLRUClientSessionCache(1),
				Certificates: []tls.Certificate{ca.issue(t, newKey(), forClients)}}
			for i := range 2 {
				state, err := dial(srv, client)
				if err != nil {
					t.Fatal(name, err)
				}
				if want := i == 1 && row.resumed; state.DidResume != want {
					t.Errorf("%s, %s, connection %d: resumed %v", name, tls.VersionName(version), i, state.DidResume)
				}
			}
		}
	}
}

func forClients(c *x509.Certificate) {
	c.Subject.CommonName, c.ExtKeyUsage = "robot", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}
