package advisories

// sessions are advisories about sessions, requests of other sites, and logins at a provider.
var sessions = []Advisory{
	{"CVE-2024-38513", "Fiber", "The middleware creates a session under an ID that the client has invented.",
		"a cookie with an invented session ID", "401 invalid_credentials"},
	{"CVE-2022-25896", "Passport", "A login keeps the session of the request, so the victim logs in to a planted session.",
		"a login with the cookie of the attacker, which the attacker then uses", "401 credentials_expired"},
	{"CVE-2023-29019", "@fastify/passport", "The ID of a session stays the same when its user logs in.",
		"a login with an invented session ID, which the attacker then uses", "401 invalid_credentials"},
	{"CVE-2020-15223", "Ory Fosite", "The answer to a revocation says that it is done although the store has failed.",
		"a logout while the store fails", "503 authentication_unavailable"},
	{"CVE-2025-24358", "gorilla/csrf", "A check reads the scheme of the request URL, which is empty in a server, and so never runs.",
		"a form of another site, sent with the cookie of the user", "403 cross_origin"},
	{"CVE-2025-47909", "gorilla/csrf", "Trusted origins are compared without their scheme, so plain http is trusted too.",
		"a form of the trusted host over plain http", "403 cross_origin"},
	{"CVE-2025-47910", "net/http", "A bypass pattern also fits paths that the router only redirects, and another handler serves them.",
		"a form of another site for the path of the bypass without its slash", "403 cross_origin"},
	{"GHSA-x445-f3h2-j279", "next-auth", "The cookie with the state of a login is not bound to one provider.",
		"a callback of the second provider with the cookie and the state of the first", "400 login_response_invalid"},
	{"CVE-2020-5233", "oauth2-proxy", "A redirect may begin with a slash and a backslash, which browsers take for two slashes.",
		`a login that returns to /\evil.example`, "200 back to /"},
	{"CVE-2020-11053", "oauth2-proxy", "Encoded white space between the slashes of the page after the login passes the check.",
		"a login that returns to /%09/evil.example", "200 back to /"},
	{"CVE-2024-29041", "Express", "The allow list and the browser read a malformed redirect in two ways.",
		`a login that returns to https://notes.example\@evil.example/`, "200 back to /"},
}
