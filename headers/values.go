package headers

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A choice is a header that has one of a few values.
type choice struct {
	field, header string
	value         func(*Config) *string
	fallback      string   // the default, also the value in API; "" sends no header
	allowed       []string // the values that are safe and that browsers honour
	reports       bool     // the name of a reporting endpoint may follow the value
	onlyReports   bool     // the name of a reporting endpoint must follow the value
}

var (
	openerPolicies   = []string{"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"}
	embedderPolicies = []string{"require-corp", "credentialless", "unsafe-none"}
)

var choices = [...]choice{{
	field: "ContentTypeOptions", header: "X-Content-Type-Options", value: func(c *Config) *string { return &c.ContentTypeOptions },
	fallback: "nosniff", allowed: []string{"nosniff"},
}, {
	field: "FrameOptions", header: "X-Frame-Options", value: func(c *Config) *string { return &c.FrameOptions },
	fallback: "DENY", allowed: []string{"DENY", "SAMEORIGIN"},
}, {
	field: "ReferrerPolicy", header: "Referrer-Policy", value: func(c *Config) *string { return &c.ReferrerPolicy },
	fallback: "no-referrer", allowed: []string{
		"no-referrer", "same-origin", "origin", "strict-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin",
	},
}, {
	field: "CrossOriginResourcePolicy", header: "Cross-Origin-Resource-Policy",
	value:    func(c *Config) *string { return &c.CrossOriginResourcePolicy },
	fallback: "same-origin", allowed: []string{"same-origin", "same-site", "cross-origin"},
}, {
	field: "CrossOriginOpenerPolicy", header: "Cross-Origin-Opener-Policy",
	value: func(c *Config) *string { return &c.CrossOriginOpenerPolicy }, allowed: openerPolicies, reports: true,
}, {
	field: "CrossOriginOpenerPolicyReportOnly", header: "Cross-Origin-Opener-Policy-Report-Only",
	value: func(c *Config) *string { return &c.CrossOriginOpenerPolicyReportOnly }, allowed: openerPolicies, onlyReports: true,
}, {
	field: "CrossOriginEmbedderPolicy", header: "Cross-Origin-Embedder-Policy",
	value: func(c *Config) *string { return &c.CrossOriginEmbedderPolicy }, allowed: embedderPolicies, reports: true,
}, {
	field: "CrossOriginEmbedderPolicyReportOnly", header: "Cross-Origin-Embedder-Policy-Report-Only",
	value: func(c *Config) *string { return &c.CrossOriginEmbedderPolicyReportOnly }, allowed: embedderPolicies, onlyReports: true,
}, {
	field: "OriginAgentCluster", header: "Origin-Agent-Cluster",
	value: func(c *Config) *string { return &c.OriginAgentCluster }, allowed: []string{"?1", "?0"},
}, {
	field: "PermittedCrossDomainPolicies", header: "X-Permitted-Cross-Domain-Policies",
	value:   func(c *Config) *string { return &c.PermittedCrossDomainPolicies },
	allowed: []string{"none", "none-this-response", "master-only", "by-content-type"},
}}

const defaultCache = "no-store"

// compileChoice returns the value of the header c, or "" if it is not sent.
func (f *faults) compileChoice(c choice, cfg *Config) string {
	value := *c.value(cfg)
	if value == "" {
		value = c.fallback
	}
	if value == "" || value == Off {
		return value
	}
	word, name := value, ""
	if c.reports || c.onlyReports {
		if before, after, ok := strings.Cut(value, `; report-to="`); ok && strings.HasSuffix(after, `"`) {
			word, name = before, strings.TrimSuffix(after, `"`)
		}
	}
	switch _, known := cfg.ReportingEndpoints[name]; {
	case !slices.Contains(c.allowed, word):
		f.Add(c.field, value, "not a value of this header that a browser honours and that is safe",
			"write "+strings.Join(c.allowed, ", ")+" or headers.Off")
	case c.onlyReports && name == "":
		f.Add(c.field, value, "a policy that is only reported on reports to nobody",
			`add ; report-to="name", with a name of ReportingEndpoints`)
	case name != "" && !known:
		f.Add(c.field, value, "no reporting endpoint has this name", "add it to ReportingEndpoints")
	}
	return value
}

// cacheDirectives maps each directive of Cache-Control to whether it takes
// seconds.
var cacheDirectives = map[string]bool{
	"no-store": false, "no-cache": false, "private": false, "public": false, "no-transform": false,
	"must-revalidate": false, "proxy-revalidate": false, "must-understand": false, "immutable": false,
	"max-age": true, "s-maxage": true, "stale-while-revalidate": true, "stale-if-error": true,
}

func (f *faults) compileCacheControl(cfg *Config) string {
	const field = "CacheControl"
	value := cfg.CacheControl
	if (cfg.CSP.hasNonce() || cfg.CSPReportOnly.hasNonce()) && value != "" && !keepsNothing(value) {
		f.Add(field, value, "a stored page would come back with another nonce than its policy, and its scripts would not run",
			"write no-store, or write hashes instead of "+nonceSource)
	}
	switch value {
	case "":
		return defaultCache
	case Off:
		return value
	}
	var seen []string
	for part := range strings.SplitSeq(value, ", ") {
		name, seconds, hasSeconds := strings.Cut(part, "=")
		takesSeconds, known := cacheDirectives[name]
		_, err := strconv.ParseUint(seconds, 10, 31)
		switch {
		case !known || hasSeconds != takesSeconds || hasSeconds && err != nil:
			f.Add(field, value, "caches skip what they do not know, such as "+strconv.Quote(part),
				"write directives of RFC 9111 like no-store or private, max-age=60")
			return value
		case slices.Contains(seen, name):
			f.Add(field, value, name+" is given twice", "remove one of them")
			return value
		}
		seen = append(seen, name)
	}
	if slices.Contains(seen, "public") && (slices.Contains(seen, "private") || slices.Contains(seen, "no-store")) {
		f.Add(field, value, "public contradicts the rest", "remove it")
	}
	return value
}

// keepsNothing reports whether no cache stores a response with this Cache-Control. A cache
// that knows must-understand does not obey the no-store beside it (RFC 9111, section 5.2.2.3).
func keepsNothing(value string) bool {
	noStore := false
	for directive := range strings.SplitSeq(value, ",") {
		switch directive = strings.Trim(directive, " \t"); {
		case strings.EqualFold(directive, "no-store"):
			noStore = true
		case strings.EqualFold(directive, "must-understand"):
			return false
		}
	}
	return noStore
}

// endpointName follows the rule key of RFC 9651, section 3.1.2.
var endpointName = regexp.MustCompile(`^[a-z*][a-z0-9_.*-]*$`)

func (f *faults) compileReporting(endpoints map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		at := "ReportingEndpoints[" + strconv.Quote(name) + "]"
		if !endpointName.MatchString(name) {
			f.Add(at, nil, "the name is not a key of a structured field", "use lower-case letters, digits and -_.*")
		}
		if !validReportURL(endpoints[name]) {
			f.Add(at, endpoints[name], "not an https URL or an absolute path", "write https://… or /…")
		}
		parts = append(parts, name+`="`+endpoints[name]+`"`)
	}
	return strings.Join(parts, ", ")
}
