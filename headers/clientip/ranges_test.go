package clientip

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestRanges compares the set with the prefixes that it was made from, at and
// next to both ends of every prefix.
func TestRanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var prefixes []netip.Prefix
		for range rnd.IntN(12) {
			var p netip.Prefix
			if rnd.IntN(2) == 0 {
				p = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rnd.IntN(2)), byte(rnd.IntN(3)), byte(rnd.Uint32())}), 14+rnd.IntN(19))
			} else {
				p = netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, byte(rnd.IntN(2)), 15: byte(rnd.Uint32())}), 16+rnd.IntN(113))
			}
			prefixes = append(prefixes, p.Masked())
		}
		set := newRanges(prefixes)
		probe := []netip.Addr{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("::"), netip.IPv6LinkLocalAllNodes()}
		for _, p := range prefixes {
			probe = append(probe, p.Addr(), p.Addr().Prev(), p.Addr().Next(), lastAddr(p), lastAddr(p).Next(), lastAddr(p).Prev())
		}
		for _, a := range probe {
			if !a.IsValid() {
				continue
			}
			want := false
			for _, p := range prefixes {
				want = want || p.Contains(a)
			}
			if set.contains(a) != want {
				t.Fatalf("%v in %v: %v", a, prefixes, !want)
			}
		}
		for i := 1; i < len(set); i++ {
			if !set[i-1].last.Less(set[i].first) {
				t.Fatalf("%v overlap", set)
			}
		}
	}
}
