// Package resource publishes the metadata of a protected resource (RFC 9728): which
// authorization servers issue tokens for this service, and with which scopes. Clients of an
// MCP server need it.
//
// # Use
//
//	meta, err := resource.New(resource.Config{
//		Resource:             "https://notes.example/mcp",
//		AuthorizationServers: []string{"https://issuer.example"},
//		Scopes:               []string{"notes:read"},
//	})
//	auth, err := authn.New(authn.Config{
//		Authenticators:   []authn.Authenticator{verifier},
//		ResourceMetadata: meta.URL(),
//	})
//	mux.Handle(meta.Path(), meta) // /.well-known/oauth-protected-resource/mcp
//	mux.Handle("POST /mcp", auth.Handler(mcp))
//
// A client without a token gets 401 with the URL of the metadata, reads there where to log
// in, and comes back with a token whose aud is Resource: use the same value as
// jwtauth.Config.Audience.
//
// # Options
//
//	Resource               the identifier of the service, its URL; required
//	AuthorizationServers   the issuers of tokens; at least one
//	Scopes                 the scopes that a client may ask for; default: not published
//	Name, Documentation    for people; default: not published
//
// # Threat
//
// A document at the wrong path, which a client never finds. A document that states another
// resource than the client asked for: a client that does not compare the two would send the
// tokens of one service to another. An authorization server that an attacker on the network
// has put there.
//
// # Invariant
//
//   - The well-known part stands between the host and the path of Resource (RFC 9728,
//     section 3.1), and not behind the path. Any other path is answered with 404.
//   - The document never depends on the request, so neither Host nor a forwarding header
//     can change it.
//   - Every origin may read it: it has no secret, and it is answered without credentials.
//     GET, HEAD and OPTIONS are answered, and any other method with 405.
//
// # Place in the chain
//
// Outside of authn, because its readers have no token yet, and outside of cors, which
// refuses the preflight request of an origin that is not listed: the handler sets its own
// CORS fields. The package needs no other package of the chain.
package resource
