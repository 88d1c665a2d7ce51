// Package apikey authenticates programs by a key in a request header.
//
// # Use
//
//	store, err := apikey.NewFile(apikey.FileConfig{Path: "/etc/notes/keys.json"})
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
// replaces a key, with a time in which the old and the new key are valid. [Due] lists
// the keys that must be rotated. The command in examples/apikeys does this for an
// operator.
//
// The options of [Config] are:
//
//	Store   finds the record of a key; required
//	Prefix  first part of every key, names the service; required
//	Env     second part of every key, names the environment; required
//	Header  the request header with the key; default: X-API-Key
//	Bearer  reads the key from Authorization: Bearer instead; default: false
//	Issuer  Issuer of every Principal; default: Prefix
//	Warn    how long before its end a client is told; default: 7 days
//	Legacy  finds the record of a key that was made before; default: none
//
// # When a key is enough
//
// A key identifies a program. Config.Issuer says whose: by default a Subject is a name that
// only this service knows. If Issuer is the issuer of an identity provider, a Subject is a
// user of that provider, and the key a program that acts for the user.
//
// A key is enough for a program that calls a service: an export at night, a webhook, a
// server of a customer. It is not enough
//
//   - to tell that a person is present. A key has no login, no second factor and no end
//     when the person signs out: use package jwtauth or a session.
//   - as the sole protection of an action that matters, such as a payment or the
//     deletion of an account. A copy of a key is as good as the key. Also demand a
//     client certificate, or the consent of a person for that action.
//   - in a browser or an app on a phone. Its users can read the key.
//
// # Stores
//
//	MemoryStore          in one process; for tests, and keys from a secret manager
//	FileStore            a file, such as a mounted Secret; a change is in use within 2 s
//	redisstore.APIKeys   Redis; a change is in use at the next request to any process
//
// All three hold hashes only, and none remembers a key beyond its end: a request at the
// instant of ExpiresAt is refused, and a request one nanosecond before is accepted. A
// check takes one allocation from memory and from a file, and one round trip on Redis; go
// test -bench . ./authn/apikey prints its time.
//
// # Threat
//
// A key that leaks: from the database, which must not contain a usable key; from a
// URL, a log or an error text, in which a key must never appear; from a repository,
// where a scanner must be able to recognise it. And a leaked key that works from
// anywhere, forever, for everything, or still works after it was revoked.
//
// # Invariant
//
// A request passes only with a key whose secret has the hash that the [Store]
// returns, within the time and from the networks of its [Record]. An unknown key
// and a wrong secret take the same path and get the same answer. A response says
// that a key has expired only if the client has its secret and sends it from one of
// its networks. If the store does not answer, the response is 503, never 401.
//
// # What a client sees
//
//	X-API-Key-Expires: Tue, 01 Dec 2026 00:00:00 GMT
//
// is in each response from 7 days before the end of the key on ([Config.Warn]), also while
// the key is valid only for the overlap of a rotation. A client that sees it asks its
// operator for the new key.
//
//	status  code                        reason, and what the client does
//	401     unauthenticated             no key: send X-API-Key
//	401     invalid_credentials         unknown, revoked, too early, or from another network: ask the operator
//	401     credentials_expired         the key has ended: use the new one
//	400     invalid_request             two keys, or with Config.Bearer another form: send one
//	503     authentication_unavailable  the store does not answer: try again later
//
// # Rotation on a schedule
//
//	records, err := store.Records(ctx)
//	…
//	for _, old := range apikey.Due(60*24*time.Hour, records) {
//		key, next, previous, err := keys.Rotate(old, time.Now().AddDate(0, 3, 0), 7*24*time.Hour)
//		…
//		err = store.Replace(ctx, old, next, previous) // ErrChanged if the key was revoked meanwhile
//		… // after any other error, call it again: the change may have been made
//		// give key to its holder
//	}
//
// A leaked key is not rotated with an overlap: delete its record.
//
// # Place in the chain
//
// An [Authenticator] is one of authn.Config.Authenticators.
//
// # What the caller must do
//
//   - Hand the key over once, over TLS, and keep only the record.
//   - Let only the operators write to the store: a record makes a key valid.
//   - If there is a proxy, resolve the client's address (headers/clientip) outside of
//     authn. Otherwise the middleware compares Networks with the address of the proxy,
//     and a record would have to allow the proxy, and so every client behind it.
//   - Send Cache-Control: no-store or private. A shared cache treats the response to
//     a request with Authorization as personal (RFC 9111, section 3.5), but not the
//     response to a request with an API key.
//   - To find keys that are no longer used, set authn.Config.Observe to the result of
//     [LastUse].
//   - Give [Authenticator.Pattern] to the secret scanner of the repositories.
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
