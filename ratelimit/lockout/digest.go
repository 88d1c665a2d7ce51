package lockout

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/netip"
	"sync"

	"github.com/go-sallyport/sallyport/internal/embedded4"
)

// A digester makes keyed hashes. Without the key, a reader of the store could find the
// accounts in it by hashing a list of mail addresses.
type digester struct{ pool sync.Pool }

type mac struct {
	hash.Hash
	buf [256]byte
	sum [sha256.Size]byte
}

// Each hash begins with the kind of its input, so that inputs of two kinds never give
// the same hash.
const (
	kindAccount = 'a'
	kindPair    = 'p'
	kindToken   = 't'
)

func newDigester(secret []byte) *digester {
	key := append([]byte(nil), secret...)
	d := new(digester)
	d.pool.New = func() any { return &mac{Hash: hmac.New(sha256.New, key)} }
	return d
}

func (d *digester) begin(kind byte) *mac {
	m := d.pool.Get().(*mac)
	m.Reset()
	m.buf[0] = kind
	_, _ = m.Write(m.buf[:1])
	return m
}

func (d *digester) finish(m *mac) (sum [sha256.Size]byte) {
	copy(sum[:], m.Sum(m.sum[:0]))
	clear(m.buf[:]) // the pool keeps no account and no token
	d.pool.Put(m)
	return sum
}

func (m *mac) writeString(s string) {
	for s != "" {
		n := copy(m.buf[:], s)
		_, _ = m.Write(m.buf[:n])
		s = s[n:]
	}
}

func (d *digester) hashAccount(account string) [16]byte {
	m := d.begin(kindAccount)
	m.writeString(account)
	sum := d.finish(m)
	return [16]byte(sum[:])
}

// hashPair cuts the address as ratelimit.AddrKey does.
func (d *digester) hashPair(account [16]byte, addr netip.Addr) [16]byte {
	m := d.begin(kindPair)
	n := copy(m.buf[:], account[:])
	switch addr = embedded4.Unpack(addr); {
	case !addr.IsValid():
	case addr.Is4():
		b := addr.As4()
		n += copy(m.buf[n:], b[:])
	default:
		b := addr.As16()
		n += copy(m.buf[n:], b[:8])
	}
	_, _ = m.Write(m.buf[:n]) // the lengths tell IPv4 and IPv6 apart
	sum := d.finish(m)
	return [16]byte(sum[:])
}

func (d *digester) hashToken(account [16]byte, token string) [32]byte {
	m := d.begin(kindToken)
	n := copy(m.buf[:], account[:])
	_, _ = m.Write(m.buf[:n])
	m.writeString(token)
	return d.finish(m)
}
