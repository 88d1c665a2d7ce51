// Package jwks finds the public keys of an issuer of tokens: at its JWKS endpoint (RFC
// 7517), in a file, or in the program.
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuer:   "https://issuer.example",
//		Audience: []string{"https://notes.example"},
//		Keys:     jwks.Remote("https://issuer.example/.well-known/jwks.json"),
//	})
//
// Make a source once and not for each request. [File] and [Static] can take the place of
// [Remote], and so can a type of your own with the one method of [Source].
//
// # Options
//
//	Remote(url)                NewRemote(RemoteConfig)   the JWKS endpoint of the issuer
//	File(path)                 NewFile(FileConfig)       a file that is read again when it changes
//	Static(keys...)                                      keys in the program
//	InsecureSharedSecrets(m)                             secrets for HS256
//
//	RemoteConfig.Cooldown      between two requests for unknown keys, 10 s by default
//	RemoteConfig.MaxStale      how long keys survive an outage, 24 h by default
//	RemoteConfig.Transport     a http.RoundTripper, for your own certificates
//	Algorithm                  of RSA keys without alg, RS256 by default
//	OnRefresh                  is called for each new set and for each failure
//
// # Threat
//
//   - A set that reveals a private key, has two keys with the same kid, or can be read in
//     two ways.
//   - A key that is weak, or fits an algorithm that the issuer does not use.
//   - A server that answers slowly, endlessly, with a redirect to another host, or not at
//     all.
//   - Tokens with an invented kid, which make the service send requests to the issuer.
//
// # Invariant
//
// A key is used only with its one algorithm. It is checked in full before the first use,
// and copied.
//
// A set is refused as a whole, and the previous set kept, if it reveals a private key or a
// shared secret, has two keys with the same kid, can be read in two ways, or has no key
// that can verify. A key of a JWK Set that is weak or meant for another purpose is left
// out, and OnRefresh gets the reason. A PEM file is refused as a whole if one of its keys
// cannot be used, because the operator wrote it.
//
// Once there is a set, tokens cannot cause more than one request to the issuer per
// Cooldown, however many tokens come. Before the first set the requests come after 1 s,
// 2 s and so on up to Cooldown. No text of a token is in a request. While the issuer does
// not answer, the previous keys are used for MaxStale. After MaxStale every token is
// answered with 503 and not with 401: an outage of the issuer must not log all users out.
//
// # Place in the chain
//
// A source is Config.Keys of package jwtauth, or one of its Config.Issuers. An Issuer of
// package jwtissuer is a source for a Verifier in the same process.
//
// # Duties of the caller
//
// Publish a new key some minutes before it signs, and withdraw a key by removing it from
// the set. A key that is replaced under the same kid is noticed only with the next
// regular request. Monitor OnRefresh: an outage without an alarm ends with MaxStale.
package jwks
