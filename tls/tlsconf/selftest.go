package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// Report is what a handshake has negotiated.
type Report struct {
	Version     uint16      // such as tls.VersionTLS13
	CipherSuite uint16      // such as tls.TLS_AES_128_GCM_SHA256
	Group       tls.CurveID // such as tls.X25519MLKEM768
	Protocol    string      // by ALPN, such as "h2"
}

// String reads "TLS 1.3, TLS_AES_128_GCM_SHA256, X25519MLKEM768, h2".
func (r Report) String() string {
	return fmt.Sprintf("%s, %s, %s, %s", tls.VersionName(r.Version), tls.CipherSuiteName(r.CipherSuite), r.Group, r.Protocol)
}

// selfTestTime bounds a handshake in memory, which takes milliseconds.
const selfTestTime = 5 * time.Second

// SelfTest makes one handshake in memory between a server with cfg and a
// client with the defaults of crypto/tls, and reports what they agreed on. Call
// it when the program starts.
//
// It fails if cfg lists a post-quantum group and none was negotiated:
// GODEBUG=tlsmlkem=0, which a go line below 1.24 in the main module implies,
// removes them from the list, and no field of tls.Config shows it.
//
// Client certificates are not asked for. If GetCertificate depends on the name
// the client asks for, that is the first one of the first certificate, or
// none.
func SelfTest(cfg *tls.Config) (Report, error) {
	if cfg == nil {
		return Report{}, errors.New("tlsconf: SelfTest of a nil tls.Config")
	}
	server := cfg.Clone()
	server.ClientAuth = tls.NoClientCert
	server.SessionTicketsDisabled = true // nobody would read the ticket
	// Whether the certificate is trusted is the client's business, and this
	// connection never leaves the process.
	client := &tls.Config{InsecureSkipVerify: true, NextProtos: cfg.NextProtos, ServerName: serverName(cfg)}

	near, far := net.Pipe()
	deadline := time.Now().Add(selfTestTime)
	if err := errors.Join(near.SetDeadline(deadline), far.SetDeadline(deadline)); err != nil {
		return Report{}, fmt.Errorf("tlsconf: self-test: %w", err)
	}
	serving := make(chan error, 1)
	go func() {
		err := tls.Server(far, server).Handshake()
		serving <- errors.Join(err, far.Close())
	}()
	conn := tls.Client(near, client)
	clientErr := conn.Handshake()
	closeErr := near.Close() // or a server that still waits would wait for ever
	if err := errors.Join(<-serving, clientErr, closeErr); err != nil {
		return Report{}, fmt.Errorf("tlsconf: self-test: %w", err)
	}
	state := conn.ConnectionState()
	report := Report{state.Version, state.CipherSuite, state.CurveID, state.NegotiatedProtocol}
	if slices.ContainsFunc(cfg.CurvePreferences, postQuantum) && !postQuantum(report.Group) {
		return report, fmt.Errorf("tlsconf: self-test: no post-quantum key exchange (%s); does GODEBUG or the go line of the main module set tlsmlkem=0?", report)
	}
	return report, nil
}

func serverName(cfg *tls.Config) string {
	if len(cfg.Certificates) > 0 && cfg.Certificates[0].Leaf != nil && len(cfg.Certificates[0].Leaf.DNSNames) > 0 {
		return cfg.Certificates[0].Leaf.DNSNames[0]
	}
	return ""
}

func postQuantum(g tls.CurveID) bool {
	return g == tls.X25519MLKEM768 || g == tls.SecP256r1MLKEM768 || g == tls.SecP384r1MLKEM1024
}
