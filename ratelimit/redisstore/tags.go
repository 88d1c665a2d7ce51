package redisstore

// tagCount is the number of hash tags over which the keys of a set of limits are
// spread. The keys of one tag live in one slot, so that one call can decide many of
// them. The tags lie evenly over the slots, and so over the nodes of a cluster.
// tagCount is part of the names of the keys: a change of it forgets every count.
const tagCount = 32

const slotCount = 16384

// slotTags divides the slots into tagCount ranges and returns one tag for each range:
// the first pair of letters whose slot lies in that range.
func slotTags() (t [tagCount]string) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for _, a := range letters {
		for _, b := range letters {
			tag := string(a) + string(b)
			if p := &t[slotOf(tag)*tagCount/slotCount]; *p == "" {
				*p = tag
			}
		}
	}
	return t
}

// tagIndex returns the index of the tag of key. It is the same in every process.
func tagIndex(key *[16]byte) int {
	h := uint32(2166136261) // FNV-1a
	for _, c := range key {
		h = (h ^ uint32(c)) * 16777619
	}
	return int(h % tagCount)
}

// slotOf returns the slot of a tag: CRC-16/XMODEM, as in the Redis Cluster
// specification.
func slotOf(tag string) int {
	crc := uint16(0)
	for i := range len(tag) {
		crc ^= uint16(tag[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc % slotCount)
}
