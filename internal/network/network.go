// Package network checks the networks of a Config.
//
// # Use
//
//	for i, p := range cfg.Networks {
//		if reason, fix := network.Fault(p); reason != "" {
//			faults.Add(fmt.Sprintf("Networks[%d]", i), p, reason, fix)
//		}
//	}
//
// # Threat
//
// A network that matches nothing, or more than its author meant.
//
// # Place in the chain
//
// It is a leaf: the packages that trust, allow or refuse addresses call it.
package network

import "net/netip"

// Fault returns the reason why p is refused and the fix, or "" twice. Refused are
// IPv4-mapped prefixes, because addresses are compared as IPv4, and prefixes with host bits.
func Fault(p netip.Prefix) (reason, fix string) {
	switch {
	case !p.IsValid():
		return "not a prefix", "write one as netip.MustParsePrefix(\"10.1.2.0/28\")"
	case p.Addr().Is4In6():
		return "addresses are compared as IPv4, which this would never match", "write the IPv4 prefix"
	case p != p.Masked():
		return "host bits are set, so that it is unclear what was meant", "write " + p.Masked().String()
	}
	return "", ""
}

// Wide reports whether p is wider than any network of one organisation: wider than /8 (IPv4)
// or /7 (IPv6). Refusing only /0 is not enough: 0.0.0.0/1 and 128.0.0.0/1 together mean the
// same.
func Wide(p netip.Prefix) bool {
	return p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 7
}
