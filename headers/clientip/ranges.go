package clientip

import (
	"net/netip"
	"slices"
)

// ranges is a set of addresses: sorted, and no two ranges touch each other's
// inside. Lists of CDN addresses have hundreds of prefixes, and the set is
// asked once per hop.
type ranges []addrRange

type addrRange struct{ first, last netip.Addr }

func newRanges(prefixes []netip.Prefix) ranges {
	all := make(ranges, 0, len(prefixes))
	for _, p := range prefixes {
		all = append(all, addrRange{p.Addr(), last(p)})
	}
	slices.SortFunc(all, func(a, b addrRange) int { return a.first.Compare(b.first) })
	merged := all[:0]
	for _, r := range all {
		// Of two prefixes that overlap one holds the other; the wider one, or
		// one as wide as it, comes first unless both begin alike.
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

// last returns the last address of p.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// contain reports whether a is in the set. netip orders all IPv4 addresses
// before all IPv6 addresses, so that both can share one list.
func (s ranges) contain(a netip.Addr) bool {
	i, exact := slices.BinarySearchFunc(s, a, func(r addrRange, a netip.Addr) int { return r.first.Compare(a) })
	return exact || i > 0 && !s[i-1].last.Less(a)
}
