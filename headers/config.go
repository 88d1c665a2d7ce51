package headers

// Off, assigned to a field of [Config], switches that one header off. It also
// removes the value that an outer layer has set under the same name. So one
// route can be exempted from a header that all other routes send.
const Off = "off"

// Config says which headers to send. The zero Config is safe: it is [API].
//
// Each string is the value of one header. New checks it against the values that
// the specification of the header defines. The empty string stands for the
// default of the field. If the field has no default, the empty string leaves
// the header as it is.
type Config struct {
	_ [0]func()

	// CSP is the Content-Security-Policy (CSP Level 3). The zero CSP is
	// default-src 'none'; frame-ancestors 'none'.
	CSP CSP

	// CSPReportOnly is a second policy, to try it out: browsers report
	// violations and do not block them. It needs ReportTo or ReportURI. The
	// zero CSP sends no such policy.
	CSPReportOnly CSP

	// ReportingEndpoints maps a name, to which ReportTo of a CSP refers, to
	// the address that receives the reports: an https URL or an absolute path.
	// Nil sends no Reporting-Endpoints.
	ReportingEndpoints map[string]string

	// StrictTransportSecurity (RFC 6797) is sent only if the client came over
	// HTTPS, and not for localhost, its subdomains and IP addresses: browsers
	// would refuse plain HTTP on every other port of a developer's machine.
	// It consists of max-age in seconds and optionally
	// includeSubDomains and preload, in that order. preload is refused with
	// less than a year or without includeSubDomains, because the preload list
	// refuses it as well. Default: max-age=63072000; includeSubDomains.
	StrictTransportSecurity string

	// ContentTypeOptions is X-Content-Type-Options. Default, and the only
	// value: nosniff.
	ContentTypeOptions string

	// FrameOptions is X-Frame-Options (RFC 7034): DENY or SAMEORIGIN. A
	// browser that knows the frame-ancestors of CSP obeys only those. So a
	// FrameAncestors that lets every site frame the page, such as "*", is
	// refused unless FrameOptions is Off. Default: DENY.
	FrameOptions string

	// ReferrerPolicy is one of no-referrer, same-origin, origin,
	// strict-origin, origin-when-cross-origin and
	// strict-origin-when-cross-origin. The two policies that send whole
	// addresses to other sites are refused. Default: no-referrer.
	ReferrerPolicy string

	// CrossOriginResourcePolicy is same-origin, same-site or cross-origin. It
	// says which pages may load the response without CORS: as an image, a
	// script or a style without the attribute crossorigin, or by a fetch in
	// the mode no-cors. Browsers do not ask for it in a fetch with CORS, so
	// package cors needs no other value here. Default: same-origin.
	CrossOriginResourcePolicy string

	// CrossOriginOpenerPolicy is same-origin, same-origin-allow-popups,
	// noopener-allow-popups or unsafe-none, and optionally the name of a
	// reporting endpoint: `same-origin; report-to="main"`. No default.
	CrossOriginOpenerPolicy string

	// CrossOriginEmbedderPolicy is require-corp, credentialless or
	// unsafe-none, and optionally the name of a reporting endpoint. No
	// default, and in no preset: it breaks every page that embeds a resource
	// whose server does not expect to be embedded.
	CrossOriginEmbedderPolicy string

	// CrossOriginOpenerPolicyReportOnly and CrossOriginEmbedderPolicyReportOnly
	// are policies to try out: `require-corp; report-to="main"`. They need the
	// name of a reporting endpoint. No default.
	CrossOriginOpenerPolicyReportOnly   string
	CrossOriginEmbedderPolicyReportOnly string

	// OriginAgentCluster is Origin-Agent-Cluster: "?1" asks the browser to
	// separate the pages of the origin from the other origins of its site,
	// "?0" asks it not to. No default: browsers separate them anyway.
	OriginAgentCluster string

	// PermittedCrossDomainPolicies is X-Permitted-Cross-Domain-Policies, which
	// readers of PDF files obey: none, none-this-response, master-only or
	// by-content-type. No default.
	PermittedCrossDomainPolicies string

	// PermissionsPolicy maps each feature to the origins that may use it:
	// "self", "*" or https origins. With an empty list no origin may use the
	// feature. Features that New does not know are refused, because a browser
	// would skip them and leave the feature allowed as before. Nil is the
	// default: no powerful feature. An empty map that is not nil switches the
	// header off.
	PermissionsPolicy map[string][]string

	// PermissionsPolicyReportOnly is a second policy, to try it out. Browsers
	// send the reports to the endpoint "default", which ReportingEndpoints
	// must have. Nil sends no such policy.
	PermissionsPolicyReportOnly map[string][]string

	// IntegrityPolicy (Subresource Integrity) makes browsers refuse scripts or
	// styles without the attribute integrity. IntegrityPolicyReportOnly only
	// reports them. The zero IntegrityPolicy sends no such header.
	IntegrityPolicy           IntegrityPolicy
	IntegrityPolicyReportOnly IntegrityPolicy

	// CacheControl is Cache-Control (RFC 9111, section 5.2.2). A policy with a
	// nonce needs no-store: a cache that sends a stored page again also sends
	// the old nonce again, and a 304 would bring a new nonce for the old page.
	// Default: no-store.
	CacheControl string
}

// API returns the headers for a service whose clients are programs: a response
// may not load anything, no page may frame it, no powerful feature is
// available, and no cache may keep it.
func API() Config {
	cfg := Config{
		CSP: defaultCSP(), StrictTransportSecurity: defaultHSTS, PermissionsPolicy: deniedPermissions(), CacheControl: defaultCache,
	}
	for _, c := range choices {
		*c.value(&cfg) = c.fallback
	}
	return cfg
}

func defaultCSP() CSP {
	return CSP{DefaultSrc: []string{"'none'"}, FrameAncestors: []string{"'none'"}}
}

// Browser returns the headers for a service that serves pages. A script runs
// only if it has the nonce of the request, or if such a script loads it. All
// other content comes from the page's own origin. No other site may frame or
// open the page. No powerful feature is available.
func Browser() Config {
	cfg := API()
	self := func() []string { return []string{"'self'"} }
	cfg.CSP = CSP{
		DefaultSrc:              []string{"'none'"},
		ScriptSrc:               []string{"'nonce'", "'strict-dynamic'"},
		StyleSrc:                []string{"'self'", "'nonce'"},
		ImgSrc:                  self(),
		FontSrc:                 self(),
		ConnectSrc:              self(),
		MediaSrc:                self(),
		ManifestSrc:             self(),
		WorkerSrc:               self(),
		BaseURI:                 []string{"'none'"},
		FormAction:              self(),
		FrameAncestors:          []string{"'none'"},
		UpgradeInsecureRequests: true,
	}
	cfg.CrossOriginOpenerPolicy = "same-origin"
	return cfg
}
