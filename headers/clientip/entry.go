package clientip

import (
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

// parseEntry parses one entry of X-Forwarded-For: an address, optionally with a
// port. Some proxies write IPv6 in brackets only before a port, others always.
func parseEntry(s string) (netip.Addr, bool) {
	if strings.HasPrefix(s, "[") {
		return parseBracketed(s)
	}
	// A single colon precedes a port. Two or more colons mean an IPv6 address.
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.LastIndexByte(s, ':') == i {
		if !hostport.Port(s[i+1:]) {
			return netip.Addr{}, false
		}
		return parseAddr(s[:i])
	}
	return parseAddr(s)
}

// parseBracketed parses [IPv6] or [IPv6]:port.
func parseBracketed(s string) (netip.Addr, bool) {
	inner, rest, ok := strings.Cut(s[1:], "]")
	if !ok || !strings.Contains(inner, ":") {
		return netip.Addr{}, false
	}
	if port, hasPort := strings.CutPrefix(rest, ":"); hasPort && !hostport.Port(port) || !hasPort && rest != "" {
		return netip.Addr{}, false
	}
	return parseAddr(inner)
}

// parseWithPort parses an address that always has a port, also an IPv6 address without
// brackets, as in CloudFront-Viewer-Address.
func parseWithPort(s string) (addr netip.Addr) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || !hostport.Port(s[i+1:]) {
		return addr
	}
	if s[0] == '[' {
		addr, _ = parseBracketed(s)
		return addr
	}
	addr, _ = parseAddr(s[:i])
	return addr
}

// maxAddr is the length of the longest IPv6 address, in the form that ends in
// IPv4.
const maxAddr = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// parseAddr parses an address. It drops a zone, because a zone is only
// meaningful on the machine that wrote it.
func parseAddr(s string) (netip.Addr, bool) {
	s, zone, zoned := strings.Cut(s, "%")
	if zoned && (zone == "" || !strings.Contains(s, ":")) {
		return netip.Addr{}, false
	}
	// netip allocates to explain an error, so most invalid addresses are
	// refused before the call of netip.
	if s == "" || len(s) > maxAddr || strings.Trim(s, "0123456789abcdefABCDEF:.") != "" {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}, false // a client cannot have such an address
	}
	return a.Unmap(), true
}
