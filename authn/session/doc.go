// Package session keeps users logged in with refresh tokens, and revokes access tokens.
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
// Native clients have no cookie: [Manager.Begin] and [Manager.Rotate] return the refresh token.
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
// # Threat
//
// A thief of a refresh token, which shows because the token is spent twice. A defence that
// mistakes an honest browser for a thief: four tabs that wake together, an answer that was
// lost, or two answers that overtake each other. A logout after which an access token still
// works, also one that was under way. A session ID in a log that lets its reader log a user
// out. A reader of the store. An outage of the user database that logs everybody out.
//
// # Rotation
//
// A refresh token is good for one rotation (RFC 9700, section 4.14.2). For Grace after a
// rotation, the predecessor gives the same successor, and the current token gives itself. So
// a session rotates at most once for each Grace, and all requests of a browser end with one
// token. Such an answer is complete: 200, a new access token and Set-Cookie. OAuth describes
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
// at least, plus 60 s, so that no leeway brings a token back. If the store does not answer,
// the token is not accepted.
//
// # Cookie
//
// The cookie is Secure, HttpOnly and SameSite=Strict. With the prefix __Host-Http-, it has
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
// authentication. Resources check the access tokens with package jwtauth.
//
// # What the caller must do
//
//   - Put [Session].ID into the access token as sid, and Config.Issuer as iss.
//   - Protect the login handler against guessing (package ratelimit/lockout) and against
//     requests of other sites.
//   - Call [Sessions.RevokeOthers] after a change of the password, and
//     [Sessions.RevokeSubject] after its reset.
package session
