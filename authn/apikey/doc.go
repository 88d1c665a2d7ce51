// Package apikey authenticates programs by a key in a request header.
//
// # Use
//
//	store, err := apikey.Memory(records...) // or a Store of your own
//	if err != nil {
//		return err
//	}
//	keys, err := apikey.New(apikey.Config{Store: store, Prefix: "notes", Env: "live"})
//	if err != nil {
//		return err
//	}
//	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}})
//	if err != nil {
//		return err
//	}
//	mux.Handle("GET /notes", auth.Handler(listNotes))
//
// [Authenticator.Generate] makes a key and its [Record]. [Authenticator.Rotate]
// replaces a key, with a time in which the old and the new key are valid.
//
// The options of [Config] are:
//
//	Store   finds the record of a key; required
//	Prefix  first part of every key, names the service; required
//	Env     second part of every key, names the environment; required
//	Header  the request header with the key; default: X-API-Key
//	Issuer  Issuer of every Principal; default: Prefix
//
// # Threat
//
// A key that leaks: from the database, which must not contain a usable key; from a
// URL, a log or an error text, in which a key must never appear; from a repository,
// where a scanner must be able to recognise it. And a leaked key that works from
// anywhere, forever, for everything.
//
// # Invariant
//
// A request passes only with a key whose secret has the hash that the [Store]
// returns, within the time and from the networks of its [Record]. An unknown key
// and a wrong secret take the same path and get the same answer. A response says
// that a key has expired only if the client has its secret and sends it from one of
// its networks. If the store does not answer, the response is 503, never 401.
//
// # Place in the chain
//
// An [Authenticator] is one of authn.Config.Authenticators.
//
// # What the caller must do
//
//   - Hand the key over once, over TLS, and keep only the record.
//   - If there is a proxy, resolve the client's address (headers/clientip) outside of
//     authn. Otherwise the middleware compares Networks with the address of the proxy,
//     and a record would have to allow the proxy, and so every client behind it.
//   - Send Cache-Control: no-store or private. A shared cache treats the response to
//     a request with Authorization as personal (RFC 9111, section 3.5), but not the
//     response to a request with an API key.
//   - To record when a key was last used, take Principal.TokenID in
//     authn.Config.Observe, and write it after the request.
//
// # Format
//
//	notes_live_3kTMd0bQxW9a_<43 characters of secret><6 characters of checksum>
//
// Prefix and environment tell a person, and a secret scanner, which service and
// environment a key belongs to. The ID finds the record and is not secret. The
// secret is 43 characters of [0-9A-Za-z], more than 256 bits. The checksum is the
// CRC-32 (IEEE) of all characters before it. It keeps typing errors and random
// guesses away from the store. It is not a protection, because anyone can compute
// it.
//
// The record holds the SHA-256 of the secret. A slow password hash would add no
// protection to 256 random bits, and a request would cost the server as much as a
// guess costs an attacker.
package apikey
