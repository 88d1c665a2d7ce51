package tlsreload

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/tls/internal/pemfile"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A generation is a configuration that was made from one state of the files.
type generation struct {
	conf     *tls.Config
	notAfter time.Time // when the first certificate expires
	warnAt   time.Time // when the first warning about an expiry is due
	staleAt  time.Time // when an OCSP response begins or ceases to be valid, or zero
	err      error     // why an OCSP response is not sent
}

// load makes a generation from c. It adds a fault for each reason why c cannot be used.
func (cfg *Config) load(c contents, now time.Time, f *httperr.ConfigFaults) (g generation, err error) {
	profile := cfg.TLS
	profile.Certificates = nil
	for i, p := range cfg.Pairs {
		field := fmt.Sprintf("Pairs[%d]", i)
		cert, err := pemfile.KeyPair(c.certs[i], c.keys[i])
		if err != nil {
			f.Add(field, p.CertFile, err.Error(), "write the certificate, leaf first, and its own key")
			continue
		}
		if p.OCSPFile != "" {
			next, err := checkStaple(c.staples[i], cert.Leaf.SerialNumber, now)
			g.staleAt = earlier(g.staleAt, next)
			if err != nil {
				g.err = errors.Join(g.err, fmt.Errorf("tlsreload: %s: OCSPFile %q: %w", field, p.OCSPFile, err))
			} else {
				cert.OCSPStaple = c.staples[i]
			}
		}
		profile.Certificates = append(profile.Certificates, cert)
	}
	if cfg.ClientCAFile != "" {
		if profile.ClientCAs, err = pemfile.Authorities(c.clientCAs); err != nil {
			f.Add("ClientCAFile", cfg.ClientCAFile, err.Error(), "write the certificates of the authorities alone, in PEM form")
			return g, f.Err()
		}
	}
	if len(profile.Certificates) == 0 {
		return g, f.Err()
	}
	g.conf, err = tlsconf.New(profile)
	f.AddAll("TLS.", err)
	if err := f.Err(); err != nil {
		return g, err
	}
	for _, cert := range g.conf.Certificates {
		for _, der := range cert.Certificate {
			parsed, err := x509.ParseCertificate(der)
			if err != nil {
				return g, err // tlsconf.New has parsed it
			}
			warning := cfg.ExpiryWarning
			if warning == 0 {
				warning = parsed.NotAfter.Sub(parsed.NotBefore) / 4
			}
			g.notAfter = earlier(g.notAfter, parsed.NotAfter)
			g.warnAt = earlier(g.warnAt, parsed.NotAfter.Add(-warning))
		}
	}
	return g, nil
}

// earlier returns the earlier one of two times; a zero time does not count.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
