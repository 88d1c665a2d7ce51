package advisories

// routing are advisories about the choice of the policy of a request.
var routing = []Advisory{
	{"CVE-2025-29927", "Next.js", "A header that is meant for internal requests switches the middleware off, and any client can send it.",
		"a protected route with X-Middleware-Subrequest", "401 unauthenticated"},
	{"CVE-2025-54576", "oauth2-proxy", "The routes without authentication are matched with the path and the query.",
		"a protected route with the public path in its query", "401 unauthenticated"},
	{"CVE-2026-40575", "oauth2-proxy", "The routes without authentication are matched with X-Forwarded-Uri of the client.",
		"a protected route with X-Forwarded-Uri of a public one", "401 unauthenticated"},
	{"CVE-2026-41059", "oauth2-proxy", "A number sign in the path makes the proxy match a public route and the service serve another one.",
		"a path with an encoded number sign that fits a public pattern", "200 public secret#"},
	{"CVE-2026-33494", "Ory Oathkeeper", "The rule is chosen by the path as sent, and the service behind it resolves the dot segments.",
		"a path that leaves the public prefix by a dot segment", "307 to /admin"},
	{"CVE-2026-48020", "Traefik", "A prefix is removed after the rule was chosen, and the rest of the path is then normalised.",
		"a path with an encoded slash and a dot segment, which the chosen route serves as a name", "200 public ../admin"},
	{"CVE-2026-54763", "Traefik", "A header with underscores passes the removal of identity headers, and the service takes it for one.",
		"a protected route with X_User", "401 unauthenticated"},
}
