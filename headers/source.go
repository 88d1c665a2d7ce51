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

// nonceSource stands for the nonce of the request. It is no valid source, so
// it cannot be mistaken for one, nor one for it.
const nonceSource = "'nonce'"

// keywords are the quoted sources of CSP Level 3, section 2.3.1, and the least
// kinds of directive that they mean something in.
var keywords = map[string][]kind{
	"'self'":             {plain, script, style, broad},
	"'none'":             {plain, script, style, broad},
	nonceSource:          {script, style},
	"'unsafe-inline'":    {script, style},
	"'unsafe-hashes'":    {script, style},
	"'report-sample'":    {script, style},
	"'strict-dynamic'":   {script},
	"'unsafe-eval'":      {script},
	"'wasm-unsafe-eval'": {script},
}

// schemes are the scheme sources that pages have a use for. Any word before a
// colon would otherwise be one, such as the localhost of localhost:8080.
var schemes = []string{"https:", "wss:", "data:", "blob:", "mediastream:", "filesystem:", "http:", "ws:"}

// host follows host-source, in lower case up to the path: browsers fold case,
// so that two spellings of one host would be a source given twice.
var host = regexp.MustCompile(`^((https|wss|http|ws)://)?(\*|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(:([0-9]{1,5}|\*))?(/[A-Za-z0-9/._~!$&()+:@%=*-]*)?$`)

func (c *CSP) check(f *faults, field string, d directive) {
	bound := false // scripts are bound to a nonce or a hash
	for i, s := range d.sources {
		at := fmt.Sprintf("%s[%d]", field, i)
		bound = bound || s == nonceSource || hash(s)
		switch reason, fix := c.refuse(s, d); {
		case reason != "":
			f.Add(at, s, reason, fix)
		case s == "'none'" && len(d.sources) > 1:
			f.Add(at, s, "'none' stands beside another source, and browsers then skip it", "remove one of them")
		case slices.Contains(d.sources[:i], s):
			f.Add(at, s, "given twice", "remove one of them")
		}
	}
	if slices.Contains(d.sources, "'strict-dynamic'") && !bound {
		f.Add(field, "'strict-dynamic'", "without a nonce or a hash it blocks every script", `add "'nonce'"`)
	}
}

// refuse returns why s is refused as a source of d and what to do, or "".
func (c *CSP) refuse(s string, d directive) (reason, fix string) {
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
		if !hash(s) {
			return "not the hash of anything", "write 'sha256-', the base64 of 32 bytes, and a quote"
		}
		keyword, quoted = true, nonceSource
	}
	switch {
	case keyword && !slices.Contains(keywords[quoted], d.kind):
		return "browsers skip this source in " + d.name, "remove it"
	case keyword:
		return c.dangerous(s, d)
	case !slices.Contains(schemes, s) && s != "*" && !host.MatchString(s):
		return "neither a keyword, a scheme nor a host", "write it as \"'self'\", \"data:\" or \"https://host.example\""
	case insecure(s) && !c.InsecureAllowHTTP:
		return "whoever is on the way can change what comes over plain HTTP", "write https or wss, or set InsecureAllowHTTP"
	case broadSource(s) && (d.kind == script || d.kind == broad) && !c.DangerouslyAllowBroadSources:
		return "anybody can serve from there, so that " + d.name + " protects nothing", "name the hosts, or set DangerouslyAllowBroadSources"
	}
	return "", ""
}

// dangerous judges the keywords that give scripts away.
func (c *CSP) dangerous(s string, d directive) (reason, fix string) {
	if d.kind != script {
		return "", ""
	}
	switch s {
	case "'unsafe-inline'", "'unsafe-hashes'":
		if !c.DangerouslyAllowInline {
			return "injected markup could run scripts", "write " + nonceSource + ", or set DangerouslyAllowInline"
		}
	case "'unsafe-eval'":
		if !c.DangerouslyAllowEval {
			return "injected text could run as a script", "do without eval, or set DangerouslyAllowEval"
		}
	}
	return "", ""
}

func insecure(s string) bool {
	return strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "ws:")
}

// broadSource reports whether anybody can serve from s.
func broadSource(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		rest = s
	}
	return slices.Contains(schemes, s) || rest == "*" || strings.HasPrefix(rest, "*:") || strings.HasPrefix(rest, "*/")
}

// hash reports whether s is a hash source of the length that its name promises.
func hash(s string) bool {
	for prefix, size := range map[string]int{"'sha256-": 32, "'sha384-": 48, "'sha512-": 64} {
		if text, ok := strings.CutPrefix(s, prefix); ok {
			sum, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(text, "'"))
			return err == nil && len(sum) == size && strings.HasSuffix(text, "'")
		}
	}
	return false
}

// reportURL reports whether s can be written into a policy or a structured
// string as the place that reports go to.
func reportURL(s string) bool {
	if strings.Trim(s, alphanumeric+"/:.-_~?&=%+@[]") != "" {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil {
		return false
	}
	return u.Scheme == "https" && u.Hostname() != "" || u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}
