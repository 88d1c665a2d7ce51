package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. The result shares no memory with cfg, and offers HTTP/2
// and HTTP/1.1 by ALPN.
func New(cfg Config) (*tls.Config, error) {
	if cfg.MinVersion == 0 {
		cfg.MinVersion = tls.VersionTLS12
	}
	if len(cfg.Groups) == 0 {
		cfg.Groups = defaultGroups()
	}
	f := httperr.ConfigFaults{Package: "tlsconf"}
	checkProtocol(&cfg, &f)
	out := &tls.Config{
		// MinVersion must be explicit. If it is zero, GODEBUG=tls10server=1
		// allows TLS 1.0, and a go line below 1.22 in the main module implies
		// this setting.
		MinVersion:       cfg.MinVersion,
		CipherSuites:     slices.Clone(cfg.CipherSuites),
		CurvePreferences: slices.Clone(cfg.Groups),
		NextProtos:       []string{"h2", "http/1.1"},
		Certificates:     compileCertificates(&cfg, &f, time.Now()),
		GetCertificate:   cfg.GetCertificate,
	}
	checkKeySuites(&cfg, out.Certificates, &f)
	if len(out.CipherSuites) == 0 {
		// CipherSuites has no effect with TLS 1.3. It is set all the same, so
		// that a caller who lowers MinVersion later does not get the default of
		// crypto/tls.
		out.CipherSuites = strongSuites()
	}
	out.SessionTicketsDisabled = cfg.NoSessionTickets
	if cfg.ClientCAs != nil {
		checkClientCAs(cfg.ClientCAs, &f)
		out.ClientCAs = cfg.ClientCAs.Clone()
		out.ClientAuth = tls.RequireAndVerifyClientCert
		out.SessionTicketsDisabled = !cfg.ResumeClientCertificates
	}
	checkTickets(&cfg, &f)
	if cfg.ACME {
		checkACME(&cfg, &f)
		out.NextProtos = append(out.NextProtos, acmeProtocol)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// acmeProtocol is the ALPN protocol of the challenge TLS-ALPN-01 (RFC 8737,
// section 6.2).
const acmeProtocol = "acme-tls/1"

func checkTickets(cfg *Config, f *httperr.ConfigFaults) {
	switch {
	case cfg.ResumeClientCertificates && cfg.ClientCAs == nil:
		f.Add("ResumeClientCertificates", nil, "there are no client certificates", "set ClientCAs, or remove it")
	case cfg.ResumeClientCertificates && cfg.NoSessionTickets:
		f.Add("ResumeClientCertificates", nil, "NoSessionTickets forbids what it allows", "remove one of them")
	}
}

func checkACME(cfg *Config, f *httperr.ConfigFaults) {
	if cfg.GetCertificate == nil {
		f.Add("ACME", nil, "nothing answers the challenges", "set GetCertificate to the method of the ACME client")
	}
	if cfg.ClientCAs != nil {
		f.Add("ACME", nil, "the authority that validates the host has no client certificate",
			"use the challenge HTTP-01 or DNS-01, and remove ACME")
	}
}

func checkProtocol(cfg *Config, f *httperr.ConfigFaults) {
	if cfg.MinVersion != tls.VersionTLS12 && cfg.MinVersion != tls.VersionTLS13 {
		f.Add("MinVersion", tls.VersionName(cfg.MinVersion), "not TLS 1.2 or TLS 1.3 (RFC 8996)", "begin with Modern or Intermediate")
	}
	checkSuites(cfg, f)
	classical := false
	for i, g := range cfg.Groups {
		if slices.Contains(cfg.Groups[:i], g) {
			f.Add(fmt.Sprintf("Groups[%d]", i), g.String(), "given twice", "remove one of them")
		}
		switch g {
		case tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521:
			classical = true
		case tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024:
		default:
			f.Add(fmt.Sprintf("Groups[%d]", i), g.String(), "unknown key exchange", "use the Groups of Modern or Intermediate")
		}
	}
	if !classical && cfg.MinVersion == tls.VersionTLS12 {
		f.Add("Groups", nil, "TLS 1.2 has no key exchange among them", "add tls.X25519, or set MinVersion to tls.VersionTLS13")
	}
}

func checkSuites(cfg *Config, f *httperr.ConfigFaults) {
	if len(cfg.CipherSuites) == 0 {
		return
	}
	if cfg.MinVersion == tls.VersionTLS13 {
		f.Add("CipherSuites", nil, "the suites of TLS 1.3 cannot be chosen", "remove them, or set MinVersion to tls.VersionTLS12")
		return
	}
	strong, http2 := strongSuites(), false
	for i, s := range cfg.CipherSuites {
		if !slices.Contains(strong, s) {
			f.Add(fmt.Sprintf("CipherSuites[%d]", i), tls.CipherSuiteName(s), weakness(s), "use the CipherSuites of Intermediate")
		} else if slices.Contains(cfg.CipherSuites[:i], s) {
			f.Add(fmt.Sprintf("CipherSuites[%d]", i), tls.CipherSuiteName(s), "given twice", "remove one of them")
		}
		http2 = http2 || s == tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 || s == tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	}
	if !http2 {
		f.Add("CipherSuites", nil, "HTTP/2 needs ECDHE with AES_128_GCM_SHA256 (RFC 9113, section 9.2.2)",
			"add it for the kind of your key, ECDSA or RSA")
	}
}

func weakness(suite uint16) string {
	is := func(s *tls.CipherSuite) bool { return s.ID == suite }
	if i := slices.IndexFunc(tls.CipherSuites(), is); i >= 0 {
		if slices.Contains(tls.CipherSuites()[i].SupportedVersions, tls.VersionTLS12) {
			return "no authenticated encryption"
		}
		return "the suites of TLS 1.3 cannot be chosen"
	}
	if slices.ContainsFunc(tls.InsecureCipherSuites(), is) {
		return "insecure"
	}
	return "unknown cipher suite"
}

func checkClientCAs(pool *x509.CertPool, f *httperr.ConfigFaults) {
	if pool.Equal(x509.NewCertPool()) {
		f.Add("ClientCAs", nil, "an empty pool lets nobody in", "add the authority that issues your client certificates, or leave it nil")
		return
	}
	if system, err := x509.SystemCertPool(); err == nil && pool.Equal(system) {
		f.Add("ClientCAs", nil, "the pool of the system lets in the holder of any web site's certificate",
			"use a pool with your own authority alone")
	}
}
