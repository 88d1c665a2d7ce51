// Package tlsconf makes the TLS configuration of a server, serves a handler with limits
// and a graceful shutdown, and redirects plain http to https.
//
// # Use
//
//	cfg := tlsconf.Intermediate()
//	cfg.CertFile, cfg.KeyFile = "cert.pem", "key.pem"
//	conf, err := tlsconf.New(cfg)
//	reports, err := tlsconf.SelfTest(conf, "example.com")
//
//	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
//	defer stop()
//	err = tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: ":443", TLS: conf}, handler)
//
// A second server on port 80 redirects. Serve blocks, so each server has its own goroutine:
//
//	toHTTPS, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"example.com"}})
//	go func() {
//		ended <- tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: ":80", PlainHTTP: true}, toHTTPS.Handler(http.NotFoundHandler()))
//	}()
//
// Package tlsreload reads the files again when they change.
//
// # Options
//
// Of [Config]:
//
//	MinVersion         tls.VersionTLS12 or tls.VersionTLS13
//	CipherSuites       the suites of TLS 1.2
//	Groups             the key exchanges
//	Certificates, CertFile, KeyFile, GetCertificate
//	ACME               GetCertificate answers challenges TLS-ALPN-01
//	ClientCAs          requires client certificates of these authorities
//	NoSessionTickets, ResumeClientCertificates
//	                   whether clients may resume a session
//
// Of [ServerConfig], each with its default:
//
//	Addr, Listener     one of them
//	TLS, PlainHTTP     one of them; PlainHTTP is for a server behind a proxy
//	ReadHeaderTimeout  5 s, also for the handshake
//	ReadTimeout        30 s
//	WriteTimeout       60 s
//	IdleTimeout        120 s
//	ShutdownTimeout    20 s
//	MaxHeaderBytes     64 KiB
//	MaxConnections     10,000
//	ErrorLog           the logger of package log
//
// Of [RedirectConfig]:
//
//	Hosts              the hosts that are redirected
//	HTTPSOnly          the hosts that refuse plain http, for APIs
//	Port               the port of https, 443 by default
//	Exempt             paths that are served over http too
//	Deny, Observe      your own refusal and a hook for metrics
//
// # Threat
//
// An attacker on the network path reads and changes everything that is not
// encrypted, and records today the traffic that a quantum computer can decrypt
// later. Configurations become weak without a warning: the zero tls.Config
// still offers CBC suites to TLS 1.2. The go line of the main module's go.mod
// sets GODEBUG, and so can bring back TLS 1.0 or remove the post-quantum key
// exchange. Only the clients notice an expired certificate, or a certificate
// with the wrong key. And a redirect to https that trusts the Host header sends
// visitors to every host that an attacker writes. And a zero http.Server has no
// timeouts: one client with slow connections holds all its file descriptors.
//
// # Invariant
//
// [New] returns a configuration that negotiates only the versions, suites and
// groups of the profile (Mozilla's server-side TLS guideline, version 6).
// GODEBUG cannot change the versions and suites of the configuration. Its
// certificates are valid now and match their keys. [SelfTest] proves by a
// handshake that GODEBUG has not removed the post-quantum key exchange.
// [Serve] ends each connection on which a client is slow, and never a request that
// keeps to its time. [Redirect] writes only https, a host from its list, and the path and query of
// the request into Location.
//
// # Session tickets
//
// A client resumes a session with a ticket, which saves a signature of the server, and a
// round trip of TLS 1.2. The server decrypts tickets of up to 7 days with keys that only
// its memory holds; a thief of that memory can decrypt the recorded sessions of TLS 1.2.
// Tickets are therefore a choice: on for public servers, off with NoSessionTickets. With
// ClientCAs they are off, because a resumed session proves no possession of the client's
// key, and ResumeClientCertificates switches them on.
//
// # Place in the chain
//
// The result of New is the TLS of Serve, or the TLSConfig of an http.Server that is
// started with ListenAndServeTLS("", ""). Redirect goes inside clientip, if there is a proxy,
// and outside every layer that reads the request.
//
// # Refusals of honest clients
//
//	status  code                 cause                                      setting
//	421     misdirected_request  plain http for a host that is not listed   Hosts
//	403     https_required       plain http for an API                      HTTPSOnly
//	400     bad_request_target   plain http with a target that is no path
//	431     from net/http        a header above 64 KiB                      MaxHeaderBytes
//	closed  no response          a slow request, response or idle client    the timeouts
//
// # What the caller must do
//
// A response that takes longer than WriteTimeout, such as a stream of events, moves its
// deadline with http.ResponseController.
//
// A redirect is too late for the request that it answers: the cookies and the
// body have already been sent unencrypted. Send Strict-Transport-Security
// (package headers), so that browsers no longer use http. If the clients are
// programs, do not listen on http at all, or list the host in HTTPSOnly.
package tlsconf
