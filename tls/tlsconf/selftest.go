package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// Report is the result of a handshake.
type Report struct {
	Version     uint16      // such as tls.VersionTLS13
	CipherSuite uint16      // such as tls.TLS_AES_128_GCM_SHA256
	Group       tls.CurveID // such as tls.X25519MLKEM768
	Protocol    string      // by ALPN, such as "h2"
}

// String returns a text such as "TLS 1.3, TLS_AES_128_GCM_SHA256,
// X25519MLKEM768, h2".
func (r Report) String() string {
	return fmt.Sprintf("%s, %s, %s, %s", tls.VersionName(r.Version), tls.CipherSuiteName(r.CipherSuite), r.Group, r.Protocol)
}

// selfTestTimeout ends a handshake that hangs. A handshake in memory takes
// milliseconds.
const selfTestTimeout = 5 * time.Second

// SelfTest makes one handshake in memory between a server with cfg and a client
// with the defaults of crypto/tls, and reports the negotiated parameters. Call
// it when the program starts.
//
// It fails if cfg lists a post-quantum group but the handshake used no such
// group. The reason is GODEBUG=tlsmlkem=0, which a go line below 1.24 in the main
// module implies. This setting removes the post-quantum groups from the list,
// and no field of tls.Config shows it.
//
// SelfTest requests no client certificate. The server name that the client sends
// is the first name of the first certificate, or empty if there is no such name.
// This matters if GetCertificate depends on the server name.
func SelfTest(cfg *tls.Config) (Report, error) {
	if cfg == nil {
		return Report{}, errors.New("tlsconf: SelfTest of a nil tls.Config")
	}
	server := cfg.Clone()
	server.ClientAuth = tls.NoClientCert
	server.SessionTicketsDisabled = true // the client would not read the ticket
	// The handshake need not verify the certificate: the connection never
	// leaves the process, and whether to trust it is for real clients to decide.
	client := &tls.Config{InsecureSkipVerify: true, NextProtos: cfg.NextProtos, ServerName: serverName(cfg)}

	clientEnd, serverEnd := net.Pipe()
	deadline := time.Now().Add(selfTestTimeout)
	if err := errors.Join(clientEnd.SetDeadline(deadline), serverEnd.SetDeadline(deadline)); err != nil {
		return Report{}, fmt.Errorf("tlsconf: self-test: %w", err)
	}
	serving := make(chan error, 1)
	go func() {
		err := tls.Server(serverEnd, server).Handshake()
		serving <- errors.Join(err, serverEnd.Close())
	}()
	conn := tls.Client(clientEnd, client)
	clientErr := conn.Handshake()
	closeErr := clientEnd.Close() // so that a server that still waits does not wait until the deadline
	if err := errors.Join(<-serving, clientErr, closeErr); err != nil {
		return Report{}, fmt.Errorf("tlsconf: self-test: %w", err)
	}
	state := conn.ConnectionState()
	report := Report{state.Version, state.CipherSuite, state.CurveID, state.NegotiatedProtocol}
	if slices.ContainsFunc(cfg.CurvePreferences, postQuantum) && !postQuantum(report.Group) {
		return report, fmt.Errorf("tlsconf: self-test: no post-quantum key exchange (%s); "+
			"does GODEBUG or the go line of the main module set tlsmlkem=0?", report)
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
