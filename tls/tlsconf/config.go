package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
)

// Config describes the TLS of a server. Begin with [Modern] or [Intermediate]
// and add a certificate. The zero Config has no certificate and is refused. An
// empty field has the value that it has in Intermediate.
type Config struct {
	_ [0]func()

	// MinVersion is tls.VersionTLS12 or tls.VersionTLS13. Older versions cannot
	// be allowed (RFC 8996), and TLS 1.3 cannot be forbidden.
	MinVersion uint16

	// CipherSuites lists the suites of TLS 1.2. Only ECDHE suites with an AEAD
	// are accepted, and only with MinVersion TLS 1.2: the suites of TLS 1.3
	// cannot be chosen. HTTP/2 needs a suite with AES_128_GCM (RFC 9113,
	// section 9.2.2).
	CipherSuites []uint16

	// Groups are the key exchanges. crypto/tls chooses their order.
	Groups []tls.CurveID

	// Certificates are the certificates of the server. The server name of the
	// client decides which one is sent. Each must match its key, be valid when
	// New is called, allow server authentication and name a host. RSA keys need
	// 2048 bits.
	Certificates []tls.Certificate

	// CertFile and KeyFile name PEM files with one more certificate and its
	// chain, and with its key. New reads them once; package tlsreload reads them
	// again when they change.
	CertFile, KeyFile string

	// GetCertificate returns certificates that change while the server runs,
	// for example from an ACME client. It is called before Certificates are
	// searched. Its certificates are not checked.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// ACME says that GetCertificate is the method of an ACME client that answers
	// challenges of the type TLS-ALPN-01 (RFC 8737), such as autocert.Manager. The
	// server then also offers the protocol "acme-tls/1". Refused are ACME without
	// GetCertificate, and ACME with ClientCAs: the authority that validates the host
	// has no client certificate.
	ACME bool

	// ClientCAs makes every client prove its identity with a certificate that
	// one of these authorities has issued. Nil requests no certificate. An
	// optional certificate is not possible: a certificate that is requested but
	// not verified looks like a proof and proves nothing. Refused are an empty
	// pool and the system's pool, which would accept the certificate of every
	// web site.
	ClientCAs *x509.CertPool

	// NoSessionTickets makes every connection a full handshake. By default clients
	// may resume a session for up to 7 days with a ticket. That saves a signature and
	// a round trip of TLS 1.2, but the server's memory then holds a key that decrypts
	// the tickets of up to 7 days, and in TLS 1.2 with them the traffic. With
	// ClientCAs, tickets are off unless ResumeClientCertificates is set.
	NoSessionTickets bool

	// ResumeClientCertificates allows tickets together with ClientCAs. A resumed
	// session proves no possession of the client's key: a thief who has copied the
	// session from the client's memory can resume it for up to 7 days. A session
	// whose certificate has expired or whose authority is no longer in ClientCAs is
	// not resumed. Refused without ClientCAs and with NoSessionTickets.
	ResumeClientCertificates bool
}

// Modern returns the profile for clients since 2020: only TLS 1.3.
func Modern() Config {
	return Config{MinVersion: tls.VersionTLS13, Groups: defaultGroups()}
}

// Intermediate returns the profile for general use: TLS 1.3, and TLS 1.2 with
// forward secrecy and authenticated encryption.
func Intermediate() Config {
	return Config{MinVersion: tls.VersionTLS12, CipherSuites: strongSuites(), Groups: defaultGroups()}
}

// defaultGroups returns the key exchanges of both profiles. The first one
// resists quantum computers.
func defaultGroups() []tls.CurveID {
	return []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384}
}

// strongSuites returns the allowed suites of TLS 1.2. The list must be explicit:
// the default of crypto/tls adds CBC suites with SHA-1.
func strongSuites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}
