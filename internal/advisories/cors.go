package advisories

// origins are advisories about CORS.
var origins = []Advisory{
	{"CVE-2018-20744", "rs/cors, Fiber", "With the wildcard and credentials, the middleware reflects every origin.",
		"a Config with AllowAnyOrigin and Credentials", "New: AllowAnyOrigin"},
	{"CVE-2024-25124", "Fiber", "The middleware accepts the wildcard in the list of origins together with credentials.",
		"a Config with the origin * and Credentials", "New: Origins[0]"},
	{"CVE-2019-25211", "gin-contrib/cors", "A wildcard at the end of an origin also fits another domain that begins like it.",
		"a Config with the origin https://example.com/*", "New: Origins[0]"},
	{"CVE-2023-49803", "@koa/cors", "Without a list of origins, the middleware reflects every origin.",
		"a Config without origins", "New: Origins"},
	{"CVE-2017-20146", "gorilla/handlers", "The middleware copies the origin of the request into the answer although it is not allowed.",
		"a request of an origin that is not in the list", "200 no grant"},
	{"GHSA-mh55-gqvf-xfwm", "rs/cors", "A preflight whose list of headers has many commas makes the middleware allocate for each of them.",
		"a preflight with 1,000,000 commas in the list of its headers", "403 no grant"},
}
