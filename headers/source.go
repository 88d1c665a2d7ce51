package headers

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// nonceSource stands for the nonce of the request. It is not a valid source of
// CSP, so the two cannot be confused.
const nonceSource = "'nonce'"

// keywords maps each quoted source to the kinds of directives that understand it: the
// keywords of CSP Level 3, section 2.3.1, and of Speculation Rules, as of December 2026.
// Left out are 'unsafe-allow-redirects', whose directive is gone, and
// 'unsafe-webtransport-hashes', which no browser implements.
var keywords = map[string][]kind{
	"'self'":                     {plain, script, style, narrow},
	"'none'":                     {plain, script, style, narrow},
	nonceSource:                  {script, style},
	unsafeInline:                 {script, style},
	"'unsafe-hashes'":            {script, style},
	"'report-sample'":            {script, style},
	strictDynamic:                {script},
	"'unsafe-eval'":              {script},
	"'wasm-unsafe-eval'":         {script},
	trustedTypesEval:             {script},
	"'inline-speculation-rules'": {script},
	"'report-sha256'":            {script},
	"'report-sha384'":            {script},
	"'report-sha512'":            {script},
}

const (
	unsafeInline     = "'unsafe-inline'"
	strictDynamic    = "'strict-dynamic'"
	trustedTypesEval = "'trusted-types-eval'"
)

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

// check checks the sources of one directive, and notes in used which of the fields
// Insecure… and Dangerously… they need.
func (c *CSP) check(f *faults, field string, d directive, used *risks) {
	for i, s := range d.sources {
		at := fmt.Sprintf("%s[%d]", field, i)
		needed := d.risksOf(s)
		used.add(needed)
		switch reason, fix := c.sourceFault(s, d, needed); {
		case reason != "":
			f.Add(at, s, reason, fix)
		case s == "'none'" && len(d.sources) > 1:
			f.Add(at, s, "'none' stands beside another source, and browsers then skip it", "remove one of them")
		case slices.Contains(d.sources[:i], s):
			f.Add(at, s, "given twice", "remove one of them")
		case s == trustedTypesEval && !c.RequireTrustedTypes:
			f.Add(at, s, "it allows nothing without Trusted Types", "set RequireTrustedTypes, or remove it")
		}
	}
	if slices.Contains(d.sources, strictDynamic) && !d.hasNonceOrHash() {
		f.Add(field, strictDynamic, "without a nonce or a hash it blocks every script", `add "'nonce'"`)
	}
}

// sourceFault returns the reason why d must not have the source s, and a fix.
// Both are empty if d may have it.
func (c *CSP) sourceFault(s string, d directive, needed risks) (reason, fix string) {
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
	case !keyword && !slices.Contains(schemes, s) && s != "*" && !hostSource.MatchString(s):
		return "neither a keyword, a scheme nor a host", "write it as \"'self'\", \"data:\" or \"https://host.example\""
	case !validPort(s):
		return "a port is 1-65535 without leading zeros, or *", "write the port that the server listens on"
	}
	return c.riskFault(d, needed)
}

// validPort reports whether the port of a host source, if it has one, is a port.
func validPort(s string) bool {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	authority, _, _ := strings.Cut(s, "/")
	_, port, ok := strings.Cut(authority, ":")
	if !ok || port == "*" || port == "" { // the colon of a scheme has nothing behind it
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == port
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
