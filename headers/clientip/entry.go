package clientip

import (
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

// parseEntry reads one entry of X-Forwarded-For: an address, which some
// proxies write with a port, and IPv6 then or always in brackets.
func parseEntry(s string) (netip.Addr, bool) {
	if strings.HasPrefix(s, "[") {
		return parseBracketed(s)
	}
	// One colon cannot be part of any IPv6 address; two can be nothing else.
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.LastIndexByte(s, ':') == i {
		if !hostport.Port(s[i+1:]) {
			return netip.Addr{}, false
		}
		return parseAddr(s[:i])
	}
	return parseAddr(s)
}

// parseBracketed reads [IPv6] or [IPv6]:port.
func parseBracketed(s string) (netip.Addr, bool) {
	inner, rest, ok := strings.Cut(s[1:], "]")
	if !ok || !strings.Contains(inner, ":") {
		return netip.Addr{}, false
	}
	if port, has := strings.CutPrefix(rest, ":"); has && !hostport.Port(port) || !has && rest != "" {
		return netip.Addr{}, false
	}
	return parseAddr(inner)
}

// maxAddr is the length of the longest IPv6 address, one that ends in IPv4.
const maxAddr = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// parseAddr reads an address. A zone is dropped: it means something only to
// the machine that wrote it.
func parseAddr(s string) (netip.Addr, bool) {
	s, zone, zoned := strings.Cut(s, "%")
	if zoned && (zone == "" || !strings.Contains(s, ":")) {
		return netip.Addr{}, false
	}
	// netip explains an error at the cost of an allocation; most of what is no
	// address does not get that far.
	if s == "" || len(s) > maxAddr || strings.Trim(s, "0123456789abcdefABCDEF:.") != "" {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}, false // neither is anybody's address
	}
	return a.Unmap(), true
}
