package headers_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestOffRemovesOneHeader(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*headers.Config)
	}{
		{specCSP, func(c *headers.Config) { c.CSP = headers.CSP{DangerouslyOmit: true} }},
		{specHSTS, func(c *headers.Config) { c.StrictTransportSecurity = headers.Off }},
		{specSniff, func(c *headers.Config) { c.ContentTypeOptions = headers.Off }},
		{specFrame, func(c *headers.Config) { c.FrameOptions = headers.Off }},
		{specReferrer, func(c *headers.Config) { c.ReferrerPolicy = headers.Off }},
		{specCORP, func(c *headers.Config) { c.CrossOriginResourcePolicy = headers.Off }},
		{specCOOP, func(c *headers.Config) { c.CrossOriginOpenerPolicy = headers.Off }},
		{specCache, func(c *headers.Config) { c.CSP, c.CacheControl = headers.API().CSP, headers.Off }},
		{specFeatures, func(c *headers.Config) { c.PermissionsPolicy = map[string][]string{} }},
	} {
		cfg := headers.Browser()
		tc.set(&cfg)
		got := sentHeaders(mustNew(t, cfg))
		if got.Get(tc.name) != "" || len(got) != len(browser)-1 {
			t.Errorf("%s off: got %v", tc.name, got)
		}
	}
}

func TestAcceptedValues(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		cfg         headers.Config
	}{
		{specHSTS, "max-age=0", headers.Config{StrictTransportSecurity: "max-age=0"}},
		{specHSTS, "max-age=31536000; includeSubDomains; preload", headers.Config{StrictTransportSecurity: "max-age=31536000; includeSubDomains; preload"}},
		{specFrame, "SAMEORIGIN", headers.Config{
			CSP: headers.CSP{DefaultSrc: []string{"'none'"}, FrameAncestors: []string{"'self'"}}, FrameOptions: "SAMEORIGIN",
		}},
		{specReferrer, "strict-origin-when-cross-origin", headers.Config{ReferrerPolicy: "strict-origin-when-cross-origin"}},
		{specCORP, "same-site", headers.Config{CrossOriginResourcePolicy: "same-site"}},
		{specCOOP, "same-origin-allow-popups", headers.Config{CrossOriginOpenerPolicy: "same-origin-allow-popups"}},
		{"cross-origin-embedder-policy", "credentialless", headers.Config{CrossOriginEmbedderPolicy: "credentialless"}},
		{specCache, "public, max-age=31536000, immutable", headers.Config{CacheControl: "public, max-age=31536000, immutable"}},
		{specFeatures, `camera=(), fullscreen=(*), geolocation=(self "https://maps.example:8443"), payment=("https://*.pay.example")`,
			headers.Config{PermissionsPolicy: map[string][]string{
				"geolocation": {"self", "https://maps.example:8443"}, "fullscreen": {"*"}, "camera": {}, "payment": {"https://*.pay.example"},
			}}},
		{"reporting-endpoints", `csp="/reports?x=%20y", other="https://reports.example/r"`,
			headers.Config{ReportingEndpoints: map[string]string{"other": "https://reports.example/r", "csp": "/reports?x=%20y"}}},
		{specCOOP, `same-origin; report-to="csp"`, headers.Config{
			ReportingEndpoints: map[string]string{"csp": "/r"}, CrossOriginOpenerPolicy: `same-origin; report-to="csp"`,
		}},
		{"cross-origin-opener-policy-report-only", `same-origin-allow-popups; report-to="csp"`, headers.Config{
			ReportingEndpoints: map[string]string{"csp": "/r"}, CrossOriginOpenerPolicyReportOnly: `same-origin-allow-popups; report-to="csp"`,
		}},
		{"cross-origin-embedder-policy-report-only", `require-corp; report-to="csp"`, headers.Config{
			ReportingEndpoints: map[string]string{"csp": "/r"}, CrossOriginEmbedderPolicyReportOnly: `require-corp; report-to="csp"`,
		}},
		{"origin-agent-cluster", "?1", headers.Config{OriginAgentCluster: "?1"}},
		{"x-permitted-cross-domain-policies", "none", headers.Config{PermittedCrossDomainPolicies: "none"}},
		{"permissions-policy-report-only", "camera=(self), fullscreen=()", headers.Config{
			ReportingEndpoints:          map[string]string{"default": "/r"},
			PermissionsPolicyReportOnly: map[string][]string{"fullscreen": nil, "camera": {"self"}},
		}},
		{"integrity-policy", "blocked-destinations=(script style)", headers.Config{
			IntegrityPolicy: headers.IntegrityPolicy{BlockedDestinations: []string{"script", "style"}},
		}},
		{"integrity-policy-report-only", "blocked-destinations=(script), endpoints=(a b)", headers.Config{
			ReportingEndpoints:        map[string]string{"a": "/a", "b": "/b"},
			IntegrityPolicyReportOnly: headers.IntegrityPolicy{BlockedDestinations: []string{"script"}, Endpoints: []string{"a", "b"}},
		}},
	} {
		if got := sentHeaders(mustNew(t, tc.cfg)).Values(tc.name); len(got) != 1 || got[0] != tc.value {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.value)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	for _, tc := range []struct {
		fault string
		cfg   headers.Config
	}{
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "max-age=10; includeSubDomains; preload"}},
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "max-age=31535999; includeSubDomains; preload"}},
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "max-age=63072000; preload"}},
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "max-age=63072000; includeSubdomain"}},
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "63072000"}},
		{"headers: StrictTransportSecurity: ", headers.Config{StrictTransportSecurity: "max-age=1y"}},
		{"headers: ContentTypeOptions: ", headers.Config{ContentTypeOptions: "no-sniff"}},
		{"headers: FrameOptions: ", headers.Config{FrameOptions: "NOPE"}},
		{"headers: FrameOptions: ", headers.Config{FrameOptions: "ALLOW-FROM https://a.example"}},
		{"headers: FrameOptions: ", headers.Config{FrameOptions: "deny"}},
		{"headers: ReferrerPolicy: ", headers.Config{ReferrerPolicy: "bogus"}},
		{"headers: ReferrerPolicy: ", headers.Config{ReferrerPolicy: "unsafe-url"}},
		{"headers: ReferrerPolicy: ", headers.Config{ReferrerPolicy: "no-referrer-when-downgrade"}},
		{"headers: CrossOriginResourcePolicy: ", headers.Config{CrossOriginResourcePolicy: "*"}},
		{"headers: CrossOriginOpenerPolicy: ", headers.Config{CrossOriginOpenerPolicy: "same-site"}},
		{"headers: CrossOriginEmbedderPolicy: ", headers.Config{CrossOriginEmbedderPolicy: "same-origin"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "nostore"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "max-age"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "max-age=-1"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "no-store, no-store"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "public, no-store"}},
		{"headers: CacheControl: ", headers.Config{CacheControl: "no-store\r\nX-Evil: 1"}},
		{`headers: PermissionsPolicy["geo-location"]: `, headers.Config{PermissionsPolicy: map[string][]string{"geo-location": nil}}},
		{`headers: PermissionsPolicy["camera"][0]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"'self'"}}}},
		{`headers: PermissionsPolicy["camera"][0]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"https://a.example/path"}}}},
		{`headers: PermissionsPolicy["camera"][0]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"http://a.example"}}}},
		{`headers: PermissionsPolicy["camera"][0]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"https://a.example\"), usb=(*"}}}},
		{`headers: PermissionsPolicy["camera"][1]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"self", "self"}}}},
		{`headers: PermissionsPolicy["camera"]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"self", "*"}}}},
		{`headers: ReportingEndpoints["csp"]: `, headers.Config{ReportingEndpoints: map[string]string{"csp": "http://reports.example"}}},
		{"headers: CrossOriginOpenerPolicy: ", headers.Config{CrossOriginOpenerPolicy: `same-origin; report-to="csp"`}},
		{"headers: CrossOriginOpenerPolicy: ", headers.Config{CrossOriginOpenerPolicy: "same-origin; report-to=csp"}},
		{"headers: CrossOriginOpenerPolicyReportOnly: ", headers.Config{CrossOriginOpenerPolicyReportOnly: `same-origin; report-to="csp"`}},
		{"headers: OriginAgentCluster: ", headers.Config{OriginAgentCluster: "1"}},
		{"headers: PermittedCrossDomainPolicies: ", headers.Config{PermittedCrossDomainPolicies: "all"}},
		{"headers: FrameOptions: ", headers.Config{FrameOptions: `DENY; report-to="csp"`, ReportingEndpoints: map[string]string{"csp": "/r"}}},
		{"headers: IntegrityPolicy.BlockedDestinations: ", headers.Config{IntegrityPolicy: headers.IntegrityPolicy{Endpoints: []string{"csp"}}}},
		{"headers: IntegrityPolicy.Endpoints[0]: ", headers.Config{
			IntegrityPolicy: headers.IntegrityPolicy{BlockedDestinations: []string{"script"}, Endpoints: []string{"csp"}},
		}},
		{`headers: ReportingEndpoints["csp"]: `, headers.Config{ReportingEndpoints: map[string]string{"csp": "//reports.example/"}}},
		{`headers: ReportingEndpoints["csp"]: `, headers.Config{ReportingEndpoints: map[string]string{"csp": `/a", b="/c`}}},
		{`headers: ReportingEndpoints["CSP"]: `, headers.Config{ReportingEndpoints: map[string]string{"CSP": "/r"}}},
	} {
		m, err := headers.New(tc.cfg)
		if m != nil {
			t.Errorf("%s: a middleware beside the error", tc.fault)
		}
		mwtest.Faults(t, err, tc.fault)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := headers.New(headers.Config{
		CSP:                       headers.CSP{ScriptSrc: []string{"self", "'unsafe-inline'"}, ImgSrc: []string{"'none'", "data:"}, InsecureAllowHTTP: true},
		CSPReportOnly:             headers.CSP{DefaultSrc: []string{"'self'"}},
		ReportingEndpoints:        map[string]string{"r": "ftp://x"},
		StrictTransportSecurity:   "yes",
		ContentTypeOptions:        "yes",
		FrameOptions:              "yes",
		ReferrerPolicy:            "yes",
		CrossOriginResourcePolicy: "yes",
		CrossOriginOpenerPolicy:   "yes",
		CrossOriginEmbedderPolicy: "yes",
		PermissionsPolicy:         map[string][]string{"yes": nil},
		CacheControl:              "yes",

		CrossOriginOpenerPolicyReportOnly: "yes", CrossOriginEmbedderPolicyReportOnly: "require-corp", OriginAgentCluster: "yes",
		PermittedCrossDomainPolicies: "yes", PermissionsPolicyReportOnly: map[string][]string{"camera": nil},
		IntegrityPolicy:           headers.IntegrityPolicy{BlockedDestinations: []string{"image"}},
		IntegrityPolicyReportOnly: headers.IntegrityPolicy{BlockedDestinations: []string{"script"}},
	})
	mwtest.Faults(t, err,
		`headers: CSP.ScriptSrc[0]: "self": `, `headers: CSP.ScriptSrc[1]: "'unsafe-inline'": `, `headers: CSP.ImgSrc[0]: "'none'": `,
		`headers: CSP.InsecureAllowHTTP: `, `headers: CSP.BaseURI: `, `headers: CSP.ObjectSrc: `,
		`headers: CrossOriginOpenerPolicyReportOnly: "yes": `, `headers: CrossOriginEmbedderPolicyReportOnly: "require-corp": `,
		`headers: OriginAgentCluster: "yes": `, `headers: PermittedCrossDomainPolicies: "yes": `, `headers: PermissionsPolicyReportOnly: `,
		`headers: IntegrityPolicy.BlockedDestinations[0]: "image": `, `headers: IntegrityPolicyReportOnly.Endpoints: `,
		`headers: CSPReportOnly.ReportTo: `, `headers: ReportingEndpoints["r"]: "ftp://x": `, `headers: StrictTransportSecurity: "yes": `,
		`headers: ContentTypeOptions: "yes": `, `headers: FrameOptions: "yes": `, `headers: ReferrerPolicy: "yes": `,
		`headers: CrossOriginResourcePolicy: "yes": `, `headers: CrossOriginOpenerPolicy: "yes": `,
		`headers: CrossOriginEmbedderPolicy: "yes": `, `headers: PermissionsPolicy["yes"]: `, `headers: CacheControl: "yes": `)
}
