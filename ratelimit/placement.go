package ratelimit

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// ways is the number of keys that one row of a table holds. A table has room for twice
// MaxKeys. Hashed into rows of sixteen, with eight keys on average, fewer than one row
// in two hundred is then overfull by chance.
const ways = 16

// maxStripes is the highest number of locks of a table.
const maxStripes = 256

// placement assigns keys to the rows of a table.
type placement struct {
	nrows uint64
	seed  maphash.Seed
}

// id stands for a key in a table. A string may be a megabyte, so a table keeps its
// hash. Among n strings of one length, the odds that two share an id are n²/2^65, 1 in
// 37 million at a million keys. Two such strings would share a quota, and neither would
// have more. Without the seed an attacker cannot aim at them.
//
// id is not an array. Go keeps arrays in memory, and a read of the whole array right
// after two writes of its halves has to wait for the cache.
type id struct{ hi, lo uint64 }

// position is the place of a key in a table.
type position struct {
	id  id
	row uint64
	tag byte // tells most keys of the row apart
}

func newPlacement(maxKeys int) placement {
	return placement{nrows: rowsFor(maxKeys), seed: maphash.MakeSeed()}
}

func rowsFor(maxKeys int) uint64 { return uint64((maxKeys*2 + ways - 1) / ways) }

// locate returns the position of a key. An address is its own id, so its id is exact.
// The kind in an id is never 0, as it is in a cell that was never used. A client that
// can choose its key cannot choose the row.
func (p *placement) locate(k Key) position {
	if k.kind() == kindString {
		h := maphash.String(p.seed, k.s)
		row, _ := bits.Mul64(h, p.nrows)
		return position{id{h, ^uint64(len(k.s))}, row, byte(h)} // the complement of a length equals the id of no address
	}
	id := id{k.hi, k.lo + 1}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], id.hi)
	binary.LittleEndian.PutUint64(b[8:], id.lo)
	h := maphash.Bytes(p.seed, b[:])
	row, _ := bits.Mul64(h, p.nrows)
	return position{id, row, byte(h)}
}
