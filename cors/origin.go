package cors

import (
	"strings"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

// Maximum lengths of the parts of an origin, in bytes. RFC 1035 limits the host
// and its labels. One trailing dot may follow the host.
const (
	maxScheme = 64
	maxHost   = 253
	maxLabel  = 63
	maxIPv6   = len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	maxOrigin = maxScheme + len("://") + maxHost + len(".:65535")
)

// An origin holds the parts of an origin in the serialised form of RFC 6454,
// section 6.2. In a pattern, a host that starts with "." stands for all
// subdomains, and the port "*" stands for all ports. parseOrigin never returns
// such a host or port, so a request cannot send a pattern.
type origin struct {
	scheme, host, port string
}

// parseOrigin parses an origin as browsers send it. It checks every byte: a
// suffix match alone would accept https://evil.test#.example.com.
func parseOrigin(s string) (o origin, ok bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !validScheme(scheme) {
		return origin{}, false
	}
	host, port := hostport.Split(rest)
	if port != "" {
		if port = port[1:]; !validPort(port) || port == defaultPort(scheme) {
			return origin{}, false
		}
	}
	return origin{scheme, host, port}, validHost(host)
}

// validScheme follows RFC 3986, section 3.1, in lower case.
func validScheme(s string) bool {
	if s == "https" || s == "http" {
		return true // the usual origins do not pay for strings.Trim
	}
	return s != "" && len(s) <= maxScheme && 'a' <= s[0] && s[0] <= 'z' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// validPort accepts 1-65535 without leading zeros.
func validPort(s string) bool { return hostport.Port(s) && s[0] != '0' }

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// validHost accepts a domain, an IPv4 address or a bracketed IPv6 address in
// lower case. It does not check that an address is a real one: an address
// matches only if it equals a configured address.
func validHost(s string) bool {
	if address, ok := strings.CutPrefix(s, "["); ok {
		address, ok = strings.CutSuffix(address, "]")
		return ok && len(address) >= len("::") && len(address) <= maxIPv6 && strings.Trim(address, "0123456789abcdef:") == ""
	}
	return len(strings.TrimSuffix(s, ".")) <= maxHost && lowerCase(s) && hostport.Name(s, maxLabel)
}

func lowerCase(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return false
		}
	}
	return true
}
