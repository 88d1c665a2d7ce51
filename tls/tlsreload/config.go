package tlsreload

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// Config names the files of a server. The zero Config has no certificate and is refused.
type Config struct {
	_ [0]func()

	// TLS is the profile, from tlsconf.Modern or tlsconf.Intermediate. Its certificates
	// come from Pairs, and so Certificates, CertFile, KeyFile, GetCertificate and ACME
	// must be empty. ClientCAs must be empty if ClientCAFile is set.
	TLS tlsconf.Config

	// Pairs names the files of each certificate. At least one is required. The server
	// name of the client, and its signature algorithms, decide which one is sent.
	Pairs []Pair

	// ClientCAFile names a PEM file with the authorities of client certificates (see
	// ClientCAs in tlsconf.Config). Each of its certificates must be one of an
	// authority. Empty requests no client certificate.
	ClientCAFile string

	// Interval is the time between two checks of the files: 1 s to 1 h. Default: 1 min.
	Interval time.Duration

	// ExpiryWarning sets Status.Expiring when a certificate expires within this time.
	// Default: a quarter of the lifetime of that certificate. ACME clients renew it a
	// third of the lifetime before its end, so that the warning means a failure.
	ExpiryWarning time.Duration

	// Observe is told each new Status, the first one by New. Calls do not overlap. It
	// must neither block nor call Reload. Nil is off.
	Observe func(Status)
}

// A Pair names the PEM files of a certificate with its chain, leaf first, and of its
// private key. OCSPFile names a file with an OCSP response for it in DER form, which the
// server sends to clients (RFC 6066, section 8); empty sends none. The file may be
// absent, and a response that is for another certificate, not "good" or out of date is
// not sent: Status.Err says so. This package fetches nothing.
type Pair struct {
	CertFile, KeyFile, OCSPFile string
}

// A Status describes the certificates in use.
type Status struct {
	// LoadedAt is the time when they were read.
	LoadedAt time.Time

	// NotAfter is the time when the first certificate of all chains expires.
	NotAfter time.Time

	// Expiring says that NotAfter is near (see Config.ExpiryWarning).
	Expiring bool

	// Err is the reason why the files are not in use as they are now, or why an OCSP
	// response is not sent. Nil if all is well. It contains nothing of the files.
	Err error
}

const (
	defaultInterval = time.Minute
	minInterval     = time.Second
	maxInterval     = time.Hour
)

// check adds a fault for each wrong field, without reading the files.
func (cfg *Config) check(f *httperr.ConfigFaults) {
	const noCertificates = "name the files in Pairs, and remove it"
	if len(cfg.TLS.Certificates) > 0 {
		f.Add("TLS.Certificates", nil, "a certificate that is never reloaded", noCertificates)
	}
	if cfg.TLS.CertFile != "" || cfg.TLS.KeyFile != "" {
		f.Add("TLS.CertFile", cfg.TLS.CertFile, "a file that is never reloaded", noCertificates)
	}
	if cfg.TLS.GetCertificate != nil || cfg.TLS.ACME {
		f.Add("TLS.GetCertificate", nil, "it replaces the certificates of the files", "use tlsconf alone, and remove Pairs")
	}
	if cfg.TLS.ClientCAs != nil && cfg.ClientCAFile != "" {
		f.Add("TLS.ClientCAs", nil, "ClientCAFile replaces it", "remove one of them")
	}
	if len(cfg.Pairs) == 0 {
		f.Add("Pairs", nil, "a server needs a certificate", "name its files")
	}
	for i, p := range cfg.Pairs {
		field := fmt.Sprintf("Pairs[%d]", i)
		switch {
		case p.CertFile == "" || p.KeyFile == "":
			f.Add(field, nil, "CertFile or KeyFile is empty", "name both files")
		case slices.ContainsFunc(cfg.Pairs[:i], func(q Pair) bool { return q.CertFile == p.CertFile }):
			f.Add(field, p.CertFile, "given twice", "remove one of them")
		}
	}
	if cfg.Interval != 0 && (cfg.Interval < minInterval || cfg.Interval > maxInterval) {
		f.Add("Interval", cfg.Interval, "out of range", "write 1 s to 1 h, or 0 for 1 min")
	}
	if cfg.ExpiryWarning < 0 {
		f.Add("ExpiryWarning", cfg.ExpiryWarning, "negative", "write a duration, or 0 for a quarter of the lifetime")
	}
}
