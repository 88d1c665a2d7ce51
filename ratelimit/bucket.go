package ratelimit

// This file is the part of a window that counts in sub-buckets.
//
// The hot words of such a window: wordSpan says which buckets count, and wordSums holds
// the sum of all buckets and the counter of the newest. The counters of the older buckets
// take half a word each.
const (
	wordSpan   = 0
	spanBits   = 7 // bits of wordSpan for the distance between the oldest and the newest bucket
	wordSums   = 1
	olderWords = olderBuckets / 2
)

type (
	hotWindow   [hotWords]uint64
	olderCounts [olderWords]uint64
)

func (w *window) hotPart(c cell) *hotWindow     { return (*hotWindow)(c.hot()[w.hot:]) }
func (w *window) olderPart(c cell) *olderCounts { return (*olderCounts)(c.counters()[w.counters:]) }

// span returns the numbers of the oldest bucket that is not empty and of the newest
// bucket. If all buckets are empty, both numbers are the same.
func (h *hotWindow) span() (oldest, newest int64) {
	x := int64(h[wordSpan])
	return x>>spanBits - x&(1<<spanBits-1), x >> spanBits
}

// sum returns the sum of the buckets.
func (h *hotWindow) sum() int64 { return int64(uint32(h[wordSums])) }

// addToNewest adds n to the newest bucket and to the sum. Both have 32 bits; maxSum says
// why neither overflows.
func (h *hotWindow) addToNewest(n int64) { h[wordSums] += uint64(n)<<32 + uint64(n) }

// maxSum bounds the sum of a cell. A decision of the table never adds above the quota,
// and a merged cell holds less than the quota and one more bucket (see evictBuckets). So
// only a store that has admitted twenty quotas in one window can meet this bound, and
// then the units above it are not counted.
const maxSum = 1 << 31

// addToBuckets adds n to the newest bucket. It returns the time at which the bucket stops
// counting, or 0 if the bucket was not empty.
func (w *window) addToBuckets(c cell, n int64) (until int64) {
	h := w.hotPart(c)
	_, newest := h.span()
	had := w.bucket(c, newest)
	h.addToNewest(max(min(n, maxQuota-had, maxSum-h.sum()), 0))
	if had > 0 {
		return 0
	}
	return (newest + buckets) * w.width
}

// counter returns the word that holds the counter of bucket b, and the first bit of the
// counter in it. Bucket b must be one of the counting buckets.
func (w *window) counter(c cell, b int64) (word *uint64, shift int64) {
	if h := w.hotPart(c); b == int64(h[wordSpan])>>spanBits {
		return &h[wordSums], 32
	}
	return &w.olderPart(c)[b%olderBuckets>>1], b & 1 << 5
}

func (w *window) bucket(c cell, b int64) int64 {
	word, shift := w.counter(c, b)
	return int64(uint32(*word >> shift))
}

// addToBucket adds n to bucket b and to the sum.
func (w *window) addToBucket(c cell, b, n int64) {
	word, shift := w.counter(c, b)
	*word += uint64(n) << shift
	w.hotPart(c)[wordSums] += uint64(n)
}

// setSpan makes the buckets from oldest to newest count. It skips empty buckets at the
// old end.
func (w *window) setSpan(c cell, oldest, newest int64) {
	h := w.hotPart(c)
	h[wordSpan] = uint64(newest << spanBits) // bucket needs the number of the newest
	for oldest = max(oldest, newest-olderBuckets); oldest < newest && w.bucket(c, oldest) == 0; {
		oldest++
	}
	h[wordSpan] |= uint64(newest - oldest)
}

// openBucket makes b the newest bucket.
func (w *window) openBucket(c cell, b int64) {
	h := w.hotPart(c)
	oldest, newest := h.span()
	if b-newest > olderBuckets {
		*h, *w.olderPart(c) = hotWindow{}, olderCounts{}
		newest = b
	}
	for newest < b {
		n := w.bucket(c, newest)
		h.addToNewest(-n)
		h[wordSpan] = uint64((newest + 1) << spanBits)
		w.addToBucket(c, newest, n-w.bucket(c, newest)) // in the slot of the bucket that leaves
		newest++
	}
	w.setSpan(c, oldest, b)
}

// evictBuckets is evict for buckets. Once the newer buckets of the overflow hold the whole
// quota, older buckets have no effect: until one of the newer buckets leaves, there is no
// room. So they are left empty, and the sum of the overflow stays below the quota and one
// more bucket.
func (w *window) evictBuckets(c, overflow cell) {
	mine, newest := w.hotPart(c).span()
	theirs, _ := w.hotPart(overflow).span() // both windows were advanced to the same time
	sum := int64(0)
	for b := newest; b >= min(mine, theirs); b-- {
		old, had := w.bucket(overflow, b), w.bucket(c, b)
		kept := max(had, old)
		if sum >= w.quota {
			kept = 0
		}
		sum += kept
		w.addToBucket(c, b, old-had)
		w.addToBucket(overflow, b, kept-old)
	}
	w.setSpan(c, min(mine, theirs), newest)
	w.setSpan(overflow, min(mine, theirs), newest)
}
