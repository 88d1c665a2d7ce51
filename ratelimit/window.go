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
	quota  int64
	length int64
	width  int64   // of a sub-bucket; 0 if the times are kept
	unit   float64 // of the quota, as a part of all
	from   int     // index of its first word in a cell
}

const (
	exactQuota = 16
	buckets    = 17

	// The words of a bucketed window: the newest bucket, the oldest that is not
	// empty, and two counters a word, the last being the sum of the others.
	wordNewest  = 0
	wordOldest  = 1
	wordCounts  = 2
	countSum    = buckets
	bucketWords = wordCounts + (buckets+1)/2
)

func compile(l Limit, from int) window {
	w := window{quota: int64(l.Quota), length: int64(l.Window), unit: 1 / float64(l.Quota), from: from}
	if l.Quota > exactQuota {
		// Rounded up: sixteen of them must cover the window.
		w.width = (w.length + buckets - 2) / (buckets - 1)
	}
	return w
}

// words is how many words of a cell the window needs.
func (w *window) words() int {
	if w.width == 0 {
		return int(w.quota)
	}
	return bucketWords
}

// hold is the longest that an admitted request can count.
func (w *window) hold() int64 {
	if w.width == 0 {
		return w.length
	}
	return buckets * w.width
}

func (w *window) of(cell []uint64) []uint64 { return cell[w.from : w.from+w.words()] }

// used returns how many requests count in the window. Like all methods but
// advance and evict it expects the window to be at now.
func (w *window) used(cell []uint64, now int64) int64 {
	s := w.of(cell)
	if w.width != 0 {
		return count(s, countSum)
	}
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
// store has admitted, and of those only the latest where the times are kept.
func (w *window) add(cell []uint64, now, n int64) {
	s := w.of(cell)
	if w.width == 0 {
		kept := copy(s, s[min(n, w.quota):])
		for i := range s[kept:] {
			s[kept+i] = uint64(now + w.length)
		}
		return
	}
	b := int64(s[wordNewest]) % buckets
	n = min(n, maxQuota-count(s, b))
	addCount(s, b, n)
	addCount(s, countSum, n)
}

// sub takes back n units that add counted at the time stamp, those of them that
// still count. The rest of the cell has not changed hands since.
func (w *window) sub(cell []uint64, stamp, n int64) {
	s := w.of(cell)
	if w.width == 0 {
		end := uint64(stamp + w.length)
		for i := range s {
			if s[i] == end && n > 0 {
				copy(s[1:i+1], s[:i])
				s[0] = 0
				n--
			}
		}
		return
	}
	b, newest := stamp/w.width, int64(s[wordNewest])
	if b > newest || newest-b >= buckets {
		return
	}
	n = min(n, count(s, b%buckets))
	addCount(s, b%buckets, -n)
	addCount(s, countSum, -n)
}

// more returns the time at which n of the units that count will have left the
// window. It is now if none counts; n is never more than what counts but then.
func (w *window) more(cell []uint64, now, n int64) int64 {
	s := w.of(cell)
	if w.width == 0 {
		live := w.used(cell, now)
		if live == 0 {
			return now
		}
		return int64(s[w.quota-live+min(n, live)-1])
	}
	if count(s, countSum) == 0 {
		return now
	}
	b := int64(s[wordOldest])
	for n -= count(s, b%buckets); n > 0 && b < int64(s[wordNewest]); {
		b++
		n -= count(s, b%buckets)
	}
	return (b + buckets) * w.width
}

// advance moves the window to now: it empties the buckets it leaves behind.
func (w *window) advance(cell []uint64, now int64) {
	if w.width == 0 {
		return // a time says by itself whether it still counts
	}
	s := w.of(cell)
	newest := int64(s[wordNewest])
	if now >= (newest+1)*w.width { // rarely, and a division is dear
		b := now / w.width
		if b-newest >= buckets {
			clear(s)
			s[wordOldest] = uint64(b)
		} else {
			for i := newest + 1; i <= b; i++ {
				n := count(s, i%buckets)
				addCount(s, i%buckets, -n)
				addCount(s, countSum, -n)
			}
		}
		newest = b
		s[wordNewest] = uint64(b)
	}
	oldest := max(int64(s[wordOldest]), newest-buckets+1)
	for oldest < newest && count(s, oldest%buckets) == 0 {
		oldest++
	}
	s[wordOldest] = uint64(oldest)
}

// evict replaces what is in cell by what is in rest, and raises rest to cover
// what was in cell: bucket by bucket, or time by time, it keeps the larger.
func (w *window) evict(cell, rest []uint64, now int64) {
	s, r := w.of(cell), w.of(rest)
	if w.width == 0 {
		for i, old := range r {
			r[i], s[i] = max(old, s[i]), old
		}
		return
	}
	w.advance(cell, now)
	w.advance(rest, now)
	for i := range int64(buckets) {
		old, had := count(r, i), count(s, i)
		addCount(s, i, old-had)
		addCount(s, countSum, old-had)
		if had > old {
			addCount(r, i, had-old)
			addCount(r, countSum, had-old)
		}
	}
	first := uint64(max(int64(s[wordNewest])-buckets+1, 0))
	s[wordOldest], r[wordOldest] = first, first
}

func count(s []uint64, i int64) int64 {
	return int64(uint32(s[wordCounts+i>>1] >> (i & 1 << 5)))
}

// addCount never carries into the neighbour: no bucket holds more than maxQuota,
// not even after evict, and so no counter more than buckets × maxQuota.
func addCount(s []uint64, i, n int64) {
	s[wordCounts+i>>1] += uint64(n) << (i & 1 << 5)
}
