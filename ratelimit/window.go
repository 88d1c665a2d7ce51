package ratelimit

import (
	"time"
)

// A window is a Limit compiled for the table. It reads and writes its words in the cell
// of one key. Times are nanoseconds since the limiter began.
//
// With a quota of at most exactQuota the window keeps, for each admitted request, the
// time at which the request leaves the window (see ring.go). It decides as the log of
// all requests would decide.
//
// With a larger quota it keeps counters of sub-buckets, each a part in olderBuckets of
// the window wide. 65 buckets count: the newest, which contains the present time, the 63
// before it, and the one before these, which the window still covers in part. That last
// bucket is counted whole. So the counted requests always include all requests of the
// true window, and the bound holds exactly. The price is that a request may count for
// 65/64 of the window. RateLimit-Policy states that longer window, so a client that
// keeps the stated limit is never refused. The usual design, two counters weighted by
// overlap, is cheaper and admits twice the quota.
//
// For a small quota, times take less memory than buckets.
type window struct {
	quota        int64
	length       int64
	width        int64   // of a sub-bucket; 0 if the window keeps times
	inverseQuota float64 // 1/quota: the part of the quota that one unit takes
	hot          int     // index of its first word among the hot words of a cell
	counters     int     // index of its first word among the counters
}

const (
	exactQuota   = 128
	olderBuckets = 64               // sub-buckets that count beside the newest
	buckets      = olderBuckets + 1 // all sub-buckets that count
)

func newWindow(l Limit) window {
	w := window{quota: int64(l.Quota), length: int64(l.Window), inverseQuota: 1 / float64(l.Quota)}
	if l.Quota > exactQuota {
		w.width = (w.length + olderBuckets - 1) / olderBuckets // rounded up: the older buckets must cover the window
	}
	return w
}

// hotWords is the number of hot words of a window of either kind.
const hotWords = 2

// counterWords returns the number of counters that the window needs in a cell.
func (w *window) counterWords() int {
	if w.width == 0 {
		return int(w.quota)
	}
	return olderWords
}

// retention returns the longest time for which an admitted request can count.
func (w *window) retention() int64 {
	if w.width == 0 {
		return w.length
	}
	return buckets * w.width
}

// statedSeconds returns the window for RateLimit-Policy, in seconds: a client that sends
// at most the quota in every interval of that length is never refused, neither by this
// package nor by a store that rounds the width of a bucket up to whole microseconds.
// The policy can only state whole seconds. If these are more than 1.02 times the window,
// statedSeconds returns 0: a rounded value would state a limit that does not hold.
func (w *window) statedSeconds() int64 {
	stated := w.length
	if w.width != 0 {
		stated = buckets * ((w.width + int64(time.Microsecond) - 1) / int64(time.Microsecond)) * int64(time.Microsecond)
	}
	seconds := (stated + int64(time.Second) - 1) / int64(time.Second)
	if seconds*int64(time.Second)*100 > w.length*102 {
		return 0
	}
	return seconds
}

// used returns the number of units that count in the window. All methods except advance
// and evict need a window that was advanced to now.
func (w *window) used(c cell) int64 {
	if w.width != 0 {
		return w.hotPart(c).sum()
	}
	return int64(uint32(w.hotPart(c)[ringSpan]))
}

// add counts n units. n exceeds the quota only if another store has admitted the units.
// Then a window that keeps times counts only as many as its quota. add returns the time
// at which the units will have left the window, or 0 if other units in the window stay
// as long.
func (w *window) add(c cell, now, n int64) (until int64) {
	if w.width != 0 {
		return w.addToBuckets(c, n)
	}
	r := w.ring(c)
	r.add(now+w.length, min(n, w.quota))
	return now + w.length
}

// takeBack takes back n of the units that add counted at the time stamp, if they still
// count. The cell must have belonged to the same key since then.
func (w *window) takeBack(c cell, stamp, n int64) {
	if w.width == 0 {
		r := w.ring(c)
		r.takeBack(stamp+w.length, n)
		return
	}
	b := stamp / w.width
	if oldest, newest := w.hotPart(c).span(); oldest <= b && b <= newest {
		w.addToBucket(c, b, -min(n, w.bucket(c, b)))
		w.setSpan(c, oldest, newest)
	}
}

// freedAt returns the time at which n of the counted units will have left the window.
// If nothing counts, that is now. Otherwise n must not exceed the counted units.
func (w *window) freedAt(c cell, now, n int64) int64 {
	used := w.used(c)
	if used == 0 {
		return now
	}
	if w.width == 0 {
		r := w.ring(c)
		return r.at(int(min(n, used) - 1))
	}
	b, newest := w.hotPart(c).span()
	if n > 1 { // the oldest bucket is not empty, so it holds at least one unit
		for n -= w.bucket(c, b); n > 0 && b < newest; {
			b++
			n -= w.bucket(c, b)
		}
	}
	return (b + buckets) * w.width
}

// advance moves the window to now, and drops the units that no longer count.
func (w *window) advance(c cell, now int64) {
	if w.width == 0 {
		r := w.ring(c)
		r.advance(now)
		return
	}
	if _, newest := w.hotPart(c).span(); now >= (newest+1)*w.width { // rarely true, and the division is expensive
		w.openBucket(c, now/w.width)
	}
}

// inherit replaces the counts of c, a cell without a key, by the counts of the overflow.
func (w *window) inherit(c, overflow cell) {
	if w.width == 0 {
		r, other := w.ring(c), w.ring(overflow)
		r.copyFrom(&other)
		return
	}
	*w.hotPart(c), *w.olderPart(c) = *w.hotPart(overflow), *w.olderPart(overflow)
}

// evict replaces the counts of c by the counts of the overflow. In the overflow it
// keeps the larger of the two counts, bucket by bucket, or time by time.
func (w *window) evict(c, overflow cell, now int64) {
	w.advance(c, now)
	w.advance(overflow, now)
	if w.width == 0 {
		r, other := w.ring(c), w.ring(overflow)
		r.swapIn(&other)
		return
	}
	w.evictBuckets(c, overflow)
}

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
