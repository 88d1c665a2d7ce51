package ratelimit

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// ways is how many keys one set of a table holds. A table has room for twice
// MaxKeys: hashed into sets of sixteen with eight on average, fewer than one set
// in two hundred is then overfull by chance.
const ways = 16

// maxStripes is how many locks a table has at most.
const maxStripes = 256

// places says where in a table keys belong.
type places struct {
	nsets uint64
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

func newPlaces(maxKeys int) places {
	return places{nsets: setsFor(maxKeys), seed: maphash.MakeSeed()}
}

func setsFor(maxKeys int) uint64 { return uint64((maxKeys*2 + ways - 1) / ways) }

// of returns the id of a key, the set it belongs to, and a tag that tells most
// keys of that set apart. The id is the key itself if that is small, and so exact;
// the kind is never 0 in it, as it is in an entry that was never used. Whoever can
// choose keys cannot choose the set.
func (p *places) of(k Key) (id id, set uint64, tag byte) {
	if k.kind() == kindString {
		id.hi, id.lo = maphash.String(p.seed, k.s), ^uint64(len(k.s)) // unlike that of any address
		set, _ = bits.Mul64(id.hi, p.nsets)
		return id, set, byte(id.hi)
	}
	id.hi, id.lo = k.hi, k.lo+1
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], id.hi)
	binary.LittleEndian.PutUint64(b[8:], id.lo)
	h := maphash.Bytes(p.seed, b[:])
	set, _ = bits.Mul64(h, p.nsets)
	return id, set, byte(h)
}
