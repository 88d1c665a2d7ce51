package tlsscan

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// local are the findings that come from the certificate of the test, whose authority
// answers no questions on the Internet, or from the machine that runs the scan.
var local = map[string]string{
	"cert_revocation": "the authority of the test has neither a CRL nor an OCSP responder",
	"DNS_CAArecord":   "127.0.0.1 has no DNS record",
	"engine_problem":  "the OpenSSL of the machine cannot try GOST",
	"RC4":             "the OpenSSL of the machine cannot try RC4",
}

type finding struct{ ID, Severity, Finding string }

func TestProfiles(t *testing.T) {
	program := os.Getenv("TESTSSL")
	if program == "" {
		t.Skip("TESTSSL does not name testssl.sh; run make testssl")
	}
	certs, caFile := certificates(t)
	withTickets := tlsconf.Intermediate()
	modern, intermediate := tlsconf.Modern(), tlsconf.Intermediate()
	modern.NoSessionTickets, intermediate.NoSessionTickets = true, true
	strangers, _ := certificates(t) // of an authority that the scan does not know
	for name, conf := range map[string]*tls.Config{
		"modern": compile(t, modern, certs), "intermediate": compile(t, intermediate, certs),
		"intermediate, tickets": compile(t, withTickets, certs), "control": compile(t, modern, strangers),
	} {
		t.Run(name, func(t *testing.T) {
			var above []finding
			for _, f := range scan(t, program, caFile, conf) {
				id, _, _ := strings.Cut(f.ID, " ")
				switch {
				case f.Severity == "OK" || f.Severity == "INFO" || local[id] != "":
				case f.Severity == "LOW":
					t.Logf("LOW: %s: %s", f.ID, f.Finding)
				default:
					above = append(above, f)
				}
			}
			if name == "control" {
				mwtest.Publish(t, "tls.control", len(above))
				if len(above) == 0 {
					t.Error("the scan found nothing, although it cannot know the authority of the certificate")
				}
				return
			}
			mwtest.Publish(t, "tls.findings", len(above))
			for _, f := range above {
				t.Errorf("%s: %s: %s", f.Severity, f.ID, f.Finding)
			}
		})
	}
}

func compile(t *testing.T, cfg tlsconf.Config, certs []tls.Certificate) *tls.Config {
	t.Helper()
	cfg.Certificates = certs
	conf, err := tlsconf.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// scan runs the program against a server with conf and returns its findings.
func scan(t *testing.T, program, caFile string, conf *tls.Config) (all []finding) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), TLSConfig: conf, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = srv.ServeTLS(listener, "", "") }()
	defer func() { _ = srv.Close() }()
	out := filepath.Join(t.TempDir(), "out.json")
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	// The exit code is the number of findings.
	text, _ := exec.CommandContext(ctx, program, "--quiet", "--color", "0", "--warnings", "off", "--add-ca", caFile, "--jsonfile", out,
		"-p", "-s", "-f", "-P", "-S", "-U", listener.Addr().String()).CombinedOutput()
	report, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := json.Unmarshal(report, &all); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(f finding) bool { return f.ID == "scanTime" && f.Severity == "INFO" }) {
		t.Fatalf("the scan did not end\n%s", text)
	}
	return all
}

// certificates returns an ECDSA and an RSA certificate for 127.0.0.1, valid for 90 days,
// and the name of a file with their authority.
func certificates(t *testing.T) (certs []tls.Certificate, caFile string) {
	t.Helper()
	issue := func(tmpl, parent *x509.Certificate, public, key any) *x509.Certificate {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
		if err != nil {
			t.Fatal(err)
		}
		tmpl.SerialNumber, tmpl.NotBefore, tmpl.NotAfter = serial, time.Now().Add(-time.Hour), time.Now().AddDate(0, 0, 90)
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, public, key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	ec := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	caKey, leafKey := ec(), ec()
	tmpl := &x509.Certificate{Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	ca := issue(tmpl, tmpl, caKey.Public(), caKey)
	leaf := func() *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{CommonName: "127.0.0.1"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
	}
	certs = []tls.Certificate{
		{Certificate: [][]byte{issue(leaf(), ca, leafKey.Public(), caKey).Raw}, PrivateKey: leafKey},
		{Certificate: [][]byte{issue(leaf(), ca, rsaKey.Public(), caKey).Raw}, PrivateKey: rsaKey},
	}
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return certs, caFile
}
