package ratelimit

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// A Key is the subject that a request is counted against. Keys are equal if and only if
// they were made from the same value, on every process alike. A Key of a string never
// equals a Key of an address. Requests for which a [KeyFunc] finds no key share the
// zero Key.
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

// digest returns the name of k in a Store, the same on every process: the bytes of an
// address, or 120 bits of the SHA-256 of a string. The last byte is the kind, so a
// string never has the name of an address.
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

// StringKey returns the Key of s, such as the ID of a tenant. Do not pass a value that
// the client can choose at will, such as a header that is not verified: the client
// would choose a new key for every request.
func StringKey(s string) Key { return Key{lo: kindString, s: s} }

// AddrKey returns the Key of an address. An IPv4 address, mapped into IPv6 or not, has
// a key of its own. IPv6 addresses share a key if their first 64 bits are equal,
// because the client chooses the rest (RFC 4291, section 2.5.4). Zones are ignored. The
// zero Addr gives the zero Key.
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
