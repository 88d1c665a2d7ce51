package tlsconf

import (
	"fmt"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// hostFault returns the reason why host cannot be in Hosts, and the fix.
func hostFault(host string) (reason, fix string) {
	const plain = "write the host alone, as in \"example.com\""
	switch {
	case host == "":
		return "an empty host matches nothing", "remove it"
	case strings.Contains(host, "*"):
		return "a host cannot be a wildcard", "list each host"
	case strings.ContainsAny(host, "/?#@\\ \t"):
		return "not a host", plain
	case strings.HasPrefix(host, "["):
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || host != "["+addr.String()+"]" {
			return "not an IPv6 address in its short form (RFC 5952)", "write it as in \"[2001:db8::1]\""
		}
		return "", ""
	case strings.Contains(host, ":"):
		return "a port is not part of a host", plain + "; the port of https is Port"
	case host != field.Lower(host):
		return "hosts are compared in lower case", "write it in lower case"
	case len(host) > 253 || strings.HasSuffix(host, ".") || !hostport.Name(host, 63):
		return "not a host", plain + "; Unicode in its Punycode form"
	}
	return "", ""
}

// exemptFault returns the reason why p cannot be in Exempt, and the fix.
func exemptFault(p string) (reason, fix string) {
	switch {
	case !strings.HasPrefix(p, "/"):
		return "not a path", "begin it with \"/\""
	case p == "/":
		return "it would exempt everything", "name the paths"
	case !isClean(p):
		return "no request has this path", "write the path without \"..\", empty segments, wildcards and escapes"
	}
	return "", ""
}

// isClean reports whether all routers read the path p in the same way.
func isClean(p string) bool {
	return !strings.ContainsAny(p, "%*?#\\") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

// isExempt reports whether the path of r is exempt. Only a clean path can be
// exempt: a router may resolve a path such as "/healthz/../admin" to a resource
// that is not exempt.
func (m *Redirect) isExempt(r *http.Request) bool {
	if len(m.paths)+len(m.prefixes) == 0 || r.URL == nil || r.URL.RawPath != "" || !isClean(r.URL.Path) {
		return false
	}
	if _, ok := m.paths[r.URL.Path]; ok {
		return true
	}
	return slices.ContainsFunc(m.prefixes, func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) })
}

// withoutPort returns the host of a Host field in lower case. A malformed value
// remains malformed, so no list contains it.
func withoutPort(s string) string {
	host, port := hostport.Split(s)
	if strings.Trim(strings.TrimPrefix(port, ":"), "0123456789") != "" {
		return ""
	}
	return field.Lower(host)
}

// redirectTarget returns the path and query of r unchanged. It does not use
// r.URL: its String may spell them differently, and an outer handler may have
// removed a prefix.
//
// The result begins with "/" and follows a complete authority in Location, so
// "//evil" and backslashes remain part of the path. Clients also send bytes that
// are not allowed in a URI. These are escaped; a router reads both forms in the
// same way.
func redirectTarget(r *http.Request) (string, bool) {
	s := r.RequestURI
	if s == "" && r.URL != nil { // r is not from a net/http server
		s = r.URL.RequestURI()
	}
	if !strings.HasPrefix(s, "/") {
		// absolute-form (RFC 9112, section 3.2.2)
		_, rest, ok := strings.Cut(s, "://")
		if !ok {
			return "", false
		}
		s = strings.TrimLeftFunc(rest, func(c rune) bool { return c != '/' && c != '?' })
		if !strings.HasPrefix(s, "/") {
			s = "/" + s
		}
	}
	p, _, _ := strings.Cut(s, "?")
	return escape(s), wellEscaped(p)
}

func wellEscaped(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if i+2 >= len(s) || !hexDigit(s[i+1]) || !hexDigit(s[i+2]) {
				return false
			}
			i += 2
		}
	}
	return true
}

func hexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func escape(s string) string {
	needsEscape := func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }
	if !strings.ContainsFunc(s, needsEscape) {
		return s
	}
	b := make([]byte, 0, 3*len(s))
	for _, c := range []byte(s) {
		if needsEscape(rune(c)) {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
