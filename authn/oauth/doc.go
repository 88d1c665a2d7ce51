// Package oauth logs users in at an identity provider: OpenID Connect, or plain OAuth 2.0.
//
// # Use
//
//	login, err := oauth.New(oauth.Config{
//		Issuer:       "https://id.example",
//		ClientID:     "notes",
//		ClientSecret: os.Getenv("CLIENT_SECRET"),
//		RedirectURL:  "https://notes.example/login/callback",
//		CookieKeys:   [][]byte{key}, // 32 random bytes, the same in all processes
//		OnLogin:      onLogin,
//	})
//
//	mux.HandleFunc("/login", login.ServeStart)
//	mux.HandleFunc("/login/callback", login.ServeCallback)
//
//	func onLogin(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
//		user, err := users.FindOrCreate(r.Context(), id.Issuer, id.Subject)
//		if err != nil {
//			return err
//		}
//		_, err = cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: user.ID, AuthTime: id.AuthTime, ACR: id.ACR}})
//		return err
//	}
//
// cookies is a session.Cookie, but any session will do. [Client.Ready] tells at the start of a
// program whether the provider fits. The options of [Config] are:
//
//	Issuer                URL of the provider; required
//	ClientID              of this application; required
//	ClientSecret, Signer  how the application proves itself: a secret, or private_key_jwt; one is required
//	AuthMethod            how the secret is sent; default: as the metadata say
//	RedirectURL           address of ServeCallback, one path for each provider; required
//	CookieKeys            seal the cookies of logins, and can be replaced; required
//	OnLogin               starts the session of the user; required
//	SID                   session of a request, for Identity.PreviousSID; default: no sessions
//	Scopes, AuthParams    of the authorization request; default: openid
//	FormPost              the answer comes by POST (Apple); default: off
//	RequireIss            refuses answers without iss; default: where the metadata advertise it
//	Endpoints, Keys       of a provider without metadata; default: discovery
//	Tenants               accepted tenants of an Issuer with {tenantid} (Microsoft Entra)
//	MaxToken              longest ID token; default: 8 KiB
//	AskUserInfo           asks the UserInfo endpoint for e-mail and name; default: off
//	UserInfo              the user of a provider without OpenID Connect (GitHub)
//	OnLogout, Logouts     end the sessions of a back-channel logout; default: no such logout
//	LogoutTypes           typ of the logout tokens of older providers; default: logout+jwt
//	AfterLogoutURL        page after a logout at the provider; default: a page of the provider
//	StartPath             path of ServeStart, for links; default: /login
//	DefaultPage           page after a login without return_to; default: /
//	Budget                time for the requests to the provider; default: 10 s
//	Transport             makes them; default: TLS 1.2 or later, the proxy of the environment
//	Deny                  writes a refusal; default: a page with a link, or httperr.Write
//
// # Pages
//
// A page that needs a session answers 401. For a page, let authn.Config.Deny redirect to
// /login?return_to= and the path instead: the Example of [Client.ServeStart] has the code. A script
// of the page must get the 401, because a login never begins by fetch.
//
// Open the site at the host of RedirectURL, and redirect other names of it before the login. The
// cookie of a login belongs to one host: a login that begins at localhost, or at www.app.example,
// does not finish at 127.0.0.1, or at app.example. Over http on a loopback address it works in
// Chrome and Firefox; Safari keeps no cookie with a __Host- name there.
//
// # The identity
//
// The user is (Issuer, Subject), and nothing else. An e-mail address informs: it can change its
// owner, and another provider may let any user claim it. To join two identities in one account,
// let the user log in with both of them.
//
// # Step-up
//
// authz.Fresh and authz.ACR refuse a session whose login is too old or too weak. A handler of
// your own begins a login that is good enough, and the callback verifies that it was:
//
//	mux.Handle("/login/again", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
//		return login.Start(w, r, oauth.Request{MaxAge: 1, ReturnTo: r.URL.Query().Get("return_to")})
//	}))
//
// max_age and acr_values never come from the query of a request.
//
// # Logout
//
// A provider that speaks OpenID Connect Back-Channel Logout 1.0 posts a logout token when a user
// logs out there, or is locked out. Register the URL of this handler as backchannel_logout_uri:
//
//	mux.HandleFunc("/backchannel-logout", login.ServeBackChannelLogout)
//
//	oauth.Config{OnLogout: onLogout, Logouts: store.Logouts(), …} // store is a redisstore.Store
//
//	func onLogout(ctx context.Context, l oauth.Logout) error {
//		u := session.Upstream{Issuer: l.Issuer, SID: l.SID, Subject: l.Subject}
//		_, err := cookies.RevokeUpstream(ctx, u, l.Until)
//		return err
//	}
//
// Each login then sets session.Login.Upstream to the Issuer, the SID and the Subject of its
// Identity. A login that is under way when its session ends is refused with 403, also if it
// finishes up to ten minutes later; the user may begin another. It is refused before OnLogin, and
// again after it: then OnLogout ends the session that OnLogin has just started.
//
// For the other direction, a user who logs out here, end the session of the application first.
// Then [Client.Revoke] revokes the tokens that the application has kept, and [Client.LogoutURL]
// is the page that ends the session at the provider.
//
// # Tokens of the provider
//
// The Client keeps no token. Identity.Tokens has those of the login for an application that calls
// the API of the provider: package authn/oauth/tokens keeps them sealed, and renews them by
// [Client.Refresh].
//
// # Providers
//
//   - GitHub has no ID tokens: see the Example of Config.UserInfo.
//   - Apple needs FormPost with the scopes email and name, and its client secret is a JWT that
//     expires: make the Client anew before that.
//   - Microsoft Entra with one tenant is an Issuer like any other. For several tenants, set
//     {tenantid} in Issuer, and Tenants, Endpoints and Keys. Issuer in an Identity is then that
//     of the tenant.
//   - Auth0 has a slash at the end of its Issuer.
//
// # Moving to this package
//
// The page examples/migrate/tokens has a login with x/oauth2 and go-oidc, and the same with this
// package.
//
// # Threat
//
// A page of another site that logs its visitor in as the attacker, or that begins a login in a
// frame. An answer of one provider that is given to another (mix-up), and a code that is
// injected into another login. An ID token of another login, client or provider. A link whose
// return_to leads to another site. An address that two users have at two providers. A provider
// that hangs, redirects, or sends without an end. A logout token that is forged, is another
// kind of token, or is used twice; a logout that overtakes its login, and one that fails. Tabs that are opened, forgotten and
// finished late.
//
// # Invariant
//
//   - Each login has its own state, PKCE verifier (S256) and nonce, in a sealed cookie that only
//     this host can set and that is good for one answer, in the browser that began it, for ten
//     minutes.
//   - OnLogin runs only after the state, iss, the code, and all of the ID token are verified:
//     signature, iss, aud, azp, exp, nonce, at_hash, and auth_time and acr if they were asked for.
//   - The code is sent to one URL, once, and never along a redirect. A login costs one request
//     to the token endpoint, and no request for keys that are known.
//   - The page after a login is on this host, as every browser reads it.
//   - An outage of the provider is 503, and ends no session.
//   - A logout token is used up only when OnLogout has succeeded. Before that, its sessions can
//     end, and its logins under way are refused.
//   - No token, code, secret or text of the provider is in an error, and no code in a Referer.
//
// # Tabs
//
// A browser keeps five logins that are under way, for all providers of a host together; a sixth
// removes the oldest. For a callback whose login is gone, or that is used twice, a page of this host
// makes the browser send one more request, so that the cookie of the session comes with it. With
// a live session that request leads to DefaultPage, and otherwise to a page with a link.
//
// After a login the answer is a page with Refresh, and no redirect: along a redirect that the
// provider began, a browser would not send the new cookie if it has SameSite=Strict.
//
// # Place in the chain
//
// The handlers belong behind a limit by address (package ratelimit) and need no authentication.
// Logout tokens come from the provider, and not from a browser: they have no cookie and no Origin.
// With FormPost, exempt RedirectURL from checks of the origin: its POST comes from the page of
// the provider, and its state is the check.
//
// # What the caller must do
//
//   - Find accounts by Issuer and Subject, and never by Email.
//   - Keep the clocks of all processes equal (NTP): a login began before a logout by the clock of
//     the process that has begun it.
//   - End the session PreviousSID, if it is not empty, and start a new one for each login.
//   - Keep error pages of your own free of the query of the request.
package oauth
