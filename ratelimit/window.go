package ratelimit

// A window is a Limit compiled for the table. It reads and writes its words in the cell
// of one key. Times are nanoseconds since the limiter began.
//
// With a quota of at most exactQuota the window keeps, for each admitted request, the
// time at which the request leaves the window, oldest first. With a larger quota it
// keeps counters of sub-buckets, each a sixteenth of the window wide. 17 buckets count:
// the newest, which contains the present time, the fifteen before it, and the one
// before these, which the window still covers in part. That last bucket is counted
// whole. So the counted requests always include all requests of the true window, and
// the bound holds exactly. The price is that a request may count for 17/16 of the
// window, and a flood gets 16/17 of the quota. The usual design, two counters weighted
// by overlap, is cheaper and admits twice the quota.
//
// For a small quota, buckets would be too coarse, and times take less memory.
type window struct {
	quota        int64
	length       int64
	width        int64   // of a sub-bucket; 0 if the window keeps times
	inverseQuota float64 // 1/quota: the part of the quota that one unit takes
	hot          int     // index of its first word among the hot words of a cell
	cold         int     // index of its first word among the cold words
}

const (
	exactQuota   = 16
	olderBuckets = 16               // sub-buckets that count beside the newest
	buckets      = olderBuckets + 1 // all sub-buckets that count

	// The hot words of a window with buckets: wordSpan says which buckets count, and
	// wordSums holds the sum of all buckets and the counter of the newest. The cold
	// words hold the counters of the older buckets, two in a word.
	wordSpan  = 0
	spanBits  = 5 // bits of wordSpan for the distance between the oldest and the newest bucket
	wordSums  = 1
	hotWords  = 2
	coldWords = olderBuckets / 2
)

type (
	hotWindow  [hotWords]uint64
	coldWindow [coldWords]uint64
)

func newWindow(l Limit) window {
	w := window{quota: int64(l.Quota), length: int64(l.Window), inverseQuota: 1 / float64(l.Quota)}
	if l.Quota > exactQuota {
		w.width = (w.length + olderBuckets - 1) / olderBuckets // rounded up: sixteen buckets must cover the window
	}
	return w
}

// words returns the number of words that the window needs in a cell.
func (w *window) words() (hot, cold int) {
	if w.width == 0 {
		return int(w.quota), 0
	}
	return hotWords, coldWords
}

// retention returns the longest time for which an admitted request can count.
func (w *window) retention() int64 {
	if w.width == 0 {
		return w.length
	}
	return buckets * w.width
}

// times returns the times at which requests leave a window that keeps times.
func (w *window) times(c cell) []uint64 { return c.hot()[w.hot:][:w.quota] }

func (w *window) hotPart(c cell) *hotWindow   { return (*hotWindow)(c.hot()[w.hot:]) }
func (w *window) coldPart(c cell) *coldWindow { return (*coldWindow)(c.cold()[w.cold:]) }

// span returns the numbers of the oldest bucket that is not empty and of the newest
// bucket. If all buckets are empty, both numbers are the same.
func (h *hotWindow) span() (oldest, newest int64) {
	x := int64(h[wordSpan])
	return x>>spanBits - x&(1<<spanBits-1), x >> spanBits
}

// sum returns the sum of the buckets.
func (h *hotWindow) sum() int64 { return int64(uint32(h[wordSums])) }

// addToNewest adds n to the newest bucket and to the sum. Neither can overflow its 32
// bits: a bucket never holds more than maxQuota, not even after evict, so the sum never
// exceeds buckets × maxQuota.
func (h *hotWindow) addToNewest(n int64) { h[wordSums] += uint64(n)<<32 + uint64(n) }

// counter returns the word that holds the counter of bucket b, and the first bit of the
// counter in it. Bucket b must be one of the counting buckets.
func (w *window) counter(c cell, b int64) (word *uint64, shift int64) {
	if h := w.hotPart(c); b == int64(h[wordSpan])>>spanBits {
		return &h[wordSums], 32
	}
	return &w.coldPart(c)[b%olderBuckets>>1], b & 1 << 5
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

// used returns the number of units that count in the window. All methods except advance
// and evict need a window that was advanced to now.
func (w *window) used(c cell, now int64) int64 {
	if w.width != 0 {
		return w.hotPart(c).sum()
	}
	return w.countLive(w.times(c), now)
}

// countLive returns how many of s, the times of the window, are later than now.
func (w *window) countLive(s []uint64, now int64) int64 {
	if int64(s[0]) > now {
		return int64(len(s))
	}
	live := 0
	for int64(s[len(s)-1-live]) > now { // ends before s[0], which is not later than now
		live++
	}
	return int64(live)
}

// add counts n units. n exceeds the quota only if another store has admitted the units.
// Then a window that keeps times counts only as many as its quota. add returns the time
// at which the units will have left the window, or 0 if other units in the window stay
// as long.
func (w *window) add(c cell, now, n int64) (until int64) {
	if w.width != 0 {
		h := w.hotPart(c)
		_, newest := h.span()
		had := w.bucket(c, newest)
		h.addToNewest(min(n, maxQuota-had))
		if had > 0 {
			return 0
		}
		return (newest + buckets) * w.width
	}
	s := w.times(c)
	kept := copy(s, s[min(n, w.quota):])
	for i := range s[kept:] {
		s[kept+i] = uint64(now + w.length)
	}
	return now + w.length
}

// takeBack takes back n of the units that add counted at the time stamp, if they still
// count. The cell must have belonged to the same key since then.
func (w *window) takeBack(c cell, stamp, n int64) {
	if w.width != 0 {
		b := stamp / w.width
		if oldest, newest := w.hotPart(c).span(); oldest <= b && b <= newest {
			w.addToBucket(c, b, -min(n, w.bucket(c, b)))
			w.setSpan(c, oldest, newest)
		}
		return
	}
	s, end := w.times(c), uint64(stamp+w.length)
	for i := range s {
		if s[i] == end && n > 0 {
			copy(s[1:i+1], s[:i])
			s[0] = 0
			n--
		}
	}
}

// freedAt returns the time at which n of the counted units will have left the window.
// If nothing counts, that is now. Otherwise n must not exceed the counted units.
func (w *window) freedAt(c cell, now, n int64) int64 {
	if w.width == 0 {
		s := w.times(c)
		live := w.countLive(s, now)
		if live == 0 {
			return now
		}
		return int64(s[w.quota-live+min(n, live)-1])
	}
	h := w.hotPart(c)
	if h.sum() == 0 {
		return now
	}
	b, newest := h.span()
	if n > 1 { // the oldest bucket is not empty, so it holds at least one unit
		for n -= w.bucket(c, b); n > 0 && b < newest; {
			b++
			n -= w.bucket(c, b)
		}
	}
	return (b + buckets) * w.width
}

// advance moves the window to now, and empties the buckets that no longer count.
func (w *window) advance(c cell, now int64) {
	if w.width == 0 {
		return // a time shows by itself whether it still counts
	}
	if _, newest := w.hotPart(c).span(); now >= (newest+1)*w.width { // rarely true, and the division is expensive
		w.openBucket(c, now/w.width)
	}
}

// openBucket makes b the newest bucket.
func (w *window) openBucket(c cell, b int64) {
	h := w.hotPart(c)
	oldest, newest := h.span()
	if b-newest > olderBuckets {
		*h, *w.coldPart(c) = hotWindow{}, coldWindow{}
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

// evict replaces the counts of c by the counts of the overflow. In the overflow it
// keeps the larger of the two counts, bucket by bucket, or time by time.
func (w *window) evict(c, overflow cell, now int64) {
	if w.width == 0 {
		s, r := w.times(c), w.times(overflow)
		for i, old := range r {
			r[i], s[i] = max(old, s[i]), old
		}
		return
	}
	w.advance(c, now)
	w.advance(overflow, now)
	_, newest := w.hotPart(c).span()
	oldest := max(newest-olderBuckets, 0)
	for b := oldest; b <= newest; b++ {
		old, had := w.bucket(overflow, b), w.bucket(c, b)
		w.addToBucket(c, b, old-had)
		w.addToBucket(overflow, b, max(had-old, 0))
	}
	w.setSpan(c, oldest, newest)
	w.setSpan(overflow, oldest, newest)
}
