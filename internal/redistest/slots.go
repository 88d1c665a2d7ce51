package redistest

import "strings"

// slotCount is the number of hash slots of every Redis Cluster.
const slotCount = 16384

// slotOf returns the hash slot of key: CRC-16/XMODEM of the key, or of the
// first non-empty {tag} in it.
func slotOf(key string) int {
	if _, rest, found := strings.Cut(key, "{"); found {
		if tag, _, closed := strings.Cut(rest, "}"); closed && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for _, b := range []byte(key) {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return int(crc) % slotCount
}
