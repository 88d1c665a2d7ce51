package headers_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Each policy is right source by source, and open as a whole.
func TestRulesForWholePolicies(t *testing.T) {
	none := []string{"'none'"}
	for _, tc := range []struct {
		name   string
		csp    headers.CSP
		faults []string
	}{
		{"nonce without base-uri", headers.CSP{DefaultSrc: none, ScriptSrc: []string{"'nonce'", "'strict-dynamic'"}}, []string{"headers: CSP.BaseURI: "}},
		{"script-src alone", headers.CSP{ScriptSrc: []string{"'self'"}}, []string{"headers: CSP.BaseURI: ", "headers: CSP.ObjectSrc: "}},
		{"script-src and base-uri", headers.CSP{ScriptSrc: []string{"'self'"}, BaseURI: none}, []string{"headers: CSP.ObjectSrc: "}},
		{"scripts by default-src", headers.CSP{DefaultSrc: []string{"'self'"}}, []string{"headers: CSP.BaseURI: "}},
		{"scripts of attributes", headers.CSP{DefaultSrc: none, ScriptSrcAttr: []string{"'unsafe-inline'"}, DangerouslyAllowInline: true},
			[]string{"headers: CSP.BaseURI: "}},
		{"complete", headers.CSP{ScriptSrc: []string{"'self'"}, BaseURI: none, ObjectSrc: none}, nil},
		{"complete by default-src", headers.CSP{DefaultSrc: []string{"'self'"}, BaseURI: []string{"'self'"}}, nil},
		{"no scripts", headers.CSP{DefaultSrc: none}, nil},
		{"no scripts, by script-src", headers.CSP{ScriptSrc: none}, nil},
	} {
		_, err := headers.New(headers.Config{CSP: tc.csp})
		t.Run(tc.name, func(t *testing.T) { mwtest.Faults(t, err, tc.faults...) })
	}
	// A policy to try out may be a part of a policy.
	_, err := headers.New(headers.Config{CSPReportOnly: headers.CSP{ScriptSrc: []string{"'self'"}, ReportURI: []string{"/r"}}})
	mwtest.Faults(t, err)
}

// Browsers obey frame-ancestors and skip X-Frame-Options.
func TestFramingIsNotContradictory(t *testing.T) {
	with := func(frameOptions string, ancestors ...string) headers.Config {
		return headers.Config{CSP: headers.CSP{DefaultSrc: []string{"'none'"}, FrameAncestors: ancestors}, FrameOptions: frameOptions}
	}
	for _, tc := range []struct {
		name   string
		cfg    headers.Config
		faults []string
	}{
		{"every site", with("", "*"), []string{`headers: CSP.FrameAncestors[0]: "*": `}},
		{"every https site", with("DENY", "'self'", "https:"), []string{`headers: CSP.FrameAncestors[1]: "https:": `}},
		{"every user of a suffix", with("", "https://*.github.io"), []string{`headers: CSP.FrameAncestors[0]: "https://*.github.io": `}},
		{"none and same origin", with("SAMEORIGIN", "'none'"), []string{`headers: FrameOptions: "SAMEORIGIN": `}},
		{"every site, and no X-Frame-Options", with(headers.Off, "*"), nil},
		{"one site", with("", "https://partner.example"), nil},
		{"same origin", with("SAMEORIGIN", "'self'"), nil},
	} {
		_, err := headers.New(tc.cfg)
		t.Run(tc.name, func(t *testing.T) { mwtest.Faults(t, err, tc.faults...) })
	}
}

// A cache would send the page with an old nonce, and a 304 would send a new nonce for the
// page that the browser has stored.
func TestNonceNeedsNoStore(t *testing.T) {
	for value, refused := range map[string]bool{
		"no-cache": true, "public, max-age=600": true, "private, max-age=0": true, headers.Off: true, "no-store, must-understand": true,
		"": false, "no-store": false, "private, no-store": false,
	} {
		cfg := headers.Browser()
		cfg.CacheControl = value
		reportOnly := headers.API()
		reportOnly.CacheControl = value
		reportOnly.CSPReportOnly = headers.CSP{StyleSrc: []string{"'nonce'"}, ReportURI: []string{"/r"}}
		hashes := headers.API()
		hashes.CacheControl = value
		hashes.CSP = headers.CSP{DefaultSrc: []string{"'none'"}, ScriptSrc: []string{emptyHash}, BaseURI: []string{"'none'"}}
		var want []string
		if refused {
			want = []string{"headers: CacheControl: "}
		}
		for _, cfg := range []headers.Config{cfg, reportOnly} {
			_, err := headers.New(cfg)
			mwtest.Faults(t, err, want...)
		}
		_, err := headers.New(hashes)
		mwtest.Faults(t, err)
	}
}

// No value is given twice, and no field is set that changes nothing.
func TestGivenTwiceAndWithoutEffect(t *testing.T) {
	type csp = headers.CSP
	endpoints := map[string]string{"a": "/a"}
	policy := func(change func(*csp)) headers.Config { return headers.Config{CSP: policyWith(change)} }
	for _, tc := range []struct {
		fault string
		cfg   headers.Config
	}{
		{"CSP.ScriptSrc[1]: ", policy(func(c *csp) { c.ScriptSrc = []string{"'self'", "'self'"} })},
		{"CSP.Sandbox[1]: ", policy(func(c *csp) { c.Sandbox = []string{"allow-forms", "allow-forms"} })},
		{"CSP.TrustedTypes[1]: ", policy(func(c *csp) { c.TrustedTypes = []string{"a", "a"} })},
		{"CSP.ReportURI[1]: ", policy(func(c *csp) { c.ReportURI = []string{"/r", "/r"} })},
		{"CacheControl: ", headers.Config{CacheControl: "no-store, no-store"}},
		{`PermissionsPolicy["camera"][1]: `, headers.Config{PermissionsPolicy: map[string][]string{"camera": {"self", "self"}}}},
		{`PermissionsPolicyReportOnly["camera"][1]: `, headers.Config{
			ReportingEndpoints:          map[string]string{"default": "/r"},
			PermissionsPolicyReportOnly: map[string][]string{"camera": {"self", "self"}},
		}},
		{"IntegrityPolicy.BlockedDestinations[1]: ", headers.Config{IntegrityPolicy: headers.IntegrityPolicy{BlockedDestinations: []string{"script", "script"}}}},
		{"IntegrityPolicy.Endpoints[1]: ", headers.Config{ReportingEndpoints: endpoints,
			IntegrityPolicy: headers.IntegrityPolicy{BlockedDestinations: []string{"script"}, Endpoints: []string{"a", "a"}}}},

		{"CSP.InsecureAllowHTTP: ", headers.Config{CSP: csp{InsecureAllowHTTP: true}}},
		{"CSP.DangerouslyAllowInline: ", policy(func(c *csp) { c.StyleSrc, c.DangerouslyAllowInline = []string{"'unsafe-inline'"}, true })},
		{"CSP.DangerouslyAllowInline: ", policy(func(c *csp) {
			c.ScriptSrc, c.DangerouslyAllowInline = []string{"'nonce'", "'unsafe-inline'"}, true // void beside the nonce
		})},
		{"CSP.DangerouslyAllowEval: ", policy(func(c *csp) { c.ScriptSrc, c.DangerouslyAllowEval = []string{"'wasm-unsafe-eval'"}, true })},
		{"CSP.DangerouslyAllowBroadSources: ", policy(func(c *csp) { c.ImgSrc, c.DangerouslyAllowBroadSources = []string{"*"}, true })},
		{"CSP.DangerouslyAllowInline: ", headers.Config{CSP: csp{DangerouslyOmit: true, DangerouslyAllowInline: true}}},
		{"CSPReportOnly.InsecureAllowHTTP: ", headers.Config{CSPReportOnly: csp{InsecureAllowHTTP: true}}},
		{"CSPReportOnly.DangerouslyAllowEval: ", headers.Config{CSPReportOnly: csp{ImgSrc: []string{"data:"}, ReportURI: []string{"/r"}, DangerouslyAllowEval: true}}},
	} {
		_, err := headers.New(tc.cfg)
		mwtest.Faults(t, err, "headers: "+tc.fault)
	}
}
