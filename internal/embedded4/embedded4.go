// Package embedded4 finds the IPv4 address inside an IPv6 address.
package embedded4

import (
	"encoding/binary"
	"net/netip"
)

// Unpack returns the IPv4 address of the host behind a, if the form of a tells it, and
// otherwise a without its zone. It knows these forms:
//
//	::ffff:a.b.c.d     mapped (RFC 4291, section 2.5.5.2)
//	::a.b.c.d          compatible (section 2.5.5.1), but not :: and ::1
//	::ffff:0:a.b.c.d   translated (RFC 2765)
//	64:ff9b::a.b.c.d   NAT64 (RFC 6052, section 2.1)
//	2002:aabb:ccdd::   6to4 (RFC 3056)
//	2001:0:…           Teredo, with the inverted address at the end (RFC 4380, section 4)
//
// Without it, all hosts behind one NAT64 or Teredo server would share one network of 64
// bits, and each host with 6to4 would have 65,536 of them.
func Unpack(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	b := a.As16()
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	switch {
	case hi == 0 && 1<<24 <= lo && lo < 1<<32, // the first number of an IPv4 address is not 0
		hi == 0 && lo>>32 == 0xffff_0000,
		hi == 0x0064_ff9b<<32 && lo < 1<<32:
		return ipv4(uint32(lo))
	case hi>>48 == 0x2002:
		return ipv4(uint32(hi >> 16))
	case hi>>32 == 0x2001_0000:
		return ipv4(^uint32(lo))
	}
	return a
}

func ipv4(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}
