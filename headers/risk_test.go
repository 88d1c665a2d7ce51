package headers_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Anyone can register a name under a public suffix.
func TestWildcardsOfPublicSuffixes(t *testing.T) {
	type csp = headers.CSP
	for source, broad := range map[string]bool{
		"*.com": true, "https://*.github.io": true, "*.co.uk:443": true, "https://*.corp/js/": true,
		"*.example.com": false, "https://*.sallyport.github.io": false, "*.localhost": false, "https://github.io": false,
	} {
		for field, set := range map[string]func(*csp){
			"ScriptSrc": func(c *csp) { c.ScriptSrc = []string{source} },
			"ObjectSrc": func(c *csp) { c.ObjectSrc = []string{source} },
			"BaseURI":   func(c *csp) { c.BaseURI = []string{source} },
		} {
			var want []string
			if broad {
				want = []string{"headers: CSP." + field + "[0]: "}
			}
			_, err := headers.New(headers.Config{CSP: policyWith(set)})
			mwtest.Faults(t, err, want...)
			_, err = headers.New(headers.Config{CSP: policyWith(func(c *csp) { set(c); c.DangerouslyAllowBroadSources = broad })})
			mwtest.Faults(t, err)
		}
		_, err := headers.New(headers.Config{CSP: policyWith(func(c *csp) { c.ImgSrc = []string{source} })})
		mwtest.Faults(t, err) // as for "*", images need no such rule
	}
}

func TestPortsOfSources(t *testing.T) {
	for source, valid := range map[string]bool{
		"https://a.example:1": true, "a.example:65535/p:99999/": true, "*:8443": true, "https://a.example:*": true,
		"https://a.example:99999": false, "a.example:65536": false, "a.example:0": false, "wss://a.example:0443": false, "a.example:70000/p": false,
	} {
		var want []string
		if !valid {
			want = []string{"headers: CSP.ConnectSrc[0]: "}
		}
		_, err := headers.New(headers.Config{CSP: policyWith(func(c *headers.CSP) { c.ConnectSrc = []string{source} })})
		mwtest.Faults(t, err, want...)
	}
}

// The keywords that browsers knew in December 2026 need no Dangerously field, and neither
// does the fallback of the strict policy for old browsers, which others skip.
func TestCurrentKeywordsAndFallback(t *testing.T) {
	type csp = headers.CSP
	for _, tc := range []struct {
		name   string
		change func(*csp)
		faults []string
	}{
		{"speculation rules", func(c *csp) { c.ScriptSrc = []string{"'self'", "'inline-speculation-rules'"} }, nil},
		{"hashes in reports", func(c *csp) {
			c.ScriptSrc = []string{"'self'", "'report-sha256'", "'report-sha384'", "'report-sha512'"}
		}, nil},
		{"eval of trusted types", func(c *csp) { c.ScriptSrc, c.RequireTrustedTypes = []string{"'self'", "'trusted-types-eval'"}, true }, nil},
		{"eval of trusted types that are off", func(c *csp) { c.ScriptSrc = []string{"'self'", "'trusted-types-eval'"} },
			[]string{"headers: CSP.ScriptSrc[1]: "}},
		{"for styles", func(c *csp) { c.StyleSrc = []string{"'inline-speculation-rules'"} }, []string{"headers: CSP.StyleSrc[0]: "}},

		{"strict policy", func(c *csp) { c.ScriptSrc = []string{"'nonce'", "'strict-dynamic'", "https:", "'unsafe-inline'"} }, nil},
		{"strict policy with a hash", func(c *csp) { c.ScriptSrc = []string{emptyHash, "'strict-dynamic'", "https:", "'unsafe-inline'"} }, nil},
		{"https without strict-dynamic", func(c *csp) { c.ScriptSrc = []string{"'nonce'", "https:", "'unsafe-inline'"} },
			[]string{"headers: CSP.ScriptSrc[1]: "}},
		{"inline without a nonce", func(c *csp) { c.ScriptSrc = []string{"'self'", "'unsafe-inline'"} }, []string{"headers: CSP.ScriptSrc[1]: "}},
		// strict-dynamic does not concern the frames and plug-ins that default-src covers.
		{"as the default", func(c *csp) { c.DefaultSrc = []string{"'nonce'", "'strict-dynamic'", "https:"} }, []string{"headers: CSP.DefaultSrc[2]: "}},
		{"strict-dynamic alone", func(c *csp) { c.ScriptSrc = []string{"'strict-dynamic'", "https:", "'unsafe-inline'"} },
			[]string{"headers: CSP.ScriptSrc: ", "headers: CSP.ScriptSrc[2]: "}},
		{"unsafe-hashes beside a hash", func(c *csp) { c.ScriptSrc = []string{emptyHash, "'unsafe-hashes'"} }, []string{"headers: CSP.ScriptSrc[1]: "}},
		{"eval beside a nonce", func(c *csp) { c.ScriptSrc = []string{"'nonce'", "'unsafe-eval'"} }, []string{"headers: CSP.ScriptSrc[1]: "}},
	} {
		_, err := headers.New(headers.Config{CSP: policyWith(tc.change)})
		t.Run(tc.name, func(t *testing.T) { mwtest.Faults(t, err, tc.faults...) })
	}
}
