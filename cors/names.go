package cors

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

const notToken = "not a token (RFC 9110, section 5.6.2)"

// setMethods compiles Methods and reports its faults. The safelisted methods GET,
// HEAD and POST are always allowed: a browser does not look for them in the
// response, and sends a preflight with such a method only because of the headers.
func (p *policy) setMethods(list []string, f *httperr.ConfigFaults) {
	p.methods = map[string]struct{}{http.MethodGet: {}, http.MethodHead: {}, http.MethodPost: {}}
	seen := make(map[string]int)
	for i, s := range list {
		upper := strings.ToUpper(s)
		var reason, fix string
		switch {
		case s == "*":
			reason, fix = "a method cannot be a wildcard", "list the methods"
		case !field.Token(s):
			reason, fix = notToken, "write one method per element"
		case upper == http.MethodConnect || upper == http.MethodTrace || upper == "TRACK":
			reason, fix = "browsers never send it", "remove it"
		case upper != s && !normalised(upper):
			// Browsers do not convert this method to upper case: a script that
			// says "patch" sends "patch", and a script that says "PATCH" sends
			// "PATCH". So "patch" in the list would deny the second script,
			// and reading it as "PATCH" would deny the first.
			reason, fix = "methods are case-sensitive", fmt.Sprintf("write %q instead", upper)
		default:
			reason, fix = givenTwice(seen, upper, i, "Methods")
		}
		if reason != "" {
			f.Add(fmt.Sprintf("Methods[%d]", i), redacted(s), reason, fix)
			continue
		}
		p.methods[upper] = struct{}{}
	}
}

// givenTwice returns the flaw of element i of a list if seen has its value already.
func givenTwice(seen map[string]int, value string, i int, list string) (reason, fix string) {
	if first, ok := seen[value]; ok {
		return fmt.Sprintf("%s[%d] is the same", list, first), "remove one of them"
	}
	seen[value] = i
	return "", ""
}

// normalised reports whether browsers turn a method into upper case (Fetch
// standard, section 2.2.1). They do not do so for PATCH.
func normalised(upper string) bool {
	switch upper {
	case http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut:
		return true
	}
	return false
}

// setHeaders compiles RequestHeaders and reports its faults.
func (p *policy) setHeaders(list []string, credentials bool, f *httperr.ConfigFaults) {
	p.headers = make(map[string]struct{}, len(list))
	seen := make(map[string]int)
	for i, s := range list {
		name := field.Lower(s)
		var reason, fix string
		switch {
		case name == "*" && credentials:
			reason, fix = "with Credentials it would only mean a header of that name", "list the headers"
		case name == "*":
			p.anyHeader = true
			continue
		case !field.Token(name):
			reason, fix = notToken, "write one header name per element"
		case strings.HasPrefix(name, "access-control-") && !strings.HasPrefix(name, "access-control-request-"):
			reason, fix = "this is a response header", "remove it"
		case forbiddenRequest(name):
			reason, fix = "browsers never let scripts set it", "remove it"
		default:
			reason, fix = givenTwice(seen, name, i, "RequestHeaders")
		}
		if reason != "" {
			f.Add(fmt.Sprintf("RequestHeaders[%d]", i), redacted(s), reason, fix)
			continue
		}
		p.headers[name] = struct{}{}
	}
}

// forbiddenRequest reports whether name is a forbidden request-header of the
// Fetch standard, section 2.2.2. X-HTTP-Method-Override and similar headers are
// not included, because only some of their values are forbidden.
func forbiddenRequest(name string) bool {
	switch name {
	case "accept-charset", "accept-encoding", "connection", "content-length", "cookie", "cookie2",
		"date", "dnt", "expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te",
		"trailer", "transfer-encoding", "upgrade", "via":
		return true
	}
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-") ||
		strings.HasPrefix(name, "access-control-request-")
}

// checkExposed reports the faults of ExposeHeaders.
func checkExposed(cfg *Config, f *httperr.ConfigFaults) {
	credentials := cfg.Credentials
	if cfg.ExposeOwn && slices.Contains(cfg.ExposeHeaders, "*") {
		f.Add("ExposeOwn", nil, `"*" in ExposeHeaders stands for these headers too`, "leave it out")
	}
	seen := make(map[string]int)
	for i, s := range cfg.ExposeHeaders {
		name := field.Lower(s)
		var reason, fix string
		switch {
		case name == "*" && credentials:
			reason, fix = "with Credentials it would only mean a header of that name", "list the headers"
		case !field.Token(name):
			reason, fix = notToken, "write one header name per element"
		case name == "set-cookie" || name == "set-cookie2":
			reason, fix = "it cannot be exposed", "remove it"
		case strings.HasPrefix(name, "access-control-"):
			reason, fix = "it speaks to the browser and not to scripts", "remove it"
		case requestOnly(name):
			reason, fix = "not a response header", "remove it"
		default:
			reason, fix = givenTwice(seen, name, i, "ExposeHeaders")
		}
		if reason != "" {
			f.Add(fmt.Sprintf("ExposeHeaders[%d]", i), redacted(s), reason, fix)
		}
	}
}

// requestOnly reports whether name is a request header that has no meaning in
// a response, according to RFC 9110 and related standards.
func requestOnly(name string) bool {
	switch name {
	case "authorization", "cookie", "expect", "forwarded", "from", "host", "if-match", "if-modified-since",
		"if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin",
		"proxy-authorization", "range", "referer", "te", "user-agent":
		return true
	}
	return strings.HasPrefix(name, "sec-fetch-")
}

func checkMaxAge(d time.Duration, f *httperr.ConfigFaults) {
	const advice = "use 0 for the browser's default, -1 to forbid caching, or whole seconds up to 24h"
	switch {
	case d < -1:
		f.Add("MaxAge", d, "negative", advice)
	case d > 24*time.Hour:
		f.Add("MaxAge", d, "longer than any browser remembers", advice)
	case d > 0 && d%time.Second != 0:
		f.Add("MaxAge", d, "not whole seconds", advice)
	}
}
