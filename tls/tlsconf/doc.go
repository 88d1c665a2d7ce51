// Package tlsconf makes the TLS configuration of a server, and sends plain http
// to https.
//
// # Threat
//
// Whoever is on the network path reads and changes what is not encrypted, and
// records today what a quantum computer opens later. Configurations rot in
// silence: the zero tls.Config still offers CBC suites to TLS 1.2; a go line
// in somebody's go.mod, by way of GODEBUG, brings back TLS 1.0 or takes the
// post-quantum key exchange away; an expired certificate, or one with the key
// of another, is noticed by the clients. And a redirect to https that believes
// the Host header sends visitors wherever an attacker writes.
//
// # Invariant
//
// [New] returns a configuration that negotiates nothing but what the profile
// names (Mozilla's server-side TLS guideline, version 6), whatever GODEBUG
// says about versions and suites, with certificates that are valid now and
// match their keys. [SelfTest] proves by a handshake what GODEBUG can still
// take away. [Redirect] writes https, a host from its list, and the path and
// query that came: nothing else ever gets into Location.
//
// # Place in the chain
//
// The result of New is the TLSConfig of an http.Server that is started with
// ListenAndServeTLS("", ""). Redirect goes inside clientip, if there is a
// proxy, and outside everything that reads the request.
//
// # What the caller must do
//
// Redirecting is too late for the request that was redirected: its cookies and
// its body have travelled in clear. Send Strict-Transport-Security (package
// headers) so that browsers stop asking over http, and do not listen on http
// at all where the clients are programs.
package tlsconf
