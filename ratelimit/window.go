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
	older      = 16        // sub-buckets that count beside the newest
	buckets    = older + 1 // all that count

	// The words of a bucketed window: which buckets count, the counters of all
	// and of the newest, and those of the older ones, two a word. A request reads
	// the first two words, and the others only when a new bucket begins.
	wordSpan    = 0
	wordCounts  = 1
	countSum    = 0
	countNewest = 1
	countOlder  = 2
	bucketWords = wordCounts + (countOlder+older)/2
)

func compile(l Limit, from int) window {
	w := window{quota: int64(l.Quota), length: int64(l.Window), unit: 1 / float64(l.Quota), from: from}
	if l.Quota > exactQuota {
		w.width = (w.length + older - 1) / older // rounded up: sixteen must cover the window
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

// bucketed are the words of a bucketed window.
type bucketed [bucketWords]uint64

func (w *window) times(cell []uint64) []uint64    { return cell[w.from:][:w.quota] }
func (w *window) buckets(cell []uint64) *bucketed { return (*bucketed)(cell[w.from:]) }

// span returns the numbers of the oldest bucket that is not empty and of the
// newest, which are the same if all are.
func (s *bucketed) span() (oldest, newest int64) {
	x := int64(s[wordSpan])
	return x>>5 - x&31, x >> 5
}

// cover makes the buckets since oldest count, without the empty ones.
func (s *bucketed) cover(oldest, newest int64) {
	for oldest = max(oldest, newest-older); oldest < newest && s.count(slot(oldest, newest)) == 0; {
		oldest++
	}
	s[wordSpan] = uint64(newest<<5 | (newest - oldest))
}

// slot is the counter of bucket b, one of those that count.
func slot(b, newest int64) int64 {
	if b == newest {
		return countNewest
	}
	return countOlder + b%older
}

func (s *bucketed) count(i int64) int64 {
	return int64(uint32(s[wordCounts+i>>1] >> (i & 1 << 5)))
}

// add adds n to a counter and to the sum. Neither ever carries into its
// neighbour: no bucket holds more than maxQuota, not even after evict, and so
// no sum more than buckets × maxQuota.
func (s *bucketed) add(i, n int64) {
	s[wordCounts+i>>1] += uint64(n) << (i & 1 << 5)
	s[wordCounts] += uint64(n)
}

// used returns how many requests count in the window. Like all methods but
// advance and evict it expects the window to be at now.
func (w *window) used(cell []uint64, now int64) int64 {
	if w.width != 0 {
		return w.buckets(cell).count(countSum)
	}
	s := w.times(cell)
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
	if w.width != 0 {
		s := w.buckets(cell)
		s.add(countNewest, min(n, maxQuota-s.count(countNewest)))
		return
	}
	s := w.times(cell)
	kept := copy(s, s[min(n, w.quota):])
	for i := range s[kept:] {
		s[kept+i] = uint64(now + w.length)
	}
}

// sub takes back n units that add counted at the time stamp, those of them that
// still count. The rest of the cell has not changed hands since.
func (w *window) sub(cell []uint64, stamp, n int64) {
	if w.width != 0 {
		s := w.buckets(cell)
		b := stamp / w.width
		if oldest, newest := s.span(); oldest <= b && b <= newest {
			i := slot(b, newest)
			s.add(i, -min(n, s.count(i)))
			s.cover(oldest, newest)
		}
		return
	}
	s, end := w.times(cell), uint64(stamp+w.length)
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
func (w *window) more(cell []uint64, now, n int64) int64 {
	if w.width == 0 {
		live := w.used(cell, now)
		if live == 0 {
			return now
		}
		return int64(w.times(cell)[w.quota-live+min(n, live)-1])
	}
	s := w.buckets(cell)
	if s.count(countSum) == 0 {
		return now
	}
	b, newest := s.span()
	if n > 1 { // the oldest is not empty: for one unit there is no need to look
		for n -= s.count(slot(b, newest)); n > 0 && b < newest; {
			b++
			n -= s.count(slot(b, newest))
		}
	}
	return (b + buckets) * w.width
}

// advance moves the window to now: it empties the buckets it leaves behind.
func (w *window) advance(cell []uint64, now int64) {
	// A time says by itself whether it still counts. A bucket begins rarely.
	if w.width != 0 && now >= (int64(cell[w.from])>>5+1)*w.width {
		w.begin(cell, now)
	}
}

// begin makes the bucket of now the newest.
func (w *window) begin(cell []uint64, now int64) {
	s, b := w.buckets(cell), now/w.width
	oldest, newest := s.span()
	if b-newest > older {
		*s = bucketed{}
		oldest = b
	} else {
		for ; newest < b; newest++ {
			i, n := slot(newest, b), s.count(countNewest)
			s.add(countNewest, -n)
			s.add(i, n-s.count(i)) // in the place of the one that leaves
		}
	}
	s.cover(oldest, b)
}

// evict replaces what is in cell by what is in rest, and raises rest to cover
// what was in cell: bucket by bucket, or time by time, it keeps the larger.
func (w *window) evict(cell, rest []uint64, now int64) {
	if w.width == 0 {
		s, r := w.times(cell), w.times(rest)
		for i, old := range r {
			r[i], s[i] = max(old, s[i]), old
		}
		return
	}
	w.advance(cell, now)
	w.advance(rest, now)
	s, r := w.buckets(cell), w.buckets(rest)
	for i := range int64(buckets) {
		i += countNewest
		old, had := r.count(i), s.count(i)
		s.add(i, old-had)
		r.add(i, max(had-old, 0))
	}
	_, newest := s.span()
	s.cover(0, newest)
	r.cover(0, newest)
}
