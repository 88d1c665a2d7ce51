// Package jwtauth verifies access tokens that are JWTs (RFC 7519, RFC 9068), sent as
// bearer tokens (RFC 6750).
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuer:   "https://issuer.example",
//		Audience: []string{"https://notes.example"},
//		Keys:     jwks.Remote("https://issuer.example/.well-known/jwks.json"),
//	})
//	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
//	mux.Handle("GET /notes", auth.Handler(notes)) // authn.FromContext has the principal
//
// [NewTyped] also decodes your own claims. [Verifier.Verify] takes a token without a
// request, such as the first message of a WebSocket. [NewIDToken] verifies the ID token of a
// login.
//
// # Options
//
//	Issuer, Audience, Keys   one issuer that follows RFC 9068
//	Issuers                  issuers with settings of their own
//	Sources                  the Authorization field; also a cookie or a WebSocket subprotocol
//	Legacy                   tokens without iss, until a date
//	Confirm                  checks the key to which a token is bound; cnf is refused by default
//	Revoked                  is asked about each token that is otherwise valid
//	Cache                    the number of verified tokens to remember, 0 by default
//
// The settings of [Sources]:
//
//	Cookie, CrossOrigin      a cookie; a browser sends it for other sites too, so both are needed
//	Subprotocol              the subprotocol after this one; the next handler does not see it
//	NoHeader                 ignores the Authorization field
//
// The settings of a [TrustedIssuer], beside Issuer, Audience and Keys:
//
//	Types, Kind              typ, at+jwt by default; rules that tell access tokens from others
//	DangerouslyAnyKind       another typ without such a rule
//	IDTokens                 ID tokens in the place of access tokens
//	Require                  further rules for claims
//	Clients, ClientClaim     the accepted client IDs, all by default
//	AudienceFallback         the claim in the place of an absent aud
//	OptionalTokenID          tokens without jti
//	ScopeClaim, RolesClaim, TenantClaim
//	Tenants                  an issuer with a tenant in its URL
//	Leeway                   5 s by default
//	MaxLifetime              from iat to exp, 1 h by default
//	MaxToken, MaxHeader      8 KiB and 4 KiB by default
//
// The settings of an [IDTokenConfig], and the values of one login in an [IDTokenRequest]:
//
//	Issuer, ClientID, Keys   one issuer, and this application there; required
//	Tenants, DangerouslyAnyTenant, RolesClaim, TenantClaim, MaxToken: as above
//	MaxLifetime              from iat to exp, 24 h by default
//	Nonce                    the nonce of the authorization request; required
//	AccessToken              must fit at_hash, if the ID token has it
//	LoginSince               the earliest auth_time, not required by default
//	ACR                      the accepted acr, not required by default
//
// [Verifier.Explain] returns everything that is wrong with a token, and the setting that
// would accept it.
//
// # Moving to this package
//
// The page examples/migrate/tokens moves a service from golang-jwt, jwtauth of chi, the middleware
// of Auth0 and go-oidc, with the users who are logged in.
//
// # Threat
//
//   - A token that chooses how it is verified: with no algorithm, with another
//     algorithm, or with a key in its own header.
//   - A genuine token for another service, a token of another kind, or one that expired
//     long ago.
//   - A token that two readers understand differently, because a name comes twice or in
//     another case.
//   - A page of another site that makes a browser send the cookie with the token.
//   - A token of a megabyte without any signature, which costs the service more to
//     refuse than the client to send.
//
// # Invariant
//
// A [Verifier] accepts a token only if all of the following holds. It checks the form,
// the header and the signature first, in this order:
//
//   - The token is a JWS in compact form of at most MaxToken, in canonical base64url.
//   - Its header is one strict JSON object of at most MaxHeader without crit, b64, zip and
//     enc. The members jwk, jku, x5u and x5c are never used.
//   - Its typ is one of Types, and its kid names a key of the issuer. Without kid, the
//     issuer has exactly one key for the alg of the header. This alg is the one algorithm of
//     the key.
//   - The signature is valid. With one issuer, no claim is read before this check. With
//     several issuers, tenants or Legacy, the claims are parsed strictly before it, but only
//     iss is used, to choose the settings and the source of the key.
//
// Then it checks that
//
//   - its claims are one strict JSON object: valid UTF-8, no name twice at any depth, no
//     name that differs by case only from one that decides;
//   - the claims iss, sub, aud, exp, iat and jti are present, the values of iss and aud
//     are the configured ones, and the token is valid now, and for at most MaxLifetime;
//   - it meets a rule of Kind, if there is one, and each rule of Require;
//   - the claims type, typ and token_use do not state that it is a refresh token or an
//     ID token, and it has no nonce, at_hash, c_hash or events, which other kinds of token
//     have;
//   - it is not bound to a key (cnf, RFC 7800), or Config.Confirm accepts the proof of
//     possession that the request gives. Then cnf has one member alone, x5t#S256 (RFC 8705) or
//     jkt (RFC 9449), with a SHA-256: any other form is refused without a call of Confirm;
//   - it has no authorization_details (RFC 9396), unless C has a field for it: this claim
//     limits what the token permits;
//   - its claims decode into C, no name differs by case only from the name of a field,
//     and the Validate method of C returns no error;
//   - Config.Revoked does not report it as revoked.
//
// Any other claim only informs: roles, scope, tenant, client_id, acr and auth_time, and sid
// without Config.Revoked. If it has another form, its field of the Principal is empty, the
// token is accepted, and the record of the request has the event claims.unread.
//
// A client learns that the token is not valid, or that it was valid and has expired, and
// nothing else. The reason is the cause of the error.
//
// Shared secrets (HMAC) need a Verifier of their own and [jwks.InsecureSharedSecrets].
// Any other Verifier refuses a token of HS256, HS384 and HS512, and that Verifier refuses
// every other token. The secrets of Legacy are the exception: they stand beside public keys,
// and are used only for a token without iss. Package golang-jwt and the standard library below it verify the signatures.
// Package jwtauth does all parsing.
//
// # Tokens in a request
//
//	no field, "", "Bearer"           401 unauthenticated, a challenge without error
//	a token without "Bearer"         400 invalid_request, the Authorization field is malformed
//	two fields, cookies or places    400 invalid_request, more than one credential
//	a query or a form                ignored
//	a cookie for a page of another origin, with an unsafe method or to open a WebSocket
//	                                 403 cross_origin
//
// # Tokens in the cache
//
// With Config.Cache, a token that comes again needs about a thirtieth of the time (make
// bench-peers, "seen before"): its signature is not verified again, and its claims are not
// parsed again. An accepted token stays in the cache of its Verifier for at most a minute,
// and never beyond its exp. The cache holds the text of the token without the signature, and
// the SHA-256 of the signature: a reader of the memory of the process cannot use it as a
// token. Each time the token comes,
//
//   - its times are checked again,
//   - the source is asked for its key again, and the cached token counts only if the
//     source returns the same key: a token whose key was withdrawn is refused at once. A
//     source that is not of package jwks never returns the same key, so its tokens are
//     not cached,
//   - the Validate method of C, Config.Confirm and Config.Revoked are called again.
//
// # ID tokens
//
// An ID token tells a client about a login (OpenID Connect Core, section 3.1.3.7). It has a
// verifier of its own, because it must agree with the login: an [IDTokenVerifier] accepts what
// the list above demands, with these differences.
//
//   - typ is JWT or absent. A claim type, typ or token_use that names an access token or a
//     refresh token is refused, and so are events, cnf and authorization_details.
//   - nonce is the nonce of the login. jti is not required.
//   - aud has the client ID. azp is the client ID too, and is required if aud has several
//     values.
//   - auth_time, acr and at_hash agree with the login, if it asks for them. c_hash is not
//     checked: in the code flow no code comes with the token.
//   - Clocks may differ by 60 s. A token lives for at most 24 h, which MaxLifetime can raise.
//
// The same verifier has VerifyLogout for the logout tokens of the provider: typ is logout+jwt,
// or another one in LogoutTypes; events says that it is a logout; jti is there, and sid or sub;
// nonce is not. So no logout token is an ID token, and no ID token is a logout token.
//
// # Place in the chain
//
// A Verifier is one of the Authenticators of authn.Middleware. Only one Authenticator of
// a Middleware may use the scheme Bearer, beside API keys, which their prefix tells apart.
//
// # Duties of the caller
//
// Give the fields of C the exact names of their claims with json tags, and give C only
// the claims that the service reads: a token whose claims do not fit is refused. Identify
// people by Issuer and Subject together. Check the Scopes of the token and the owner of
// the data: authentication does neither.
package jwtauth
