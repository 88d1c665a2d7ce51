package tlsconf_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// TestACME makes the handshake with which an ACME server validates a host (RFC 8737,
// section 3): the only protocol is acme-tls/1, and the certificate has the extension
// acmeIdentifier.
func TestACME(t *testing.T) {
	ca := newAuthority(t, "ca")
	identifier := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}
	plain := ca.issue(t, newKey(), nil)
	challenge := ca.issue(t, newKey(), func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: identifier, Critical: true, Value: []byte{4, 0}})
	})
	cfg := tlsconf.Intermediate()
	cfg.ACME = true
	cfg.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if slices.Equal(hello.SupportedProtos, []string{"acme-tls/1"}) {
			return &challenge, nil
		}
		return &plain, nil
	}
	client := &tls.Config{NextProtos: []string{"acme-tls/1"}, ServerName: "example.com", InsecureSkipVerify: true} // as RFC 8737, section 3, asks
	conn, err := tls.Dial("tcp", startServer(t, mustNew(t, cfg)).Listener.Addr().String(), client)
	if err != nil {
		t.Fatal(err)
	}
	state := conn.ConnectionState()
	_ = conn.Close()
	hasIdentifier := slices.ContainsFunc(state.PeerCertificates[0].Extensions, func(e pkix.Extension) bool { return e.Id.Equal(identifier) })
	if state.NegotiatedProtocol != "acme-tls/1" || !hasIdentifier {
		t.Errorf("protocol %q, extension %v", state.NegotiatedProtocol, hasIdentifier)
	}

	// Other clients get h2, and a server without ACME refuses the challenge.
	client.NextProtos = []string{"h2", "http/1.1", "acme-tls/1"}
	if conn, err = tls.Dial("tcp", startServer(t, mustNew(t, cfg)).Listener.Addr().String(), client); err != nil {
		t.Fatal(err)
	}
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Errorf("a browser got %q", got)
	}
	_ = conn.Close()
	cfg.ACME = false
	client.NextProtos = []string{"acme-tls/1"}
	if _, err := tls.Dial("tcp", startServer(t, mustNew(t, cfg)).Listener.Addr().String(), client); err == nil {
		t.Error("a server without ACME answered the challenge")
	}
}
