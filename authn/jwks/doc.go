// Package jwks finds the public keys of an issuer of tokens: at the JWKS endpoint of the
// issuer (RFC 7517), in a file, or in the program. The package can discover this
// endpoint.
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuer:   "https://issuer.example",
//		Audience: []string{"https://notes.example"},
//		Keys:     jwks.Discover("https://issuer.example"),
//	})
//
// Make a source once and not for each request. [Remote], [File] and [Static] can take the
// place of [Discover], and so can a type of your own with the one method of [Source].
//
// # Options
//
//	Discover(issuer)           NewRemote(RemoteConfig)   the JWKS endpoint in the metadata of the issuer
//	Remote(url)                NewRemote(RemoteConfig)   the JWKS endpoint of the issuer
//	File(path)                 NewFile(FileConfig)       a file that is read again when it changes
//	Static(keys...)                                      keys in the program
//	InsecureSharedSecrets(s...)                          secrets for HS256, HS384 and HS512
//
//	RemoteConfig.Cooldown      between two requests for unknown keys, 10 s by default
//	RemoteConfig.MaxStale      how long keys survive an outage, 24 h by default
//	RemoteConfig.Transport     an http.RoundTripper, for your own certificates
//	RemoteConfig.InsecureHTTPHosts   hosts of a cluster for which http is accepted
//	Algorithm                  of RSA keys without alg, RS256 by default
//	OnRefresh                  is called for each new set and for each failure
//
// # Threat
//
//   - A set that reveals a private key, has two keys that a token cannot tell apart, or can
//     be read in two ways.
//   - A key that is weak, or fits an algorithm that the issuer does not use.
//   - A key of one tenant that signs for another.
//   - Metadata of another issuer.
//   - A server that answers slowly, endlessly, with a redirect to another host, or not at
//     all.
//   - Tokens with an invented kid, which make the service send requests to the issuer.
//
// # Invariant
//
// A key is used only with its one algorithm. It is checked in full before the first use,
// and copied. A key of a JWK Set with the member issuer is only for that issuer.
//
// A fault of one key of a JWK Set costs that key alone, and OnRefresh gets the reason: a
// key that is weak, for another purpose or of an unknown kind, a private key or a shared
// secret. If the set has a private key, all keys with the same public part are left out
// too. Two different keys with the same kid and algorithm are both left out; exact copies
// count once. A set is refused as a whole, and the previous set kept, if it is not one
// JSON object with an array of at most 64 keys, can be read in two ways, or has no key
// that can verify. If such a set reveals private keys, these keys are taken out of the
// previous set. The operator can correct a file. That is why a PEM file is refused as a
// whole if one of its keys cannot be used, and a file of any format if it has a private
// key or a secret.
//
// A token without kid is verified only if one key has its algorithm.
//
// Once there is a set, unknown kids cannot cause more than three requests to the issuer
// in a row and then one more per Cooldown, however many tokens come. Before the first set
// the requests to the issuer are sent after 1 s, 2 s and so on up to Cooldown. They
// contain no text of a token. While the issuer does not answer, the previous keys are
// used for MaxStale. After MaxStale every token is answered with 503 and not with 401: an
// outage of the issuer must not log all users out.
//
// # Place in the chain
//
// A source is Config.Keys of package jwtauth, or the Keys of one of its issuers. An Issuer of
// package jwtissuer is a source for a Verifier in the same process.
//
// # Duties of the caller
//
// Publish a new key some minutes before it signs, and withdraw a key by removing it from
// the set. If a key is replaced under the same kid, or without kid, the new key is used
// only after the next regular refresh. Monitor OnRefresh: otherwise nobody notices an
// outage of the issuer until MaxStale is over, and then every token is answered with 503.
package jwks
