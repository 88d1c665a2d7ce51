package advisories

// fields are advisories about the header of the response, and about redirects.
var fields = []Advisory{
	{"CVE-2026-53624", "Fiber", "Strict-Transport-Security is never sent, because the check for https reads the wrong field.",
		"a request over TLS", "200 max-age=63072000; includeSubDomains"},
	{"GHSA-c3m8-x3cg-qm2c", "helmet-csp", "The policy depends on User-Agent, and requests of one browser change it for all later ones.",
		"a request of Firefox, and then one of another browser", "200 default-src 'none'; frame-ancestors 'none'"},
	{"GHSA-vrw8-fxc6-2r93", "chi", "RedirectSlashes builds the address from the Host of the request.",
		"plain http with a foreign Host", "421 misdirected_request"},
	{"GHSA-mqqf-5wvp-8fh8", "chi", "RedirectSlashes writes a path that a browser reads as a host.",
		`plain http with the path /\evil.example/`, "308 to https://notes.example/%5Cevil.example/"},
	{"CVE-2022-40083", "Echo", "The handler of static files redirects to a path that begins with two slashes.",
		"plain http with the path //evil.example/..", "308 to https://notes.example//evil.example/.."},
	{"CVE-2026-42507", "net/textproto", "Text of the client stands in errors and logs without an escape.",
		"a correlation ID with an escape sequence, from a peer that may choose the ID", "200 an ID of the service"},
}
