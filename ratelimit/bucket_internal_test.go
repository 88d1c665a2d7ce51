package ratelimit

import (
	"testing"
	"time"
)

// The overflow of a table with the highest quota can be merged with any number of full
// keys: its sum stays within the 32 bits that it has.
func TestMergedBucketsDoNotOverflow(t *testing.T) {
	tab := newTable([]Limit{{Quota: maxQuota, Window: time.Second}}, 1, false)
	width := tab.windows[0].width
	var now int64
	for i := range 3000 {
		now += width
		key := Key{hi: uint64(i), lo: kindIPv4}
		var res takeResult
		tab.reset(time.Duration(now), key) // gives the key a cell, also if the overflow has no room
		tab.take(time.Duration(now), key, maxQuota-1, allOrNone, &res)
		c := tab.cell(0, ways)
		h := tab.windows[0].hotPart(c)
		oldest, newest := h.span()
		sum := int64(0)
		for b := oldest; b <= newest; b++ {
			sum += tab.windows[0].bucket(c, b)
		}
		if sum != h.sum() || sum > 2*maxQuota {
			t.Fatalf("after %d keys the sum is %d, and the buckets hold %d", i, h.sum(), sum)
		}
	}
}
