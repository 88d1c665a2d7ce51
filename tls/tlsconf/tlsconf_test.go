package tlsconf_test

import (
	"crypto/elliptic"
	"crypto/tls"
	"io"
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func TestHandshakes(t *testing.T) {
	ca := newAuthority(t, "ca")
	ecdsa, rsa := ca.issue(t, newKey(), nil), ca.issue(t, rsaKey(t, 2048), nil)
	modern, intermediate := tlsconf.Modern(), tlsconf.Intermediate()
	modern.Certificates = []tls.Certificate{ecdsa}
	intermediate.Certificates = []tls.Certificate{ecdsa, rsa}
	client := func(min, max uint16, suites ...uint16) *tls.Config {
		return &tls.Config{MinVersion: min, MaxVersion: max, CipherSuites: suites, RootCAs: ca.pool(), ServerName: "example.com"}
	}
	only := func(g tls.CurveID) *tls.Config {
		return &tls.Config{CurvePreferences: []tls.CurveID{g}, RootCAs: ca.pool(), ServerName: "example.com"}
	}
	const v10, v11, v12, v13 = tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13
	for _, row := range []struct {
		name    string
		server  tlsconf.Config
		client  *tls.Config
		version uint16 // 0: refused
	}{
		{"modern, 1.3", modern, client(v12, v13), v13},
		{"modern, 1.2", modern, client(v12, v12), 0},
		{"modern, P-256", modern, only(tls.CurveP256), v13},
		{"modern, P-521", modern, only(tls.CurveP521), 0},
		{"intermediate, 1.3", intermediate, client(v12, v13), v13},
		{"intermediate, 1.2", intermediate, client(v10, v12), v12},
		{"intermediate, 1.1", intermediate, client(v10, v11), 0},
		{"intermediate, 1.0", intermediate, client(v10, v10), 0},
		{"AES-128-GCM, ECDSA", intermediate, client(v12, v12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), v12},
		{"AES-256-GCM, ECDSA", intermediate, client(v12, v12, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), v12},
		{"ChaCha20, ECDSA", intermediate, client(v12, v12, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), v12},
		{"AES-128-GCM, RSA", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), v12},
		{"AES-256-GCM, RSA", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384), v12},
		{"ChaCha20, RSA", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256), v12},
		{"CBC, ECDSA", intermediate, client(v12, v12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA), 0},
		{"CBC, RSA", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA), 0},
		{"no forward secrecy", intermediate, client(v12, v12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256), 0},
		{"RC4", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA), 0},
		{"3DES", intermediate, client(v12, v12, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			state, err := dial(startServer(t, mustNew(t, row.server)), row.client)
			if (err == nil) != (row.version != 0) || state.Version != row.version {
				t.Errorf("negotiated %x, %v; want %x", state.Version, err, row.version)
			}
		})
	}
}

// GODEBUG follows the go line of the main module, so a library inherits settings
// that it did not choose. The control shows that the setting has an effect.
func TestOldVersionsByGODEBUG(t *testing.T) {
	t.Setenv("GODEBUG", "tls10server=1")
	ca := newAuthority(t, "ca")
	cert := ca.issue(t, newKey(), nil)
	client := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, RootCAs: ca.pool(), ServerName: "example.com"}
	bare := &tls.Config{Certificates: []tls.Certificate{cert}}
	if state, err := dial(startServer(t, bare), client); err != nil || state.Version != tls.VersionTLS11 {
		t.Fatalf("control: negotiated %x, %v", state.Version, err)
	}
	for _, cfg := range []tlsconf.Config{tlsconf.Modern(), tlsconf.Intermediate(), {}} {
		cfg.Certificates = []tls.Certificate{cert}
		if state, err := dial(startServer(t, mustNew(t, cfg)), client); err == nil {
			t.Errorf("negotiated %s", tls.VersionName(state.Version))
		}
	}
}

func TestHTTP2(t *testing.T) {
	ca := newAuthority(t, "ca")
	for _, cfg := range []tlsconf.Config{tlsconf.Modern(), tlsconf.Intermediate()} {
		cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
		srv := startServer(t, mustNew(t, cfg))
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: ca.pool(), ServerName: "example.com"}}}
		res, err := client.Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		client.CloseIdleConnections()
		if string(body) != "HTTP/2.0 nobody" {
			t.Errorf("%s", body)
		}
	}
}

func TestClientCertificates(t *testing.T) {
	ca, clients, others := newAuthority(t, "ca"), newAuthority(t, "clients"), newAuthority(t, "clients")
	for _, max := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cfg := tlsconf.Intermediate()
		cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
		cfg.ClientCAs = clients.pool()
		srv := startServer(t, mustNew(t, cfg))
		for name, row := range map[string]struct {
			certs []tls.Certificate
			ok    bool
		}{
			"right issuer":    {[]tls.Certificate{clients.issue(t, ecKey(elliptic.P256()), forClients)}, true},
			"none":            {nil, false},
			"another issuer":  {[]tls.Certificate{others.issue(t, newKey(), forClients)}, false},
			"for servers":     {[]tls.Certificate{clients.issue(t, newKey(), nil)}, false},
			"of the server":   {cfg.Certificates, false},
			"without the key": {[]tls.Certificate{{Certificate: clients.issue(t, newKey(), forClients).Certificate, PrivateKey: ecKey(elliptic.P256())}}, false},
		} {
			client := &tls.Config{MaxVersion: max, RootCAs: ca.pool(), ServerName: "example.com",
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if row.certs == nil {
						return &tls.Certificate{}, nil
					}
					return &row.certs[0], nil
				}}
			if _, err := dial(srv, client); (err == nil) != row.ok {
				t.Errorf("%s, %s: %v", tls.VersionName(max), name, err)
			}
		}
	}
}
