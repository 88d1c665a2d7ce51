package ratelimit

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"

	"github.com/go-sallyport/sallyport/internal/embedded4"
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

// Text returns the string that [StringKey] made k of, for Config.LimitsFor, and "" for any
// other Key.
func (k Key) Text() string { return k.s }

// JoinKeys returns the Key of a combination of keys, as [Join] does for the keys of a
// request. The order counts. JoinKeys of no key is the zero Key.
func JoinKeys(keys ...Key) Key {
	if len(keys) == 0 {
		return Key{}
	}
	b := make([]byte, 0, 512)
	for _, k := range keys {
		b = k.appendTo(b)
	}
	return joinedKey(b)
}

// appendTo appends k to b, with the length of its text, so two combinations of keys never
// have the same bytes.
func (k Key) appendTo(b []byte) []byte {
	head := k.bytes()
	b = binary.BigEndian.AppendUint64(append(b, head[:]...), uint64(len(k.s)))
	return append(b, k.s...)
}

// joinedKey returns the Key of the bytes of a combination. It cuts SHA-256 to 120 bits, and
// takes no seeded hash: keys must be the same on every process.
func joinedKey(b []byte) Key {
	sum := sha256.Sum256(b)
	return Key{
		hi: binary.BigEndian.Uint64(sum[:8]),
		lo: binary.BigEndian.Uint64(sum[8:])&^0xff | kindJoined,
	}
}

// StringKey returns the Key of s, such as the ID of a tenant. Do not pass a value that
// the client can choose at will, such as a header that is not verified: the client
// would choose a new key for every request.
func StringKey(s string) Key { return Key{lo: kindString, s: s} }

// AddrKey returns the Key of an address: [AddrPrefixKey] with whole IPv4 addresses, and
// the first 64 bits of IPv6 addresses, because the client chooses the rest (RFC 4291,
// section 2.5.4).
func AddrKey(a netip.Addr) Key { return addrKey(a, 32, 64) }

// AddrPrefixKey returns the Key of the network of an address: its first v4 bits if it is
// an IPv4 address, 1 to 32, and else its first v6 bits, 1 to 64. Longer IPv6 prefixes
// would let the client choose its key.
//
// An IPv6 address that contains the IPv4 address of its host counts as that IPv4 address:
// a mapped address, and an address of NAT64 (64:ff9b::/96), 6to4 (2002::/16) or Teredo
// (2001::/32). Zones are ignored. The zero Addr gives the zero Key, and so do numbers of
// bits out of range.
func AddrPrefixKey(a netip.Addr, v4, v6 int) Key {
	if !validPrefixes(v4, v6) {
		return Key{}
	}
	return addrKey(a, v4, v6)
}

func validPrefixes(v4, v6 int) bool { return 1 <= v4 && v4 <= 32 && 1 <= v6 && v6 <= 64 }

func addrKey(a netip.Addr, v4, v6 int) Key {
	switch a = embedded4.Unpack(a); {
	case !a.IsValid():
		return Key{}
	case a.Is4():
		b := a.As4()
		return Key{hi: uint64(binary.BigEndian.Uint32(b[:]) &^ (1<<(32-v4) - 1)), lo: kindIPv4}
	default:
		b := a.As16()
		return Key{hi: binary.BigEndian.Uint64(b[:8]) &^ (1<<(64-v6) - 1), lo: kindIPv6}
	}
}
