package ratelimit

// A window is a Limit compiled for the table: it reads and writes the words of
// one key that belong to it. Times are nanoseconds since the limiter began.
//
// A quota of at most exactQuota keeps the time at which each admitted request
// leaves the window, oldest first. Any larger one keeps counters of sub-buckets
// a sixteenth of the window wide: the bucket that now falls into, the fifteen
// before it, and, counted whole, the one that the window still touches. What is
// counted is therefore always a superset of the true window, and the bound
// holds exactly; the price is that a request may be held against a client for
// 17/16 of the window, so 16/17 of the quota is what a flood gets. Two counters
// weighted by overlap, the usual design, are cheaper and admit twice the quota.
//
// For a small quota the buckets would be too coarse, and times are smaller.
type window struct {
	quota        int64
	length       int64
	width        int64   // of a sub-bucket; 0 if the times are kept
	inverseQuota float64 // of the quota, as a part of all
	hot          int     // index of its first word among those of a cell that are hot
	cold         int     // and among those that are cold
}

const (
	exactQuota   = 16
	olderBuckets = 16               // sub-buckets that count beside the newest
	buckets      = olderBuckets + 1 // all that count

	// The hot words of a bucketed window: which buckets count; the counters of all
	// together and of the newest. The cold ones: those of the older, two a word.
	wordSpan  = 0
	spanBits  = 5 // of it for how many buckets there are between oldest and newest
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
		w.width = (w.length + olderBuckets - 1) / olderBuckets // rounded up: sixteen must cover the window
	}
	return w
}

// words is how many words of a cell the window needs.
func (w *window) words() (hot, cold int) {
	if w.width == 0 {
		return int(w.quota), 0
	}
	return hotWords, coldWords
}

// hold is the longest that an admitted request can count.
func (w *window) retention() int64 {
	if w.width == 0 {
		return w.length
	}
	return buckets * w.width
}

// times are when what counts leaves a window that keeps the times.
func (w *window) times(c cell) []uint64 { return c.hot()[w.hot:][:w.quota] }

func (w *window) hotPart(c cell) *hotWindow   { return (*hotWindow)(c.hot()[w.hot:]) }
func (w *window) coldPart(c cell) *coldWindow { return (*coldWindow)(c.cold()[w.cold:]) }

// span returns the numbers of the oldest bucket that is not empty and of the
// newest, which are the same if all are.
func (h *hotWindow) span() (oldest, newest int64) {
	x := int64(h[wordSpan])
	return x>>spanBits - x&(1<<spanBits-1), x >> spanBits
}

// all returns the sum of the buckets.
func (h *hotWindow) sum() int64 { return int64(uint32(h[wordSums])) }

// grow adds n to the newest bucket and to the sum. Neither ever carries: no
// bucket holds more than maxQuota, not even after evict, and so no sum more than
// buckets × maxQuota.
func (h *hotWindow) addToNewest(n int64) { h[wordSums] += uint64(n)<<32 + uint64(n) }

// counter returns where the counter of bucket b is, which must be one of those
// that count: in which word, and from which bit on.
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

// change adds n to bucket b and to the sum.
func (w *window) addToBucket(c cell, b, n int64) {
	word, shift := w.counter(c, b)
	*word += uint64(n) << shift
	w.hotPart(c)[wordSums] += uint64(n)
}

// cover makes the buckets since oldest count, without the empty ones.
func (w *window) setSpan(c cell, oldest, newest int64) {
	h := w.hotPart(c)
	h[wordSpan] = uint64(newest << spanBits) // for bucket
	for oldest = max(oldest, newest-olderBuckets); oldest < newest && w.bucket(c, oldest) == 0; {
		oldest++
	}
	h[wordSpan] |= uint64(newest - oldest)
}

// used returns how many requests count in the window. Like all methods but
// advance and evict it expects the window to be at now.
func (w *window) used(c cell, now int64) int64 {
	if w.width != 0 {
		return w.hotPart(c).sum()
	}
	return w.countLive(w.times(c), now)
}

// live returns how many of s, the times of the window, are not over.
func (w *window) countLive(s []uint64, now int64) int64 {
	if int64(s[0]) > now {
		return int64(len(s))
	}
	live := 0
	for int64(s[len(s)-1-live]) > now { // ends before s[0]
		live++
	}
	return int64(live)
}

// add counts n units. More than the quota are counted only of what another
// store has admitted, and of those only the latest where the times are kept. It
// returns when they will have left, or 0 if others leave no sooner.
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

// sub takes back n units that add counted at the time stamp, those of them that
// still count. The rest of the cell has not changed hands since.
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

// more returns the time at which n of the units that count will have left the
// window. It is now if none counts; n is never more than what counts but then.
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
	if n > 1 { // the oldest is not empty: for one unit there is no need to look
		for n -= w.bucket(c, b); n > 0 && b < newest; {
			b++
			n -= w.bucket(c, b)
		}
	}
	return (b + buckets) * w.width
}

// advance moves the window to now: it empties the buckets it leaves behind.
func (w *window) advance(c cell, now int64) {
	if w.width == 0 {
		return // a time says by itself whether it still counts
	}
	if _, newest := w.hotPart(c).span(); now >= (newest+1)*w.width { // rarely, and a division is dear
		w.openBucket(c, now/w.width)
	}
}

// begin makes b the newest bucket.
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
		w.addToBucket(c, newest, n-w.bucket(c, newest)) // where the one that leaves was
		newest++
	}
	w.setSpan(c, oldest, b)
}

// evict replaces what is in c by what is in the overflow, and raises that to cover
// what was in c: bucket by bucket, or time by time, it keeps the larger.
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
