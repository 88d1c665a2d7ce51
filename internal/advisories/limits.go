package advisories

// limits are advisories about rate limits and lockouts.
var limits = []Advisory{
	{"CVE-2026-30827", "express-rate-limit", "On a server with IPv6, all IPv4 clients share one counter and use up its limit together.",
		"a client that uses its limit up, and then another one, both with IPv4 in IPv6 form", "200 reached"},
	{"CVE-2024-21662", "Argo CD", "The cache of failed logins has a fixed size, and other accounts displace the counter of the victim.",
		"ten guesses, failures of 5,000 other accounts, and an eleventh guess", "429 login_delayed"},
	{"CVE-2026-48096", "OpenFGA", "The parts of a key are joined by a delimiter that the parts may contain.",
		"a tenant and user that read like another tenant and user when they are joined", "200 reached"},
}
