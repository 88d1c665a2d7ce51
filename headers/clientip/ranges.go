package clientip

import (
	"net/netip"
	"slices"
)

// ranges is a set of addresses: sorted ranges that do not overlap. The set is
// searched once per hop, and lists of CDN addresses have hundreds of prefixes,
// so the search is a binary search.
type ranges []addrRange

type addrRange struct{ first, last netip.Addr }

func newRanges(prefixes []netip.Prefix) ranges {
	all := make(ranges, 0, len(prefixes))
	for _, p := range prefixes {
		all = append(all, addrRange{p.Addr(), lastAddr(p)})
	}
	slices.SortFunc(all, func(a, b addrRange) int { return a.first.Compare(b.first) })
	merged := all[:0]
	for _, r := range all {
		// If two prefixes overlap, one contains the other. The wider one comes
		// first, unless both begin with the same address.
		if n := len(merged); n > 0 && !merged[n-1].last.Less(r.first) {
			if merged[n-1].last.Less(r.last) {
				merged[n-1].last = r.last
			}
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// lastAddr returns the last address of p.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// contains reports whether a is in the set. netip orders all IPv4 addresses
// before all IPv6 addresses, so both can be in one list.
func (s ranges) contains(a netip.Addr) bool {
	i, exact := slices.BinarySearchFunc(s, a, func(r addrRange, a netip.Addr) int { return r.first.Compare(a) })
	return exact || i > 0 && !s[i-1].last.Less(a)
}
