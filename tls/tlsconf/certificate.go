package tlsconf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/tls/internal/pemfile"
)

const minRSA = 2048 // bits

// compileCertificates returns the certificates of cfg with parsed leaves.
func compileCertificates(cfg *Config, f *httperr.ConfigFaults, now time.Time) []tls.Certificate {
	if len(cfg.Certificates) == 0 && cfg.CertFile == "" && cfg.KeyFile == "" && cfg.GetCertificate == nil {
		f.Add("Certificates", nil, "a server needs a certificate", "set Certificates, or CertFile and KeyFile, or GetCertificate")
	}
	out := slices.Clone(cfg.Certificates)
	for i := range out {
		out[i].Certificate = slices.Clone(out[i].Certificate)
		checkCertificate(fmt.Sprintf("Certificates[%d]", i), &out[i], f, now)
	}
	if cert, ok := loadFiles(cfg, f); ok {
		checkCertificate("CertFile", &cert, f, now)
		out = append(out, cert)
	}
	return out
}

func loadFiles(cfg *Config, f *httperr.ConfigFaults) (cert tls.Certificate, ok bool) {
	if cfg.CertFile == "" && cfg.KeyFile == "" {
		return cert, false
	}
	ok = true
	read := func(field, name string) []byte {
		if name == "" {
			f.Add(field, nil, "set without its counterpart", "set both CertFile and KeyFile")
			ok = false
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			f.Add(field, name, "cannot be read: "+err.Error(), "name a PEM file that the server may read")
			ok = false
		}
		return text
	}
	chain, key := read("CertFile", cfg.CertFile), read("KeyFile", cfg.KeyFile)
	if !ok {
		return cert, false
	}
	cert, err := pemfile.KeyPair(chain, key)
	if err != nil {
		f.Add("CertFile", cfg.CertFile, err.Error(), "name the PEM files of a certificate, leaf first, and of its own key")
		return cert, false
	}
	return cert, true
}

// checkCertificate adds a fault for each reason why clients would refuse cert.
func checkCertificate(field string, cert *tls.Certificate, f *httperr.ConfigFaults, now time.Time) {
	chain := make([]*x509.Certificate, len(cert.Certificate))
	for i, der := range cert.Certificate {
		var err error
		if chain[i], err = x509.ParseCertificate(der); err != nil {
			f.Add(field, nil, "malformed: "+err.Error(), "use tls.X509KeyPair or CertFile")
			return
		}
	}
	if len(chain) == 0 {
		f.Add(field, nil, "there is no certificate in it", "use tls.X509KeyPair or CertFile")
		return
	}
	leaf := chain[0]
	cert.Leaf = leaf // otherwise every handshake would parse it again
	name := leaf.Subject.String()
	add := func(reason, fix string) { f.Add(field, name, reason, fix) }

	if !keyMatches(cert.PrivateKey, leaf.PublicKey) {
		add("the private key belongs to another certificate", "set the key that the certificate was issued for")
	}
	for _, c := range chain {
		name := c.Subject.String()
		switch {
		case now.Before(c.NotBefore):
			f.Add(field, name, "not valid before "+c.NotBefore.UTC().Format(time.RFC3339), "wait, or set the clock")
		case now.After(c.NotAfter):
			f.Add(field, name, "expired at "+c.NotAfter.UTC().Format(time.RFC3339), "renew it")
		}
	}
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA {
			add(fmt.Sprintf("an RSA key of %d bits", bits), "use ECDSA P-256, or RSA of 2048 bits")
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P224() {
			add("an ECDSA key on P-224", "use P-256")
		}
	}
	switch leaf.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		add("signed with "+leaf.SignatureAlgorithm.String(), "have it signed with SHA-256")
	}
	if len(leaf.DNSNames)+len(leaf.IPAddresses) == 0 {
		add("no subject alternative name; clients ignore the common name (RFC 9525)", "issue it for the host names of the server")
	}
	forServer := slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny)
	if len(leaf.ExtKeyUsage) > 0 && !forServer {
		add("not issued for server authentication", "issue it with the extended key usage serverAuth")
	}
	if len(chain) > 1 && !slices.ContainsFunc(chain[1:], func(c *x509.Certificate) bool { return leaf.CheckSignatureFrom(c) == nil }) {
		add("none of the other certificates has issued the first", "put the leaf first and its issuer after it")
	}
}

// checkKeySuites adds a fault for each certificate that no suite of TLS 1.2 can
// use. Otherwise clients of TLS 1.2 would fail, and tests with clients of TLS
// 1.3 would not show it.
func checkKeySuites(cfg *Config, certs []tls.Certificate, f *httperr.ConfigFaults) {
	if cfg.MinVersion != tls.VersionTLS12 || len(cfg.CipherSuites) == 0 {
		return
	}
	for _, cert := range certs {
		if cert.Leaf == nil {
			continue // checkCertificate has added a fault
		}
		kind := "ECDSA" // and Ed25519 (RFC 8422, section 5.1.1)
		if _, ok := cert.Leaf.PublicKey.(*rsa.PublicKey); ok {
			kind = "RSA"
		}
		fits := func(suite uint16) bool { return strings.HasPrefix(tls.CipherSuiteName(suite), "TLS_ECDHE_"+kind+"_") }
		if !slices.ContainsFunc(cfg.CipherSuites, fits) {
			f.Add("CipherSuites", nil, "none fits the "+kind+" certificate "+strconv.Quote(cert.Leaf.Subject.String()),
				"add TLS_ECDHE_"+kind+"_WITH_AES_128_GCM_SHA256")
		}
	}
}

func keyMatches(private crypto.PrivateKey, public crypto.PublicKey) bool {
	signer, ok := private.(crypto.Signer)
	if !ok {
		return false
	}
	key, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(public)
}
