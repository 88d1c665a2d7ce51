package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
)

// Config describes the TLS of a server. Begin with [Modern] or [Intermediate]
// and add the certificate; the zero Config lacks one and is refused. Fields
// that are left empty are as in Intermediate.
type Config struct {
	_ [0]func()

	// MinVersion is tls.VersionTLS12 or tls.VersionTLS13. There is no way to
	// allow less (RFC 8996), nor to forbid TLS 1.3.
	MinVersion uint16

	// CipherSuites narrows the suites of TLS 1.2. Only ECDHE suites with an
	// AEAD are accepted, and only with MinVersion TLS 1.2: those of TLS 1.3
	// cannot be chosen. HTTP/2 needs one of AES_128_GCM (RFC 9113, section
	// 9.2.2).
	CipherSuites []uint16

	// Groups are the key exchanges offered; crypto/tls chooses their order.
	Groups []tls.CurveID

	// Certificates are served by name. Each must match its key, be valid when
	// New is called, allow server authentication and name a host; RSA keys
	// need 2048 bits.
	Certificates []tls.Certificate

	// CertFile and KeyFile are PEM files of one more certificate, with its
	// chain, and its key. They are read once, by New.
	CertFile, KeyFile string

	// GetCertificate finds certificates that come and go, such as those of an
	// ACME client. It is asked before Certificates; what it returns is not
	// checked.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// ClientCAs makes every client prove its identity with a certificate that
	// one of these authorities has issued; nil asks for none. There is no
	// optional kind: a certificate that is requested but not verified looks
	// like a proof and is none. Refused are an empty pool and that of the
	// system, which would let in whoever has a certificate for any web site.
	ClientCAs *x509.CertPool
}

// Modern returns the profile for clients since 2020: TLS 1.3 alone.
func Modern() Config {
	return Config{MinVersion: tls.VersionTLS13, Groups: groups()}
}

// Intermediate returns the profile for general use: TLS 1.3, and TLS 1.2 with
// forward secrecy and authenticated encryption.
func Intermediate() Config {
	return Config{MinVersion: tls.VersionTLS12, CipherSuites: suites(), Groups: groups()}
}

// groups are the key exchanges of both profiles. The first one withstands
// quantum computers.
func groups() []tls.CurveID {
	return []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384}
}

// suites are those of TLS 1.2. The list must be explicit: the default of
// crypto/tls adds CBC suites with SHA-1.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}
