// Package outbound has the HTTP client for requests to an identity provider that carry a code,
// a client secret or an access token.
//
// # Use
//
//	client := outbound.NewClient(discovery.NewTransport(hosts), hosts)
//
// # Threat
//
// A redirect that takes the secrets to another host. An answer without an end, one that a
// reader cuts off and then takes for complete, and one that a decompressor blows up. A URL
// without TLS.
//
// # Invariant
//
// A request goes to https, to a loopback address, or to one of the named hosts. No redirect is
// followed. A response has at most discovery.MaxBody bytes, or it is an error. The caller bounds
// the time with the context.
package outbound
