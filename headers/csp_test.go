package headers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const emptyHash = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" // of no bytes

// policyWith returns a valid policy, changed by change.
func policyWith(change func(*headers.CSP)) headers.CSP {
	c := headers.CSP{DefaultSrc: []string{"'none'"}, BaseURI: []string{"'none'"}}
	change(&c)
	return c
}

func TestRefusedPolicies(t *testing.T) {
	type csp = headers.CSP
	for _, tc := range []struct {
		name, fault string
		csp         csp
	}{
		{"none beside another", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"'none'", "data:"} })},
		{"none at the end", "CSP.ImgSrc[1]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"data:", "'none'"} })},
		{"unquoted self", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"self"} })},
		{"unquoted none", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"none"} })},
		{"unquoted unsafe-inline", "CSP.StyleSrc[0]: ", policyWith(func(c *csp) { c.StyleSrc = []string{"unsafe-inline"} })},
		{"unquoted strict-dynamic", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"strict-dynamic"} })},
		{"unquoted nonce", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"nonce"} })},
		{"half quoted", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"'self"} })},
		{"upper case", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"'SELF'"} })},
		{"semicolon", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"a.example;script-src"} })},
		{"comma", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"a.example,b.example"} })},
		{"CR LF", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"a.example\r\nX-Evil:1"} })},
		{"two in one", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"'self' data:"} })},
		{"empty", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{""} })},
		{"twice", "CSP.ImgSrc[1]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"data:", "data:"} })},
		{"strict-dynamic alone", "CSP.ScriptSrc: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"'self'", "'strict-dynamic'"} })},
		{"unsafe-inline", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"'unsafe-inline'"} })},
		{"unsafe-inline by default", "CSP.DefaultSrc[0]: ", policyWith(func(c *csp) { c.DefaultSrc = []string{"'unsafe-inline'"} })},
		{"unsafe-hashes", "CSP.ScriptSrcAttr[0]: ", policyWith(func(c *csp) { c.ScriptSrcAttr = []string{"'unsafe-hashes'", emptyHash} })},
		{"unsafe-eval", "CSP.ScriptSrcElem[0]: ", policyWith(func(c *csp) { c.ScriptSrcElem = []string{"'unsafe-eval'"} })},
		{"eval is not inline", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) {
			c.ScriptSrc, c.StyleSrc, c.DangerouslyAllowInline = []string{"'unsafe-eval'"}, []string{"'self'"}, true
			c.ScriptSrcAttr = []string{"'unsafe-inline'"}
		})},
		{"inline is not eval", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) {
			c.ScriptSrc, c.DangerouslyAllowEval = []string{"'unsafe-inline'", "'unsafe-eval'"}, true
		})},
		{"http host", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"http://a.example"} })},
		{"http scheme", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"http:"} })},
		{"ws host", "CSP.ConnectSrc[0]: ", policyWith(func(c *csp) { c.ConnectSrc = []string{"ws://a.example"} })},
		{"any script", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"*"} })},
		{"any https script", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"https:"} })},
		{"any https script, spelt out", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"https://*:443"} })},
		{"data script", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"data:"} })},
		{"any base", "CSP.BaseURI[0]: ", policyWith(func(c *csp) { c.BaseURI = []string{"*"} })},
		{"any plug-in", "CSP.ObjectSrc[0]: ", policyWith(func(c *csp) { c.ObjectSrc = []string{"blob:"} })},
		{"fixed nonce", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"'nonce-abc'"} })},
		{"short hash", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{"'sha256-YWJj'"} })},
		{"hash of another length", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{strings.Replace(emptyHash, "256", "384", 1)} })},
		{"unquoted hash", "CSP.ScriptSrc[0]: ", policyWith(func(c *csp) { c.ScriptSrc = []string{strings.Trim(emptyHash, "'")} })},
		{"nonce for images", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"'nonce'"} })},
		{"hash for images", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{emptyHash} })},
		{"unsafe-inline for frames", "CSP.FrameAncestors[0]: ", policyWith(func(c *csp) { c.FrameAncestors = []string{"'unsafe-inline'"} })},
		{"strict-dynamic for styles", "CSP.StyleSrc[0]: ", policyWith(func(c *csp) { c.StyleSrc = []string{"'strict-dynamic'", "'nonce'"} })},
		{"user in a host", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"https://a@b.example"} })},
		{"query in a host", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"https://b.example/?a"} })},
		{"star inside a host", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"https://a.*.example"} })},
		{"unknown scheme", "CSP.ImgSrc[0]: ", policyWith(func(c *csp) { c.ImgSrc = []string{"javascript:"} })},
		{"no scripts mentioned", "CSP.DefaultSrc: ", csp{ImgSrc: []string{"'self'"}}},
		{"only an upgrade", "CSP.DefaultSrc: ", csp{UpgradeInsecureRequests: true}},
		{"unknown flag", "CSP.Sandbox[0]: ", policyWith(func(c *csp) { c.Sandbox = []string{"allow-script"} })},
		{"trusted type", "CSP.TrustedTypes[0]: ", policyWith(func(c *csp) { c.TrustedTypes = []string{"a b"} })},
		{"trusted types none", "CSP.TrustedTypes: ", policyWith(func(c *csp) { c.TrustedTypes = []string{"'none'", "a"} })},
		{"unknown endpoint", "CSP.ReportTo: ", policyWith(func(c *csp) { c.ReportTo = "csp" })},
		{"report in the clear", "CSP.ReportURI[0]: ", policyWith(func(c *csp) { c.ReportURI = []string{"http://a.example/"} })},
		{"report ends policy", "CSP.ReportURI[0]: ", policyWith(func(c *csp) { c.ReportURI = []string{"/a;script-src *"} })},
		{"omitted and given", "CSP.DangerouslyOmit: ", policyWith(func(c *csp) { c.DangerouslyOmit = true })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := headers.New(headers.Config{CSP: tc.csp})
			mwtest.Faults(t, err, "headers: "+tc.fault)
			for _, leaf := range mwtest.Leaves(err) {
				if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Reason == "" || e.Fix == "" {
					t.Errorf("%v: no reason or no fix", leaf)
				}
			}
		})
	}
}

func TestAcceptedPolicies(t *testing.T) {
	type csp = headers.CSP
	for _, tc := range []struct {
		want string
		csp  csp
	}{
		{"default-src 'none'; frame-ancestors 'none'", csp{}},
		{"default-src 'none'; base-uri 'none'; sandbox", policyWith(func(c *csp) { c.Sandbox = []string{} })},
		{"default-src 'none'; base-uri 'none'; sandbox allow-forms allow-scripts", policyWith(func(c *csp) { c.Sandbox = []string{"allow-forms", "allow-scripts"} })},
		{"default-src 'none'; base-uri 'none'; trusted-types a b; require-trusted-types-for 'script'", policyWith(func(c *csp) { c.TrustedTypes, c.RequireTrustedTypes = []string{"a", "b"}, true })},
		{"default-src 'none'; base-uri 'none'; report-uri /csp?x=%20y%s https://r.example/", policyWith(func(c *csp) { c.ReportURI = []string{"/csp?x=%20y%s", "https://r.example/"} })},
		{"script-src 'self' " + emptyHash + " 'strict-dynamic'; object-src 'none'; base-uri 'self'", csp{
			ScriptSrc: []string{"'self'", emptyHash, "'strict-dynamic'"}, ObjectSrc: []string{"'none'"}, BaseURI: []string{"'self'"},
		}},
		{"default-src 'none'; script-src 'unsafe-inline' 'unsafe-hashes'; base-uri 'none'", policyWith(func(c *csp) {
			c.ScriptSrc, c.DangerouslyAllowInline = []string{"'unsafe-inline'", "'unsafe-hashes'"}, true
		})},
		{"default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval'; base-uri 'none'", policyWith(func(c *csp) {
			c.ScriptSrc, c.DangerouslyAllowEval = []string{"'unsafe-eval'", "'wasm-unsafe-eval'"}, true
		})},
		{"default-src https: data:; base-uri 'none'", policyWith(func(c *csp) {
			c.DefaultSrc, c.DangerouslyAllowBroadSources = []string{"https:", "data:"}, true
		})},
		{"default-src 'none'; style-src 'unsafe-inline' 'report-sample'; base-uri 'none'", policyWith(func(c *csp) { c.StyleSrc = []string{"'unsafe-inline'", "'report-sample'"} })},
		{"default-src 'none'; img-src * data: blob:; base-uri 'none'", policyWith(func(c *csp) { c.ImgSrc = []string{"*", "data:", "blob:"} })},
		{"default-src 'none'; connect-src wss://chat.example:8443 https://*.example:* a.example/Path/; base-uri 'none'", policyWith(func(c *csp) {
			c.ConnectSrc = []string{"wss://chat.example:8443", "https://*.example:*", "a.example/Path/"}
		})},
		{"default-src 'none'; connect-src http://localhost:5173 ws://localhost:5173; base-uri 'none'", policyWith(func(c *csp) {
			c.ConnectSrc, c.InsecureAllowHTTP = []string{"http://localhost:5173", "ws://localhost:5173"}, true
		})},
	} {
		if got := sentHeaders(mustNew(t, headers.Config{CSP: tc.csp})).Values(specCSP); len(got) != 1 || got[0] != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestReportOnly(t *testing.T) {
	const name = "content-security-policy-report-only"
	cfg := headers.Config{
		CSPReportOnly:      headers.CSP{ScriptSrc: []string{"'nonce'"}, ReportTo: "csp"},
		ReportingEndpoints: map[string]string{"csp": "https://reports.example/csp"},
	}
	h := sentHeaders(mustNew(t, cfg))
	if got := nonceInPolicy.ReplaceAllString(h.Get(name), "'nonce-N'"); got != "script-src 'nonce-N'; report-to csp" {
		t.Errorf("got %q", got)
	}
	if h.Get(specCSP) != api[specCSP] || len(h) != len(api)+2 {
		t.Errorf("got %v", h)
	}
	for _, tc := range []struct {
		fault string
		csp   headers.CSP
	}{
		{"headers: CSPReportOnly.ReportTo: ", headers.CSP{ImgSrc: []string{"'self'"}}},
		{"headers: CSPReportOnly: ", headers.CSP{ImgSrc: []string{"'self'"}, ReportURI: []string{"/r"}, UpgradeInsecureRequests: true}},
		{"headers: CSPReportOnly: ", headers.CSP{ReportURI: []string{"/r"}, Sandbox: []string{}}},
		{"headers: CSPReportOnly.DangerouslyOmit: ", headers.CSP{DangerouslyOmit: true}},
		{"headers: CSPReportOnly.ScriptSrc[0]: ", headers.CSP{ScriptSrc: []string{"self"}, ReportURI: []string{"/r"}}},
	} {
		_, err := headers.New(headers.Config{CSPReportOnly: tc.csp})
		mwtest.Faults(t, err, tc.fault)
	}
}
