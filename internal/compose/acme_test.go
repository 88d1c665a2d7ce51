package compose

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

const acmeHost = "acme.example"

// cached is a certificate in the form of the cache of autocert.
func cached(t *testing.T, extensions ...pkix.Extension) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: acmeHost}, DNSNames: []string{acmeHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0), ExtraExtensions: extensions,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, b := range []*pem.Block{{Type: "EC PRIVATE KEY", Bytes: keyDER}, {Type: "CERTIFICATE", Bytes: der}} {
		if err := pem.Encode(&text, b); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

// TestAutocert runs autocert, with a challenge in its cache, behind tlsconf.Serve: the
// self-test passes, clients get the certificate, and the handshake of an ACME server gets
// the challenge. The same without Config.ACME refuses that handshake.
func TestAutocert(t *testing.T) {
	identifier := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31} // acmeIdentifier (RFC 8737, section 3)
	cache := autocert.DirCache(t.TempDir())
	for name, text := range map[string][]byte{
		acmeHost:            cached(t),
		acmeHost + "+token": cached(t, pkix.Extension{Id: identifier, Critical: true, Value: append([]byte{4, 32}, make([]byte, 32)...)}),
	} {
		if err := cache.Put(t.Context(), name, text); err != nil {
			t.Fatal(err)
		}
	}
	manager := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: cache, HostPolicy: autocert.HostWhitelist(acmeHost)}
	for _, on := range []bool{true, false} {
		cfg := tlsconf.Intermediate()
		cfg.GetCertificate, cfg.ACME = manager.GetCertificate, on
		conf, err := tlsconf.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if reports, err := tlsconf.SelfTest(conf, acmeHost); err != nil || len(reports) != 2 || reports[0].Protocol != "h2" {
			t.Errorf("%v, %v", reports, err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: listener, TLS: conf}, http.NotFoundHandler())
		}()
		dial := func(protocols ...string) (state tls.ConnectionState, err error) {
			conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{ServerName: acmeHost, NextProtos: protocols, InsecureSkipVerify: true})
			if err != nil {
				return state, err
			}
			return conn.ConnectionState(), conn.Close()
		}
		hasChallenge := func(s tls.ConnectionState) bool {
			for _, e := range s.PeerCertificates[0].Extensions {
				if e.Id.Equal(identifier) {
					return true
				}
			}
			return false
		}
		if state, err := dial("h2", "http/1.1"); err != nil || state.NegotiatedProtocol != "h2" || hasChallenge(state) {
			t.Errorf("a browser, ACME %v: %q, %v", on, state.NegotiatedProtocol, err)
		}
		if state, err := dial("acme-tls/1"); (err == nil) != on || on && (state.NegotiatedProtocol != "acme-tls/1" || !hasChallenge(state)) {
			t.Errorf("an ACME server, ACME %v: %q, %v", on, state.NegotiatedProtocol, err)
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}
