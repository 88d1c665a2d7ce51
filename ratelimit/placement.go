package ratelimit

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// ways is how many keys one row of a table holds. A table has room for twice
// MaxKeys: hashed into rows of sixteen with eight on average, fewer than one row
// in two hundred is then overfull by chance.
const ways = 16

// maxStripes is how many locks a table has at most.
const maxStripes = 256

// placement says where in a table keys belong.
type placement struct {
	nrows uint64
	seed  maphash.Seed
}

// id stands for a key in a table. Among n strings of one length the odds that any
// two share one are n²/2^65, 1 in 37 million at a million keys, and without the
// seed nobody can aim at them: those two would share a quota, and neither has
// more. A string may be a megabyte, so it is not kept.
//
// It is no array: those go through memory, and what was written there in halves
// and is read at once in one piece has to wait for the cache.
type id struct{ hi, lo uint64 }

// position is where a key belongs.
type position struct {
	id  id
	row uint64
	tag byte // tells most keys of the row apart
}

func newPlacement(maxKeys int) placement {
	return placement{nrows: rowsFor(maxKeys), seed: maphash.MakeSeed()}
}

func rowsFor(maxKeys int) uint64 { return uint64((maxKeys*2 + ways - 1) / ways) }

// of returns the position of a key. The id is the key itself if that is small, and
// so exact; the kind is never 0 in it, as it is in an entry that was never used.
// Whoever can choose keys cannot choose the row.
func (p *placement) locate(k Key) position {
	if k.kind() == kindString {
		h := maphash.String(p.seed, k.s)
		row, _ := bits.Mul64(h, p.nrows)
		return position{id{h, ^uint64(len(k.s))}, row, byte(h)} // unlike that of any address
	}
	id := id{k.hi, k.lo + 1}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], id.hi)
	binary.LittleEndian.PutUint64(b[8:], id.lo)
	h := maphash.Bytes(p.seed, b[:])
	row, _ := bits.Mul64(h, p.nrows)
	return position{id, row, byte(h)}
}
