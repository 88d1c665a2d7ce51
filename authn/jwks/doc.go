// Package jwks finds the public keys of an issuer of tokens: at its JWKS endpoint
// (RFC 7517), in a file, or in the program.
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuer:   "https://issuer.example",
//		Audience: []string{"https://notes.example"},
//		Keys:     jwks.Remote("https://issuer.example/.well-known/jwks.json"),
//	})
//
// Make a source once and not for each request. [File] and [Static] take the place
// of [Remote], and a type with the one method of [Source] can take it too.
//
// # Options
//
//	Remote(url)                NewRemote(RemoteConfig)   the JWKS endpoint of the issuer
//	File(path)                 NewFile(FileConfig)       a file that is read again when it changes
//	Static(keys...)                                      keys in the program
//	InsecureSharedSecrets(m)                             secrets for HS256
//
//	RemoteConfig.Cooldown      10 s by default, between two requests for unknown keys
//	RemoteConfig.MaxStale      24 h by default, for which keys survive an outage
//	RemoteConfig.Transport     a http.RoundTripper, for certificates of your own
//	Algorithm                  of RSA keys that name none, RS256 by default
//	OnRefresh                  is told of each new set and of each failure
//
// # Threat
//
// A set that shows a private key, names two keys alike, or can be read in two ways. A
// key that is weak, or fits an algorithm that the issuer does not use. A server
// that answers slowly, endlessly, with a redirect to another host, or not at all. And
// tokens with an invented kid, which make the service ask the issuer.
//
// # Invariant
//
// A key is used with the one algorithm that it names. It is checked in full before the
// first use, and copied.
//
// A set is refused as a whole, and the previous set kept, if it shows a private key or
// a shared secret, names two keys alike, can be read in two ways, or has no key to
// verify with. A key of a JWK Set that is weak or meant for another purpose is left
// out, and OnRefresh gets the reason. A PEM file is refused as a whole if one of its
// keys cannot be used, because the operator wrote it.
//
// Once there is a set, tokens cannot make the service ask the issuer more than once
// per Cooldown, however many come; before the first set it asks after 1 s, 2 s and so
// on up to Cooldown. No text of a token is in the request. While the issuer does
// not answer, the previous keys are good for MaxStale. After MaxStale every token is
// answered with 503 and not with 401: an outage of the issuer must not log
// everybody out.
//
// # Place in the chain
//
// A source is Config.Keys of package jwtauth, or one of its Config.Issuers. An Issuer
// of package jwtissuer is a source for a Verifier in the same process.
//
// # Duties of the caller
//
// Publish a new key some minutes before it signs, and withdraw a key by taking it out
// of the set. A key that is replaced under the same kid is noticed only with the next
// regular request. Watch OnRefresh: an outage without an alarm ends with MaxStale.
package jwks
