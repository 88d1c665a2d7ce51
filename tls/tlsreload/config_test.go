package tlsreload_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/tls/tlsreload"
)

func TestConfigFaults(t *testing.T) {
	ca := newAuthority(t, "ca")
	dir := folder(t.TempDir())
	dir.write(t, ca.issue(t, "first", year))
	write(t, dir.path("ca.crt"), ca.pem)
	write(t, dir.path("leaf.crt"), ca.issue(t, "x", year).chain)
	old := folder(t.TempDir())
	old.write(t, ca.issue(t, "old", -time.Minute))
	for name, row := range map[string]struct {
		change func(*tlsreload.Config)
		want   []string
	}{
		"zero": {func(c *tlsreload.Config) { *c = tlsreload.Config{} }, []string{"Pairs: a server needs a certificate; name its files"}},
		"all at once": {func(c *tlsreload.Config) {
			c.TLS.Certificates = []tls.Certificate{{}}
			c.TLS.CertFile, c.TLS.ACME = "cert.pem", true
			c.TLS.ClientCAs, c.ClientCAFile = ca.pool(), "ca.crt"
			c.Pairs = append(c.Pairs, c.Pairs[0], tlsreload.Pair{CertFile: "a"}, tlsreload.Pair{KeyFile: "b"})
			c.Interval, c.ExpiryWarning = time.Millisecond, -1
		}, []string{"TLS.Certificates: ", `TLS.CertFile: "cert.pem": `, "TLS.GetCertificate: ", "TLS.ClientCAs: ", `Pairs[1]: "`, "Pairs[2]: CertFile or KeyFile is empty; ",
			"Pairs[3]: CertFile or KeyFile is empty; ", `Interval: "1ms": out of range; write 1 s to 1 h, or 0 for 1 min`, `ExpiryWarning: "-1ns": negative; `}},
		"long interval": {func(c *tlsreload.Config) { c.Interval = 2 * time.Hour }, []string{`Interval: "2h0m0s": out of range`}},
		"absent files": {func(c *tlsreload.Config) {
			c.Pairs = []tlsreload.Pair{{CertFile: "/nonexistent/c", KeyFile: "/nonexistent/k", OCSPFile: "/dev/null/x"}}
			c.ClientCAFile = "/nonexistent/ca"
		}, []string{`Pairs[0].CertFile: "/nonexistent/c": cannot be read: `, `Pairs[0].KeyFile: "/nonexistent/k": cannot be read: `,
			`Pairs[0].OCSPFile: "/dev/null/x": cannot be read: `, `ClientCAFile: "/nonexistent/ca": cannot be read: `}},
		"contents, all at once": {func(c *tlsreload.Config) {
			c.TLS.MinVersion = tls.VersionTLS10
			c.Pairs = append(c.Pairs, tlsreload.Pair{CertFile: dir.path("leaf.crt"), KeyFile: dir.path("tls.key")}, old.config().Pairs[0])
		}, []string{`Pairs[1]: "` + dir.path("leaf.crt") + `": tls: private key does not match public key; write the certificate`,
			"TLS.MinVersion: ", `TLS.Certificates[1]: "CN=old": expired at`}},
		"a leaf as authority": {func(c *tlsreload.Config) { c.ClientCAFile = dir.path("leaf.crt") },
			[]string{`ClientCAFile: "` + dir.path("leaf.crt") + `": "CN=x" is not the certificate of an authority; `}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := dir.config()
			row.change(&cfg)
			r, err := tlsreload.New(cfg)
			if r != nil {
				t.Error("New returned a Reloader")
			}
			var want []string
			for _, w := range row.want {
				want = append(want, "tlsreload: "+w)
			}
			mwtest.Faults(t, err, want...)
		})
	}
	cfg := dir.config()
	pairs := cfg.Pairs
	r := mustNew(t, cfg)
	pairs[0] = tlsreload.Pair{}
	if err := r.Reload(); err != nil {
		t.Errorf("a change of the Config changed the Reloader: %v", err)
	}
	static := dir.config()
	static.TLS = tlsconf.Modern()
	static.TLS.ClientCAs = ca.pool()
	if c, _ := mustNew(t, static).TLS().GetConfigForClient(nil); c.ClientAuth != tls.RequireAndVerifyClientCert || c.MinVersion != tls.VersionTLS13 {
		t.Error("the profile was lost")
	}
}
