package ratelimit

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// A Key is whom a request is counted against. Keys are equal if and only if
// they were made from the same thing, on every process alike; a Key of a string
// is never equal to one of an address. The zero Key is the one that requests
// share for which a [KeyFunc] finds nothing.
type Key struct {
	hi, lo uint64 // the low byte of lo is the kind
	s      string
}

const (
	kindShared = iota
	kindIPv4
	kindIPv6
	kindString
	kindJoined
)

func (k Key) kind() byte { return byte(k.lo) }

func (k Key) bytes() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	return b
}

// digest is the name of k in a Store, the same on every process: the bytes of
// an address as they are, and of a string 120 bits of its SHA-256. The last
// byte is the kind, so that a string never meets an address.
func (k Key) digest() [16]byte {
	if k.kind() != kindString {
		return k.bytes()
	}
	var b [16]byte
	sum := sha256.Sum256([]byte(k.s))
	copy(b[:15], sum[:])
	b[15] = kindString
	return b
}

// StringKey returns the Key of s, such as the ID of a tenant. Do not pass what
// the client can choose at will, such as a header nobody verified: it would
// choose a new one for every request.
func StringKey(s string) Key { return Key{lo: kindString, s: s} }

// AddrKey returns the Key of an address: an IPv4 address, mapped into IPv6 or
// not, by itself; an IPv6 address by its first 64 bits, for the rest is the
// client's own to choose (RFC 4291, section 2.5.4). Zones are ignored. The zero
// Addr gives the zero Key.
func AddrKey(a netip.Addr) Key {
	switch a = a.Unmap(); {
	case !a.IsValid():
		return Key{}
	case a.Is4():
		b := a.As4()
		return Key{hi: uint64(binary.BigEndian.Uint32(b[:])), lo: kindIPv4}
	default:
		b := a.As16()
		return Key{hi: binary.BigEndian.Uint64(b[:8]), lo: kindIPv6}
	}
}
