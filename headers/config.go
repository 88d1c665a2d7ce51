package headers

// Off, assigned to a field of [Config], switches that one header off. A value
// that an outer layer has set under the same name is removed, so that a route
// can be exempted from a header that everything around it sends.
const Off = "off"

// Config says which headers to send. The zero Config is safe: it is [API].
//
// Each string is the value of one header, checked by New against the values
// that its specification defines. Where a default is named, "" stands for it;
// where none is, "" leaves the header alone.
type Config struct {
	_ [0]func()

	// CSP is the Content-Security-Policy (CSP Level 3). The zero CSP is
	// default-src 'none'; frame-ancestors 'none'.
	CSP CSP

	// CSPReportOnly is a second policy that is only reported on, to try one
	// out. It needs ReportTo or ReportURI. The zero CSP sends none.
	CSPReportOnly CSP

	// ReportingEndpoints names the places that reports go to, as ReportTo of
	// a CSP refers to them: an https URL or an absolute path each. Nil sends
	// no Reporting-Endpoints.
	ReportingEndpoints map[string]string

	// StrictTransportSecurity (RFC 6797) is sent only if the client came over
	// HTTPS. It consists of max-age in seconds and optionally
	// includeSubDomains and preload, in that order. preload is refused with
	// less than a year or without includeSubDomains, for the preload list
	// refuses it as well. Default: max-age=63072000; includeSubDomains.
	StrictTransportSecurity string

	// ContentTypeOptions is X-Content-Type-Options. Default, and the only
	// value: nosniff.
	ContentTypeOptions string

	// FrameOptions is X-Frame-Options (RFC 7034): DENY or SAMEORIGIN. A
	// browser that knows frame-ancestors obeys that instead. Default: DENY.
	FrameOptions string

	// ReferrerPolicy is one of no-referrer, same-origin, origin,
	// strict-origin, origin-when-cross-origin and
	// strict-origin-when-cross-origin. The two policies that give other sites
	// whole addresses are refused. Default: no-referrer.
	ReferrerPolicy string

	// CrossOriginResourcePolicy is same-origin, same-site or cross-origin: who
	// may load the response as a subresource. Where CORS lets other origins
	// in, it must be relaxed to match. Default: same-origin.
	CrossOriginResourcePolicy string

	// CrossOriginOpenerPolicy is same-origin, same-origin-allow-popups,
	// noopener-allow-popups or unsafe-none. No default.
	CrossOriginOpenerPolicy string

	// CrossOriginEmbedderPolicy is require-corp, credentialless or
	// unsafe-none. No default, and in no preset: it breaks every page that
	// embeds what does not expect it.
	CrossOriginEmbedderPolicy string

	// PermissionsPolicy gives for each feature the origins that may use it:
	// none for an empty list, otherwise "self", "*" or https origins. Features
	// that New does not know are refused, for a browser would skip them and
	// leave the feature as it was. Nil sends none.
	PermissionsPolicy map[string][]string

	// CacheControl is Cache-Control (RFC 9111, section 5.2.2). A cache that
	// replays a page replays its nonce. Default: no-store.
	CacheControl string
}

// API returns the headers for a service whose responses are read by programs:
// nothing may be loaded by a response, nothing may frame it, nothing may keep
// it. Relax CrossOriginResourcePolicy if CORS lets other origins in.
func API() Config {
	cfg := Config{CSP: defaultCSP(), StrictTransportSecurity: defaultHSTS, CacheControl: defaultCache}
	for _, c := range choices {
		*c.value(&cfg) = c.fallback
	}
	return cfg
}

func defaultCSP() CSP {
	return CSP{DefaultSrc: []string{"'none'"}, FrameAncestors: []string{"'none'"}}
}

// Browser returns the headers for a service that serves pages: scripts run
// only with the nonce of the request, or if such a script loads them; all else
// comes from the own origin; no other site frames or opens the page; and no
// powerful feature is available.
func Browser() Config {
	cfg := API()
	own := func() []string { return []string{"'self'"} }
	cfg.CSP = CSP{
		DefaultSrc:              []string{"'none'"},
		ScriptSrc:               []string{"'nonce'", "'strict-dynamic'"},
		StyleSrc:                []string{"'self'", "'nonce'"},
		ImgSrc:                  own(),
		FontSrc:                 own(),
		ConnectSrc:              own(),
		MediaSrc:                own(),
		ManifestSrc:             own(),
		WorkerSrc:               own(),
		BaseURI:                 []string{"'none'"},
		FormAction:              own(),
		FrameAncestors:          []string{"'none'"},
		UpgradeInsecureRequests: true,
	}
	cfg.CrossOriginOpenerPolicy = "same-origin"
	cfg.PermissionsPolicy = make(map[string][]string, len(denied))
	for _, feature := range denied {
		cfg.PermissionsPolicy[feature] = nil
	}
	return cfg
}
