package tlsconf

import (
	"fmt"
	"net/http"
	"strings"
)

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
