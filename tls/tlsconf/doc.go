// Package tlsconf makes the TLS configuration of a server, and redirects plain
// http to https.
//
// # Use
//
//	cfg := tlsconf.Intermediate()
//	cfg.CertFile, cfg.KeyFile = "cert.pem", "key.pem"
//	conf, err := tlsconf.New(cfg)
//	reports, err := tlsconf.SelfTest(conf, "example.com")
//	srv := &http.Server{Addr: ":443", Handler: mux, TLSConfig: conf}
//	err = srv.ListenAndServeTLS("", "")
//
// A second server on port 80 redirects:
//
//	toHTTPS, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"example.com"}})
//	err = http.ListenAndServe(":80", toHTTPS.Handler(http.NotFoundHandler()))
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
// visitors to every host that an attacker writes.
//
// # Invariant
//
// [New] returns a configuration that negotiates only the versions, suites and
// groups of the profile (Mozilla's server-side TLS guideline, version 6).
// GODEBUG cannot change the versions and suites of the configuration. Its
// certificates are valid now and match their keys. [SelfTest] proves by a
// handshake that GODEBUG has not removed the post-quantum key exchange.
// [Redirect] writes only https, a host from its list, and the path and query of
// the request into Location.
//
// # Place in the chain
//
// The result of New is the TLSConfig of an http.Server that is started with
// ListenAndServeTLS("", ""). Redirect goes inside clientip, if there is a proxy,
// and outside every layer that reads the request.
//
// # What the caller must do
//
// A redirect is too late for the request that it answers: the cookies and the
// body have already been sent unencrypted. Send Strict-Transport-Security
// (package headers), so that browsers no longer use http. If the clients are
// programs, do not listen on http at all, or list the host in HTTPSOnly.
package tlsconf
