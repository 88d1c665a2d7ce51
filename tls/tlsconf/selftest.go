package tlsconf

import (
	"cmp"
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
// milliseconds, but an ACME client may first order the certificate.
const selfTestTimeout = 30 * time.Second

// SelfTest makes a handshake in memory for each version that cfg allows, TLS 1.3
// first, between a server with cfg and a client with the defaults of crypto/tls. It
// reports the negotiated parameters of each. Call it when the program starts. It
// takes at most 30 s a version.
//
// The client sends name as its server name, and SelfTest fails if the certificate of
// the server is not valid for name. An ACME client needs a name. If name is empty, the
// client sends the first name of the first certificate in cfg.Certificates, or no name.
//
// It fails if cfg lists a post-quantum group but the handshake of TLS 1.3 used no such
// group. The reason is GODEBUG=tlsmlkem=0, which a go line below 1.24 in the main
// module implies. This setting removes the post-quantum groups from the list,
// and no field of tls.Config shows it.
//
// SelfTest requests no client certificate.
func SelfTest(cfg *tls.Config, name string) ([]Report, error) {
	if cfg == nil {
		return nil, errors.New("tlsconf: SelfTest of a nil tls.Config")
	}
	var reports []Report
	for version := uint16(tls.VersionTLS13); version >= max(cfg.MinVersion, tls.VersionTLS12); version-- {
		if cfg.MaxVersion != 0 && version > cfg.MaxVersion {
			continue
		}
		report, err := handshake(cfg, name, version)
		if err != nil {
			return reports, fmt.Errorf("tlsconf: self-test with %s: %w", tls.VersionName(version), err)
		}
		reports = append(reports, report)
	}
	negotiated := slices.ContainsFunc(reports, func(r Report) bool { return postQuantum(r.Group) })
	if slices.ContainsFunc(cfg.CurvePreferences, postQuantum) && !negotiated {
		return reports, fmt.Errorf("tlsconf: self-test: no post-quantum key exchange (%v); "+
			"does GODEBUG or the go line of the main module set tlsmlkem=0?", reports)
	}
	return reports, nil
}

// handshake makes one handshake in memory with one version.
func handshake(cfg *tls.Config, name string, version uint16) (Report, error) {
	// crypto/tls need not verify the certificate: the connection never leaves the
	// process, and whether to trust its issuer is for real clients to decide.
	// The client of TLS 1.3 offers TLS 1.2 too, as browsers do: autocert would order an
	// RSA certificate for a client that lists no suite of TLS 1.2 with ECDSA.
	client := &tls.Config{InsecureSkipVerify: true, NextProtos: cfg.NextProtos, ServerName: cmp.Or(name, serverName(cfg)),
		MinVersion: tls.VersionTLS12, MaxVersion: version}
	clientEnd, serverEnd := net.Pipe()
	deadline := time.Now().Add(selfTestTimeout)
	if err := errors.Join(clientEnd.SetDeadline(deadline), serverEnd.SetDeadline(deadline)); err != nil {
		return Report{}, err
	}
	serving := make(chan error, 1)
	go func() {
		err := tls.Server(serverEnd, withoutClients(cfg)).Handshake()
		serving <- errors.Join(err, serverEnd.Close())
	}()
	conn := tls.Client(clientEnd, client)
	clientErr := conn.Handshake()
	closeErr := clientEnd.Close() // so that a server that still waits does not wait until the deadline
	if err := errors.Join(<-serving, clientErr, closeErr); err != nil {
		return Report{}, err
	}
	state := conn.ConnectionState()
	if state.Version != version {
		return Report{}, errors.New("negotiated " + tls.VersionName(state.Version))
	}
	if name != "" {
		if err := state.PeerCertificates[0].VerifyHostname(name); err != nil {
			return Report{}, err
		}
	}
	return Report{state.Version, state.CipherSuite, state.CurveID, state.NegotiatedProtocol}, nil
}

// withoutClients returns a copy of cfg that requests no client certificates and sends
// no tickets, which the client would not read.
func withoutClients(cfg *tls.Config) *tls.Config {
	cfg = cfg.Clone()
	cfg.ClientAuth = tls.NoClientCert
	cfg.SessionTicketsDisabled = true
	if inner := cfg.GetConfigForClient; inner != nil {
		cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := inner(hello)
			if chosen == nil || err != nil {
				return chosen, err
			}
			return withoutClients(chosen), nil
		}
	}
	return cfg
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
