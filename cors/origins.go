package cors

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// setOrigins compiles Origins and reports its faults.
func (p *policy) setOrigins(cfg *Config, f *httperr.ConfigFaults) {
	p.origins = origins{exact: map[string]struct{}{}, patterns: map[string][]origin{}}
	switch {
	case cfg.AllowAnyOrigin && len(cfg.Origins) > 0:
		f.Add("AllowAnyOrigin", nil, "Origins would have no effect", "set one of the two")
	case !cfg.AllowAnyOrigin && len(cfg.Origins) == 0:
		f.Add("Origins", nil, "at least one origin is required", "list each one, or set AllowAnyOrigin for a public API without cookies")
	}
	if cfg.AllowAnyOrigin && cfg.Credentials {
		f.Add("AllowAnyOrigin", nil, "any page could act with its visitor's cookies", "list the Origins, or drop Credentials")
	}
	seen := make(map[string]int)
	for i, s := range cfg.Origins {
		o, wrong := compileOrigin(s, cfg)
		if wrong.reason == "" {
			wrong.reason, wrong.advice = givenTwice(seen, s, i, "Origins")
		}
		if wrong.reason != "" {
			f.Add(fmt.Sprintf("Origins[%d]", i), redacted(s), wrong.reason, wrong.fix())
			continue
		}
		p.origins.add(s, o)
	}
	p.checkDangers(cfg, f)
}

// checkDangers reports a Dangerously field that allows nothing. It would allow something as
// soon as a colleague adds an origin.
func (p *policy) checkDangers(cfg *Config, f *httperr.ConfigFaults) {
	without := *cfg
	without.DangerouslyAllowInsecureOrigins, without.DangerouslyAllowPublicSuffix = false, false
	insecure, suffix := false, false
	for _, s := range cfg.Origins {
		o, wrong := compileOrigin(s, &without)
		if wrong.reason != "" && o.host != "" {
			insecure = insecure || o.scheme == "http" && cfg.Credentials
			suffix = suffix || o.host[0] == '.' && publicSuffix(strings.Trim(o.host, "."))
		}
	}
	const fix = "leave it out"
	if cfg.DangerouslyAllowInsecureOrigins && !insecure {
		f.Add("DangerouslyAllowInsecureOrigins", nil, "no origin needs it", fix)
	}
	if cfg.DangerouslyAllowPublicSuffix && !suffix {
		f.Add("DangerouslyAllowPublicSuffix", nil, "no origin needs it", fix)
	}
}

// compileOrigin parses an element of Origins and also applies the rules that
// depend on the other fields of the Config.
func compileOrigin(s string, cfg *Config) (origin, flaw) {
	if s == "*" {
		if cfg.Credentials {
			return origin{}, flaw{reason: "any origin cannot be combined with Credentials", advice: "list each origin"}
		}
		return origin{}, flaw{reason: "not an origin", advice: "list each origin, or set AllowAnyOrigin for a public API without cookies"}
	}
	o, f := parsePattern(s)
	if f.reason != "" {
		return o, f
	}
	domain := strings.Trim(o.host, ".")
	switch {
	case o.scheme == "http" && cfg.Credentials && !cfg.DangerouslyAllowInsecureOrigins && !loopback(domain):
		return o, flaw{
			reason: "whoever is on the network can speak for an http origin, with Credentials",
			advice: "use https, or set DangerouslyAllowInsecureOrigins",
			repair: httpsTwin(s, cfg),
		}
	case o.host[0] == '.' && !cfg.DangerouslyAllowPublicSuffix && domain != "localhost" && publicSuffix(domain):
		return o, flaw{
			reason: strconv.Quote(domain) + " is a public suffix; anyone can register a subdomain",
			advice: "write your own domain, or set DangerouslyAllowPublicSuffix",
		}
	}
	return o, flaw{}
}

// httpsTwin returns the same origin with https, or "" if New would refuse that
// too. It returns "" for an origin with a port, because the same port rarely
// serves both http and https.
func httpsTwin(s string, cfg *Config) string {
	twin := "https" + strings.TrimPrefix(s, "http")
	o, f := compileOrigin(twin, cfg)
	if f.reason != "" || o.port != "" {
		return ""
	}
	return twin
}

// loopback reports whether requests to host never leave the machine (RFC 6761,
// section 6.3). Browsers trust such an origin without https.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// publicSuffix reports whether domain is a public suffix. A top-level domain
// that is not on the list counts as one: the list's own default rule is "*",
// and a private top-level domain may be delegated later.
func publicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// redacted returns the form of a value that an error text may show: at most
// 128 bytes, and without the password of user information.
func redacted(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		begin := 0
		if j := strings.Index(s[:i], "://"); j >= 0 {
			begin = j + len("://")
		}
		s = s[:begin] + "…" + s[i:]
	}
	if len(s) > 128 {
		s = s[:128] + "…"
	}
	return s
}
