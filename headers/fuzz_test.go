package headers_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/field"
)

// FuzzSource asserts that an accepted source is sent unchanged: as one word, in
// its own directive only, in a header that can be sent.
func FuzzSource(f *testing.F) {
	for _, s := range []string{"'self'", "self", "'none'", "'nonce'", "'nonce-a'", emptyHash, "data:", "https://a.example:8443/p", "*.a.example",
		"a;b", "a,b", "a b", "a\r\nb", "\x00", "", "'", "''", "http://a", "HTTPS://A", "'Self'", "https://*", "é", "a.example/%2c%3b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := headers.New(headers.Config{CSP: headers.CSP{
			DefaultSrc: []string{"'none'"}, ScriptSrc: []string{s}, StyleSrc: []string{s}, ImgSrc: []string{s},
			ScriptSrcAttr: []string{"*"}, DangerouslyAllowBroadSources: true, // one is used by the other
			ConnectSrc: []string{"http://used.example"}, InsecureAllowHTTP: true,
			BaseURI: []string{"'none'"},
		}})
		if err != nil {
			return
		}
		got := sentHeaders(m).Get(specCSP)
		want := "default-src 'none'; script-src " + s + "; script-src-attr *; style-src " + s + "; img-src " + s +
			"; connect-src http://used.example; base-uri 'none'"
		if got != want || !field.Value(got) || len(strings.Fields(s)) != 1 || strings.ContainsAny(s, ";,") {
			t.Errorf("source %q became %q", s, got)
		}
		if strings.Contains(s, "'") && s != "'self'" && s != "'none'" {
			t.Errorf("%q was accepted for images", s)
		}
	})
}

// FuzzValues asserts that an accepted value is sent unchanged, and as the only
// value of its header.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"no-store", "private, max-age=60", "max-age=31536000; includeSubDomains; preload", "DENY", "/v2", "https://a.example/", "a\r\nb", "\x00", "off", "*", "self"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || s == headers.Off {
			return
		}
		for name, cfg := range map[string]headers.Config{
			specCache:             {CacheControl: s},
			specHSTS:              {StrictTransportSecurity: s},
			specReferrer:          {ReferrerPolicy: s},
			specFeatures:          {PermissionsPolicy: map[string][]string{"camera": {s}}},
			"reporting-endpoints": {ReportingEndpoints: map[string]string{"csp": s}},
		} {
			m, err := headers.New(cfg)
			if err != nil {
				continue
			}
			got := sentHeaders(m)
			if v := got.Values(name); len(v) != 1 || !field.Value(v[0]) || !strings.Contains(v[0], s) || strings.Count(v[0], `"`) > 2 {
				t.Errorf("%s: %q became %q", name, s, v)
			}
		}
	})
}
