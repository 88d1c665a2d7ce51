// Package authn authenticates the caller of each request.
//
// # Use
//
//	keys, err := apikey.New(apikey.Config{Store: store, Prefix: "notes", Env: "live"})
//	if err != nil {
//		return err
//	}
//	auth, err := authn.New(authn.Config{
//		Authenticators: []authn.Authenticator{keys},
//		Realm:          "notes",
//	})
//	if err != nil {
//		return err
//	}
//	mux.Handle("GET /notes", auth.Handler(listNotes))
//
// A handler behind it reads the caller with [FromContext]:
//
//	p, ok := authn.FromContext(r.Context())
//
// The options of [Config] are:
//
//	Authenticators      one for each accepted kind of credential; required
//	Realm               name of the protected space in challenges; default: no realm
//	ResourceMetadata    URL that challenges carry (RFC 9728), see package resource; default: none
//	Optional            lets requests without a credential pass; default: refuse them
//	ExpiredAsAnonymous  with Optional, treats an expired credential like a missing one;
//	                    default: refuse it
//	Deny                writes the response to a refused request; default: httperr.Write
//	Observe             receives each decision; default: no observer
//
// The example of [Authenticator] is one for a credential of your own.
//
// # Threat
//
// A route that runs without a check; a second credential in the same request that
// bypasses the check; a bad credential that is treated like a missing one; an
// outage of the key source that is reported as "your password is wrong"; and a
// challenge that tells an attacker how close a guess was.
//
// # Invariant
//
// A handler behind [Middleware] runs only with a [Principal] that exactly one
// [Authenticator] has vouched for. With Optional it may run without a Principal,
// but never with a credential that was refused. With ExpiredAsAnonymous, an expired
// credential counts as none, and no other fault does.
//
//   - No credential, or an empty field: 401 with one challenge per authenticator, and
//     no error in the challenge.
//   - A bad credential: 401. The text is the same for every reason except expiry.
//   - Two credentials of the configured kinds, or one that can be read in two
//     ways: 400, with the challenge of each kind that was sent, as RFC 6750,
//     section 3, requires for bearer tokens. A proxy, a log and a handler could
//     each believe another one of the two (RFC 6750, section 2). The middleware
//     ignores a credential of a kind that is not configured, such as the Basic
//     credential for a gateway.
//   - A malformed credential: 400, and the message names the malformed field.
//   - A cookie that a browser sent for a page of another origin: 403.
//   - Two kinds of credentials on the scheme Bearer: only where their tokens differ by
//     a declared prefix, as API keys and JWTs do. The prefix decides.
//   - A key source or store that does not answer: 503, never 401.
//
// # Place in the chain
//
// After the limiter by address, which bounds the cost of guessing, and before the
// limiter by principal and authz. Preflight requests carry no credentials, so cors
// goes outside.
//
// # What the caller must do
//
// Configure one Authenticator for each kind of credential, and put authz inside:
// a known caller is not yet an authorized one. Where Optional is set, check the
// second result of [FromContext] in every handler, or put authz around the
// handlers that need a principal.
//
// Identify people by Issuer and Subject together, as [Principal] says.
//
// The principal belongs to the request record. A handler that serves several
// requests out of one, such as a batch endpoint, must not share its context
// between them.
package authn
