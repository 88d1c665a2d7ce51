package ratelimit

import "time"

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
