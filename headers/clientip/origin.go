package clientip

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
)

// scheme returns the scheme that a trusted proxy named, if it is one that a
// client can have used, and else that of the connection itself: what another
// layer resolved is no answer, for here it is found out.
func scheme(r *http.Request, proto string) string {
	switch {
	case field.EqualFold(proto, "https"):
		return "https"
	case field.EqualFold(proto, "http"):
		return "http"
	case r.TLS != nil:
		return "https"
	}
	return "http"
}

// maxHost is the length of the longest name and port.
const maxHost = 253 + len(".:65535")

// validHost reports whether s is a host with perhaps a port, as in a Host field
// (RFC 9110, section 7.2), of the names and addresses that are in use: no
// percent-encoding, no user, no empty label.
func validHost(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	if s[0] == '[' {
		inner, rest, ok := strings.Cut(s[1:], "]")
		if port, has := strings.CutPrefix(rest, ":"); !ok || has && !validPort(port) || !has && rest != "" {
			return false
		}
		if len(inner) > maxAddr || strings.Trim(inner, "0123456789abcdefABCDEF:.") != "" {
			return false
		}
		a, err := netip.ParseAddr(inner)
		return err == nil && a.Is6()
	}
	name, port, has := strings.Cut(s, ":")
	if has && !validPort(port) {
		return false
	}
	label := 0 // letters of the current one
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			label++
		default:
			return false
		}
	}
	return name != "" && name != "."
}
