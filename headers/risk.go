package headers

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// risks are the fields Insecure… and Dangerously… of a CSP that its sources need.
type risks struct{ http, inline, eval, broad bool }

func (r *risks) add(other risks) {
	r.http, r.inline = r.http || other.http, r.inline || other.inline
	r.eval, r.broad = r.eval || other.eval, r.broad || other.broad
}

// risksOf returns the fields that the source s needs in d. A source that browsers skip
// because of another source of d needs none (CSP Level 3, sections 6.7.3.2 and 8.2).
func (d *directive) risksOf(s string) risks {
	void := slices.Contains(d.sources, strictDynamic) && (d.field == "ScriptSrc" || d.field == "ScriptSrcElem")
	return risks{
		http:   strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "ws:"),
		inline: d.kind == script && (s == unsafeInline && !d.hasNonceOrHash() || s == "'unsafe-hashes'"),
		eval:   s == "'unsafe-eval'",
		broad:  (d.kind == script && !void || d.kind == narrow) && broadSource(s),
	}
}

func (d *directive) hasNonceOrHash() bool {
	return slices.ContainsFunc(d.sources, func(s string) bool { return s == nonceSource || validHash(s) })
}

// riskFault returns the reason and the fix for a source whose field is not set.
func (c *CSP) riskFault(d directive, needed risks) (reason, fix string) {
	switch {
	case needed.http && !c.InsecureAllowHTTP:
		return "whoever is on the way can change what comes over plain HTTP", "write https or wss, or set InsecureAllowHTTP"
	case needed.broad && !c.DangerouslyAllowBroadSources:
		return "anybody can serve from there, so that " + d.name + " protects nothing",
			"name the hosts, or set DangerouslyAllowBroadSources"
	case needed.inline && !c.DangerouslyAllowInline:
		return "injected markup could run scripts", "write " + nonceSource + ", or set DangerouslyAllowInline"
	case needed.eval && !c.DangerouslyAllowEval:
		return "injected text could run as a script", "do without eval, or set DangerouslyAllowEval"
	}
	return "", ""
}

// checkUnused adds a fault for each field Insecure… or Dangerously… that no source needs.
// Such a field was probably left over, and would let a later mistake pass.
func (c *CSP) checkUnused(f *faults, field string, used risks) {
	for _, flag := range []struct {
		name      string
		set, used bool
	}{
		{"InsecureAllowHTTP", c.InsecureAllowHTTP, used.http},
		{"DangerouslyAllowInline", c.DangerouslyAllowInline, used.inline},
		{"DangerouslyAllowEval", c.DangerouslyAllowEval, used.eval},
		{"DangerouslyAllowBroadSources", c.DangerouslyAllowBroadSources, used.broad},
	} {
		if flag.set && !flag.used {
			f.Add(field+"."+flag.name, nil, "no source needs it", "remove it")
		}
	}
}

// broadSource reports whether an attacker can serve content from s too.
func broadSource(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		rest = s
	}
	if end := strings.IndexAny(rest, ":/"); end > 0 {
		rest = rest[:end]
	}
	if domain, ok := strings.CutPrefix(rest, "*."); ok {
		// A top-level domain that is not on the list counts as a suffix too.
		suffix, _ := publicsuffix.PublicSuffix(domain)
		return suffix == domain && domain != "localhost"
	}
	return rest == "*" || slices.Contains(schemes, s)
}
