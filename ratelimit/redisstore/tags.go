package redisstore

// parts is how many hash tags the keys of a set of limits are spread over. The
// keys of one tag live in one slot, so that many of them can be decided in one
// call; the tags lie evenly over the slots, and so over the nodes of a cluster.
// It is part of the names of the keys: to change it forgets every count.
const parts = 32

const slots = 16384

// tags returns the tag of each part: of all pairs of letters the first whose
// slot lies in that part of the slots.
func tags() (t [parts]string) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for _, a := range letters {
		for _, b := range letters {
			tag := string(a) + string(b)
			if p := &t[slotOf(tag)*parts/slots]; *p == "" {
				*p = tag
			}
		}
	}
	return t
}

// partOf is where key belongs, on every process alike.
func partOf(key *[16]byte) int {
	h := uint32(2166136261) // FNV-1a
	for _, c := range key {
		h = (h ^ uint32(c)) * 16777619
	}
	return int(h % parts)
}

// slotOf is the slot of a tag: CRC-16/XMODEM, as the Redis Cluster specification
// has it.
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
	return int(crc % slots)
}
