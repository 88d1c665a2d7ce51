package pemfile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/tls/internal/pemfile"
)

// newPair returns a self-signed certificate and its key in PEM form.
func newPair(t testing.TB, name string, isCA bool) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: isCA,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A file that is cut at any byte is refused, or has lost only white space.
func TestTornFiles(t *testing.T) {
	leaf, key := newPair(t, "leaf", false)
	issuer, _ := newPair(t, "issuer", true)
	chain := concat([]byte("# leaf\n"), leaf, issuer)
	whole, err := pemfile.KeyPair(chain, key)
	if err != nil || len(whole.Certificate) != 2 {
		t.Fatal(len(whole.Certificate), err)
	}
	boundary := len(chain) - len(issuer)
	for cut := range chain {
		cert, err := pemfile.KeyPair(chain[:cut], key)
		switch {
		case err != nil:
		case cut == len(chain)-1: // the last newline
		case len(cert.Certificate) == 1 && boundary-1 <= cut && cut < boundary+len("-----"):
			// Cut between two certificates: no reader can tell this from a chain of one.
		default:
			t.Errorf("cut at %d of %d: %d certificates", cut, len(chain), len(cert.Certificate))
		}
	}
	for cut := range len(key) - 1 {
		if _, err := pemfile.KeyPair(chain, key[:cut]); err == nil {
			t.Errorf("a key that is cut at %d was read", cut)
		}
	}
}

func TestMalformedBlocks(t *testing.T) {
	leaf, key := newPair(t, "leaf", false)
	broken := bytes.Replace(leaf, []byte("-----END CERTIFICATE"), []byte("-----END CERTIFICAT"), 1)
	for name, chain := range map[string][]byte{
		"broken issuer":       concat(leaf, broken),
		"broken block before": concat(broken, leaf),
		"an open block after": concat(leaf, []byte("-----BEGIN CERTIFICATE-----\n")),
	} {
		if _, err := pemfile.KeyPair(chain, key); err == nil || !strings.Contains(err.Error(), "incomplete") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pemfile.KeyPair(leaf, concat(key, []byte("-----BEGIN x"))); err == nil || !strings.HasPrefix(err.Error(), "key: ") {
		t.Errorf("an open block after the key: %v", err)
	}
}

func TestAuthorities(t *testing.T) {
	ca, key := newPair(t, "first", true)
	other, _ := newPair(t, "second", true)
	leaf, _ := newPair(t, "leaf", false)
	pool, err := pemfile.Authorities(concat([]byte("text\n"), ca, other))
	if err != nil || len(pool.Subjects()) != 2 { //nolint:staticcheck // not the system's pool
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		text []byte
		want string
	}{
		"empty":        {nil, "no certificate"},
		"text":         {[]byte("hunter2"), "no certificate"},
		"key":          {concat(ca, key), "no certificate"},
		"leaf":         {concat(ca, leaf), `"CN=leaf" is not the certificate of an authority`},
		"torn":         {concat(ca, other[:len(other)/2]), "incomplete"},
		"malformed":    {concat(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("hunter2")})), "malformed"},
		"key as block": {key, "a PEM block is no certificate"},
	} {
		pool, err := pemfile.Authorities(row.text)
		if pool != nil || err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAuthorities asserts that no certificate of a file is dropped.
func FuzzAuthorities(f *testing.F) {
	ca, key := newPair(f, "first", true)
	f.Add(ca)
	f.Add(concat(ca, ca))
	f.Add(concat(ca, key))
	f.Add(ca[:len(ca)/2])
	f.Fuzz(func(t *testing.T, text []byte) {
		pool, err := pemfile.Authorities(text)
		if err != nil {
			return
		}
		n := bytes.Count(text, []byte("-----BEGIN CERTIFICATE-----"))
		if got := len(pool.Subjects()); got == 0 || got > n || n != bytes.Count(text, []byte("-----BEGIN ")) { //nolint:staticcheck // not the system's pool
			t.Fatalf("%d authorities of %d certificates", got, n)
		}
	})
}
