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
}

var choices = [...]choice{
	{
		"ContentTypeOptions", "X-Content-Type-Options", func(c *Config) *string { return &c.ContentTypeOptions },
		"nosniff", []string{"nosniff"},
	}, {
		"FrameOptions", "X-Frame-Options", func(c *Config) *string { return &c.FrameOptions },
		"DENY", []string{"DENY", "SAMEORIGIN"},
	}, {
		"ReferrerPolicy", "Referrer-Policy", func(c *Config) *string { return &c.ReferrerPolicy },
		"no-referrer", []string{
			"no-referrer", "same-origin", "origin", "strict-origin",
			"origin-when-cross-origin", "strict-origin-when-cross-origin",
		},
	}, {
		"CrossOriginResourcePolicy", "Cross-Origin-Resource-Policy", func(c *Config) *string { return &c.CrossOriginResourcePolicy },
		"same-origin", []string{"same-origin", "same-site", "cross-origin"},
	}, {
		"CrossOriginOpenerPolicy", "Cross-Origin-Opener-Policy", func(c *Config) *string { return &c.CrossOriginOpenerPolicy },
		"", []string{"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"},
	}, {
		"CrossOriginEmbedderPolicy", "Cross-Origin-Embedder-Policy", func(c *Config) *string { return &c.CrossOriginEmbedderPolicy },
		"", []string{"require-corp", "credentialless", "unsafe-none"},
	},
}

const defaultCache = "no-store"

// compileChoice returns the value of the header c, or "" if it is not sent.
func (f *faults) compileChoice(c choice, value string) string {
	if value == "" {
		value = c.fallback
	}
	if value != "" && value != Off && !slices.Contains(c.allowed, value) {
		f.Add(c.field, value, "not a value of this header that a browser honours and that is safe",
			"write "+strings.Join(c.allowed, ", ")+" or headers.Off")
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

func (f *faults) compileCacheControl(value string) string {
	const field = "CacheControl"
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
