// Package session keeps users logged in, with refresh tokens or with a session cookie, and
// revokes access tokens.
//
// # Use
//
//	sessions, err := session.New(session.Config{
//		Store:       new(sessionstore.Memory),
//		Issuer:      "https://notes.example",
//		Issue:       issue, // signs an access token for a session.Session
//		Grant:       grant, // returns the rights that its subject has now
//		CrossOrigin: http.NewCrossOriginProtection(),
//	})
//	revocation, err := session.NewRevocation(session.RevocationConfig{Store: store})
//	// jwtauth.Config{Revoked: revocation.Revoked, …} for the routes behind the access tokens
//
//	mux.HandleFunc("/v1/token/refresh", sessions.ServeRefresh)
//	mux.HandleFunc("/v1/logout", sessions.ServeLogout)
//
// The login handler, after it has checked the password:
//
//	tokens, err := sessions.Start(w, r, session.Login{Principal: p})
//	if err != nil {
//		return err
//	}
//	return tokens.Respond(w) // the access token; the refresh token is in the cookie
//
// A site whose pages, or whose own front end, are the only clients needs no access tokens:
// see Session cookies below. Native clients have no cookie: [Manager.Begin] and
// [Manager.Rotate] return the refresh token.
//
// The options of [Config] are:
//
//	Store           keeps the sessions; required
//	Issuer          Issuer of every session; required
//	Issue           signs an access token; required
//	Grant           returns the rights of a subject at each refresh; required
//	CrossOrigin     refuses requests from pages of other sites; required
//	AccessLifetime  longest life of an access token; default: 15 min
//	Grace           how long a spent refresh token gives its successor; default: 30 s
//	LostReply       the same for a successor that was never used; default: off
//	Idle, Absolute  life of a session; default: 14 and 30 days
//	MaxSessions     sessions of a subject; default: 100
//	RefuseAtMax     refuses the login beyond MaxSessions; default: the oldest session ends
//	CookiePath      default: /
//	CookieName      default: __Host-Http-refresh, or __Secure-refresh with a CookiePath
//	Budget          time for one call of Store; default: 250 ms
//	Deny            writes a refusal; default: httperr.Write
//	Observe         receives the events of the sessions; default: no observer
//
// # Session cookies
//
// A [Cookie] is an authn.Authenticator. The cookie has a secret that never rotates, and the
// store has a hash of it. No token reaches the scripts of a page, as the pattern of a back end
// for the front end (BFF) asks for.
//
//	cookies, err := session.NewCookie(session.CookieConfig{
//		Store:  new(sessionstore.Memory),
//		Issuer: "https://notes.example",
//		Grant:  grant,
//	})
//	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
//
//	mux.Handle("/", auth.Handler(pages))
//	mux.HandleFunc("/logout", cookies.ServeLogout)
//
// The login handler calls [Cookie.Start], and a logout that redirects calls [Cookie.End]. The
// options of [CookieConfig] are:
//
//	Store           keeps the sessions; required
//	Issuer          Issuer of every principal; required
//	Grant           returns the rights of a subject every 5 minutes; required
//	CrossOrigin     refuses requests from pages of other sites; default: trusts this origin only
//	Idle, Absolute  life of a session; default: 24 hours and 14 days
//	MaxSessions     sessions of a subject; default: 100
//	RefuseAtMax     refuses the login beyond MaxSessions; default: the oldest session ends
//	CookieName      default: __Host-Http-session
//	Budget          time for one call of Store; default: 250 ms
//	Deny            writes a refusal of ServeLogout; default: httperr.Write
//	Observe         receives the events of the sessions; default: no observer
//
// The rules are:
//
//   - Each request is one call of the store, which decides about Idle and Absolute by its
//     clock. Nothing is cached, so a revocation counts for the next request of every process.
//   - A request with an unsafe method must come from this origin, and a WebSocket must name
//     it. SameSite=Lax alone would let a sibling host pass. The scripts of a sibling host that
//     has an error are not the scripts of this site.
//   - The secret is new at each login, and the session that came with the login ends.
//   - While Grant does not answer, a session whose rights are older than 5 minutes gets 503.
//     Its use is still recorded, so it does not expire.
//   - Logout clears the cookie, and no refusal does. After 401, go to the login. On public
//     routes, authn.Config.ExpiredAsAnonymous treats the cookie of a session that has ended
//     as none.
//   - A cache does not know that a response to a cookie is personal. Send Cache-Control:
//     private or no-store with the pages.
//
// # Moving to this package
//
// The page examples/migrate/tokens moves a site from gorilla/sessions and scs, with the users who
// are logged in, and examples/migrate/services/wiki is such a site before and after.
//
// # Threat
//
// A thief of a refresh token, which shows because the token is spent twice. A defence that
// mistakes an honest browser for a thief: four tabs that wake together, an answer that was
// lost, or two answers that overtake each other. A logout after which an access token still
// works, also one that was under way. A session ID in a log that lets its reader log a user
// out. A reader of the store. A page of another site, or of a sibling host, that makes the
// browser send the cookie. An outage of the user database that logs everybody out.
//
// # Rotation
//
// A refresh token is good for one rotation (RFC 9700, section 4.14.2). For Grace after a
// rotation, the predecessor gives the same successor, and the current token gives itself. So
// a session rotates at most once for each Grace, and all requests of a browser end with one
// token, unless an answer is overtaken by a later one. Such an answer is complete: 200, a new access token and Set-Cookie. OAuth describes
// a new refresh token with every answer; within Grace there is no new one.
//
// Any other spent token means that two parties hold the tokens of one session. The session
// ends with all its access tokens, and there is one event, Reused. A token that the service
// did not make ends nothing, also if it names a session.
//
// A client that loses the answer of a rotation and sleeps for longer than Grace comes back
// with a spent token. LostReply is for such clients, in particular phones: as long as the
// successor was never presented, the predecessor gets a new successor. The one that it
// replaces counts as spent after one more Grace.
//
// # How often
//
// In a model of 300 browsers of a kind over three days (make session-faults), this share of
// them loses its session by mistake:
//
//	                                              defaults   LostReply
//	1 tab, good network                                0          0
//	4 tabs that wake together, good network            0          0
//	4 tabs that wake together, 1 % of ways slow        0          0
//	4 tabs with timers of their own, 1 % slow      0.7 %          0
//	4 tabs, tokens of 60 s, 5 % slow, 1 % lost     0.3 %          0
//	phone, 2 % of ways lost, the app sleeps        100 %          0
//
// A slow way takes 1 to 20 s, and a client gives up after 10 s. The request of a client that
// has given up does not arrive there. If proxies deliver it nevertheless, seconds later, it
// rotates once more: then 5 to 8 % of the browsers with four tabs lose their session with the
// defaults, and no browser with a Grace of 60 s and LostReply.
//
// A thief who uses a copy of a refresh token once, within an hour, is noticed in 98 % of the
// cases, and in 86 % with LostReply. A thief who goes on is noticed, except one: a thief who
// knows each time when the browser refreshes, and always comes within Grace after it, is like
// one more tab, and lasts as long as the session. A shorter Grace leaves less time for that.
//
// # Invariant
//
//   - No answer leaves before the store has recorded its rotation and the expiry of its access
//     token. A refresh whose session has ended meanwhile is refused, so after a logout no
//     access token of the session passes, and no new one is issued.
//   - A refresh never extends the rights, the time or the strength of the login: scopes
//     only become fewer, and AuthTime, ACR and the end by Absolute stay.
//   - An outage of the store, of Grant or of Issue is 5xx. It ends no session and changes no
//     cookie.
//   - Only the store's clock decides about sessions.
//   - The store has the hashes of the secrets. Its reader can end a session and never refresh
//     one. The successor is kept for Grace only, sealed under a key from its predecessor.
//   - The session ID (sid) cannot be turned into a token. No token is in a URL, a log or an
//     error.
//
// # Revocation
//
// [Revocation.Revoked] is the check of package jwtauth. It finds tokens by their own ID,
// their session, or the last revocation of all tokens of their subject, in one call of the
// store. A revocation lasts for the remaining life of the tokens, and for AccessLifetime
// at least, plus 60 s, so that no leeway brings a token back. A revocation of all tokens of a
// subject, or of a session of another issuer, lasts for 24 hours. If the store does not answer,
// the token is not accepted.
//
// # Attributes of the cookie
//
// The cookie is Secure and HttpOnly. It is SameSite=Strict for refresh tokens, and Lax for a
// [Cookie], so that a link from another site opens a page with its session. With the prefix __Host-Http-, it has
// Path=/ and no Domain, and only this host can have set it, in a response. Browsers that do
// not know the prefix treat it as __Host-. With a CookiePath, the prefix can only be
// __Secure-: a sibling host, such as the one of a marketing page, can then plant a cookie of
// the name, and put a browser into the session of the attacker.
//
// # Front ends
//
//   - One refresh for each browser at a time: take a lock of navigator.locks around it. The
//     tabs share the cookie, so they need one new access token each and not one rotation each.
//   - After a 401 of a resource, refresh and try again once. After session_ended, go to the
//     login.
//   - After 503, keep the session and try again later.
//   - A server that renders pages and refreshes for the browser must pass Set-Cookie on, or the
//     browser keeps a spent token.
//
// # Place in the chain
//
// The handlers belong behind a limit by address (package ratelimit). They need no
// authentication. Resources check the access tokens with package jwtauth. A [Cookie] belongs
// into an authn.Middleware.
//
// # What the caller must do
//
//   - Put [Session].ID into the access token as sid, and Config.Issuer as iss.
//   - Answer a wrong password with a *httperr.Error of your own, such as 401 with the code
//     login_failed. httperr answers any other error with 500.
//   - Protect the login handler against guessing (package ratelimit/lockout) and against
//     requests of other sites.
//   - Call [Sessions.RevokeOthers] after a change of the password, and
//     [Sessions.RevokeSubject] after its reset.
package session
