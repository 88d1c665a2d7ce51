// Package tlsreload reads the certificates of a server again when their files change,
// without a restart and without a refused handshake.
//
// # Use
//
//	certs, err := tlsreload.New(tlsreload.Config{
//		TLS:     tlsconf.Intermediate(),
//		Pairs:   []tlsreload.Pair{{CertFile: "/certs/tls.crt", KeyFile: "/certs/tls.key"}},
//		Observe: func(s tlsreload.Status) { logger.Info("certificates", "expire", s.NotAfter, "soon", s.Expiring, "err", s.Err) },
//	})
//	defer certs.Close()
//	err = tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: ":443", TLS: certs.TLS()}, handler)
//
// # Options
//
//	TLS            the profile of package tlsconf, without certificates
//	Pairs          the files of each certificate: chain, key, OCSP response
//	ClientCAFile   the authorities of client certificates
//	Interval       the time between two checks, 1 min by default
//	ExpiryWarning  when Status.Expiring begins, by default a quarter of the lifetime before the end
//	Observe        a hook for metrics and alarms
//
// # Threat
//
// A certificate that has expired because the program read it only once. A program that
// reads a certificate and a key of two renewals. A chain without its intermediate
// certificate, because the file was read while it was written. An authority that was
// withdrawn, and whose clients still come in with a resumed session.
//
// # Invariant
//
// The certificates, keys, OCSP responses and authorities in use were read together: two
// reads of all files in a row agreed. Their contents count, and not their times or
// names, so that a new symbolic link to their folder (the "..data" of Kubernetes) is
// seen, and a touched file is not. They have passed every check of tlsconf.New. Files
// that do not pass change nothing: the last good ones stay in use, and Status.Err says
// why. A key that arrives before its certificate is reported only if the next check finds
// it too.
//
// A session is resumed after a reload only if the client's chain ends in an authority
// that is still in ClientCAFile. The check is that of crypto/tls, and a test holds it.
//
// # Place in the chain
//
// Outside of it: the result of TLS is for tlsconf.Serve or an http.Server.
//
// # What the caller must do
//
// Replace the files by a rename, or put them into a folder that a symbolic link names. A
// chain that is written in place may be read when its file ends between two
// certificates; the next check then reads all of it. Connections that are open keep
// their certificates: if an authority is withdrawn in an emergency, restart the server.
package tlsreload
