package headers

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// nonceSource stands for the nonce of the request. It is not a valid source of
// CSP, so the two cannot be confused.
const nonceSource = "'nonce'"

// keywords maps each quoted source of CSP Level 3, section 2.3.1, to the kinds
// of directives that understand it.
var keywords = map[string][]kind{
	"'self'":             {plain, script, style, narrow},
	"'none'":             {plain, script, style, narrow},
	nonceSource:          {script, style},
	"'unsafe-inline'":    {script, style},
	"'unsafe-hashes'":    {script, style},
	"'report-sample'":    {script, style},
	"'strict-dynamic'":   {script},
	"'unsafe-eval'":      {script},
	"'wasm-unsafe-eval'": {script},
}

// schemes are the accepted scheme sources. Without such a list, any word before
// a colon would be a scheme, such as the localhost of localhost:8080.
var schemes = []string{"https:", "wss:", "data:", "blob:", "mediastream:", "filesystem:", "http:", "ws:"}

// hostSource follows the rule host-source of CSP, but only in lower case up to
// the path. Browsers ignore case, so two spellings of one host would be the
// same source given twice.
var hostSource = regexp.MustCompile(`^((https|wss|http|ws)://)?` +
	`(\*|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)` +
	`(:([0-9]{1,5}|\*))?` +
	`(/[A-Za-z0-9/._~!$&()+:@%=*-]*)?$`)

func (c *CSP) check(f *faults, field string, d directive) {
	hasNonceOrHash := false
	for i, s := range d.sources {
		at := fmt.Sprintf("%s[%d]", field, i)
		hasNonceOrHash = hasNonceOrHash || s == nonceSource || validHash(s)
		switch reason, fix := c.sourceFault(s, d); {
		case reason != "":
			f.Add(at, s, reason, fix)
		case s == "'none'" && len(d.sources) > 1:
			f.Add(at, s, "'none' stands beside another source, and browsers then skip it", "remove one of them")
		case slices.Contains(d.sources[:i], s):
			f.Add(at, s, "given twice", "remove one of them")
		}
	}
	if slices.Contains(d.sources, "'strict-dynamic'") && !hasNonceOrHash {
		f.Add(field, "'strict-dynamic'", "without a nonce or a hash it blocks every script", `add "'nonce'"`)
	}
}

// sourceFault returns the reason why d must not have the source s, and a fix.
// Both are empty if d may have it.
func (c *CSP) sourceFault(s string, d directive) (reason, fix string) {
	quoted := "'" + strings.Trim(strings.ToLower(s), "'") + "'"
	_, keyword := keywords[quoted]
	switch {
	case strings.ContainsAny(s, ";, \t\r\n"):
		return "a source may not contain ; , or white space: it would end there", "give each source as an element of its own"
	case keyword && s != quoted:
		return "a keyword is quoted and in lower case, or it is the name of a host", "write " + quoted
	case strings.HasPrefix(quoted, "'nonce-"):
		return "a nonce must be new for each request", "write " + nonceSource
	case strings.HasPrefix(quoted, "'sha256-"), strings.HasPrefix(quoted, "'sha384-"), strings.HasPrefix(quoted, "'sha512-"):
		if !validHash(s) {
			return "not the hash of anything", "write 'sha256-', the base64 of 32 bytes, and a quote"
		}
		keyword, quoted = true, nonceSource
	}
	switch {
	case keyword && !slices.Contains(keywords[quoted], d.kind):
		return "browsers skip this source in " + d.name, "remove it"
	case keyword:
		return c.keywordFault(s, d)
	case !slices.Contains(schemes, s) && s != "*" && !hostSource.MatchString(s):
		return "neither a keyword, a scheme nor a host", "write it as \"'self'\", \"data:\" or \"https://host.example\""
	case (strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "ws:")) && !c.InsecureAllowHTTP:
		return "whoever is on the way can change what comes over plain HTTP", "write https or wss, or set InsecureAllowHTTP"
	case broadSource(s) && (d.kind == script || d.kind == narrow) && !c.DangerouslyAllowBroadSources:
		return "anybody can serve from there, so that " + d.name + " protects nothing",
			"name the hosts, or set DangerouslyAllowBroadSources"
	}
	return "", ""
}

// keywordFault returns the reason and the fix for the keywords that would let
// injected scripts run, unless the policy allows them.
func (c *CSP) keywordFault(s string, d directive) (reason, fix string) {
	inline := d.kind == script && (s == "'unsafe-inline'" || s == "'unsafe-hashes'")
	switch {
	case inline && !c.DangerouslyAllowInline:
		return "injected markup could run scripts", "write " + nonceSource + ", or set DangerouslyAllowInline"
	case s == "'unsafe-eval'" && !c.DangerouslyAllowEval:
		return "injected text could run as a script", "do without eval, or set DangerouslyAllowEval"
	}
	return "", ""
}

// broadSource reports whether an attacker can serve content from s too.
func broadSource(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		rest = s
	}
	return slices.Contains(schemes, s) || rest == "*" || strings.HasPrefix(rest, "*:") || strings.HasPrefix(rest, "*/")
}

// validHash reports whether s is a hash source whose length fits its algorithm.
func validHash(s string) bool {
	for prefix, size := range map[string]int{"'sha256-": 32, "'sha384-": 48, "'sha512-": 64} {
		if text, ok := strings.CutPrefix(s, prefix); ok {
			sum, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(text, "'"))
			return err == nil && len(sum) == size && strings.HasSuffix(text, "'")
		}
	}
	return false
}

// validReportURL reports whether s is an https URL or an absolute path that can
// be written into a policy or a structured string.
func validReportURL(s string) bool {
	if strings.Trim(s, alphanumeric+"/:.-_~?&=%+@[]") != "" {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil {
		return false
	}
	httpsURL := u.Scheme == "https" && u.Hostname() != ""
	path := u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	return httpsURL || path
}
