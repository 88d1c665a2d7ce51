package advisories

// addresses are advisories about the address, the scheme and the host of a client.
var addresses = []Advisory{
	{"GHSA-3fxj-6jh8-hvhx", "chi", "RealIP believes True-Client-IP of every client.",
		"True-Client-IP from a client without a proxy", "200 http 203.0.113.9"},
	{"GHSA-rjr7-jggh-pgcp", "chi", "RealIP believes X-Forwarded-For although the peer is no proxy.",
		"X-Forwarded-For from a peer that is no proxy", "200 http 203.0.113.9"},
	{"GHSA-9g5q-2w5x-hmxf", "chi", "RealIP takes the first entry of X-Forwarded-For, which the client has written.",
		"an invented first entry, to which the proxy appends the real one", "200 http 203.0.113.9"},
	{"CVE-2020-28483", "gin", "The client can choose its address by a header that a proxy passes on.",
		"two X-Forwarded-For fields, of which the client has written the first one", "200 http 203.0.113.9"},
	{"CVE-2026-45045", "Fiber", "The proxy adds X-Real-IP behind the value of the client instead of replacing it.",
		"two X-Real-IP fields, of which the client has written the first one", "200 http 203.0.113.9"},
	{"CVE-2026-54764", "Traefik", "X-Forwarded-Proto of an untrusted client has an effect.",
		"X-Forwarded-Proto from a peer that is no proxy", "200 http 203.0.113.9"},
	{"GHSA-444r-cwp2-x5xf", "Fastify", "X-Forwarded-Host of a peer that is not trusted becomes the host of the request.",
		"X-Forwarded-Host from a peer that is no proxy", "200 notes.example"},
	{"CVE-2025-64484", "oauth2-proxy", "A header name with underscores escapes the filter, and counts as the name with hyphens behind it.",
		"X_Forwarded_For from a trusted proxy that does not filter it", "200 http 203.0.113.9"},
	{"CVE-2024-45410", "Traefik", "A client names the forwarded headers in Connection, and the proxy then removes its own values.",
		"a field Connection that names X-Forwarded-For", "200 http 203.0.113.9"},
	{"CVE-2024-24790", "net/netip", "An IPv4 address in IPv6 form is not recognised as the IPv4 address that it is.",
		"a denied IPv4 address in IPv6 form", "403 address_denied"},
}
