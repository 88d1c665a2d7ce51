package clientip

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

const (
	schemeConnection = "connection"
	schemeProxy      = "proxy"
	schemeAbsent     = "absent"
	schemeMalformed  = "malformed"
	schemeConflict   = "conflict"
)

// agreed returns the value of a header that each proxy may set, or append to as to a
// list: the value of all its members, which must agree. Empty members do not count. A
// reason other than "proxy" says why there is no such value.
func agreed(lines []string) (value, reason string) {
	reason = schemeAbsent
	members := 0
	for _, line := range lines {
		for line != "" {
			var member string
			member, line, _ = strings.Cut(line, ",")
			if member = strings.Trim(member, " \t"); member == "" {
				continue
			}
			if members++; members > maxHopsLimit {
				return "", schemeMalformed
			}
			if value != "" && !field.EqualFold(value, member) {
				return "", schemeConflict
			}
			value, reason = member, schemeProxy
		}
	}
	return value, reason
}

// clientScheme returns proto, the scheme that a trusted proxy named, if it is
// http or https, and otherwise the scheme of the connection. If the proxies disagree, it
// returns http: the one that speaks of https may be the nearest to this server. It does
// not use carrier.Secure, because that reads the result of this package.
func clientScheme(r *http.Request, proto string, d *Decision) string {
	switch {
	case proto == "":
		if d.SchemeReason == schemeConflict {
			return "http"
		}
	case field.EqualFold(proto, "https"):
		return "https"
	case field.EqualFold(proto, "http"):
		return "http"
	default:
		d.SchemeReason = schemeMalformed
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// maxHost is the length of the longest name and port.
const maxHost = 253 + len(".:65535")

// validHost reports whether s is a host, optionally with a port, as in a Host
// field (RFC 9110, section 7.2). It accepts only the common forms: no
// percent-encoding, no user, no empty label.
func validHost(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	host, port := hostport.Split(s)
	if port != "" && !hostport.Port(port[1:]) {
		return false
	}
	inner, bracketed := strings.CutPrefix(host, "[")
	if !bracketed {
		return hostport.Name(host, maxHost)
	}
	inner, closed := strings.CutSuffix(inner, "]")
	if !closed || len(inner) > maxAddr || strings.Trim(inner, "0123456789abcdefABCDEF:.") != "" {
		return false
	}
	a, err := netip.ParseAddr(inner)
	return err == nil && a.Is6()
}
