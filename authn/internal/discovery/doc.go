// Package discovery reads the metadata of an issuer: OpenID Connect Discovery 1.0, section
// 4, and RFC 8414. It also has the bounded HTTP client that all packages below authn use for
// requests to an issuer.
//
// # Use
//
//	client := discovery.Client{HTTP: discovery.NewHTTPClient(nil, nil)}
//	metadata, err := client.Read(ctx, "https://issuer.example")
//
// # Threat
//
//   - Metadata of another issuer, with which an attacker mixes up two issuers.
//   - A server that answers slowly, endlessly, with a redirect to another host, or with JSON
//     that two readers read in two ways.
//   - A name server that returns an address of another machine for localhost.
//
// # Invariant
//
// The issuer in the metadata equals the configured one byte for byte. Every request ends
// with its context, follows at most 3 redirects within one scheme, host and port, and reads
// at most MaxBody. An error contains no query and no password of a URL.
package discovery
