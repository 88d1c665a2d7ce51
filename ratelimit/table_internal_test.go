package ratelimit

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// playStore plays a store that comes and goes in front of a table of one row, with many
// keys. It reports whether the table ever forgot the debt of a key; hits is the number
// of times the debt mattered. playStore calls after at each step, which may damage the
// table.
func playStore(t *table, rnd *rand.Rand, after func(*table)) (forgot bool, hits int) {
	type debit struct {
		key   int
		until int64 // the earliest time at which the debit has left the true window
	}
	var debts []debit
	var now time.Duration
	length := t.windows[0].length
	for range 300 {
		if rnd.IntN(5) == 0 {
			now += time.Duration(rnd.Int64N(length / 8))
		}
		k := rnd.IntN(40)
		key := Key{hi: uint64(k), lo: kindIPv4}
		expected := false
		for _, d := range debts {
			expected = expected || d.key == k && int64(now) < d.until
		}
		alone, late := rnd.IntN(4) == 0, rnd.IntN(8) == 0
		res := takeResult{skipsStore: alone}
		t.take(now, key, 1, allOrNone, &res)
		if expected {
			hits++
			forgot = forgot || !res.inDebt
		}
		if late && res.Granted > 0 {
			for range rnd.IntN(20) { // requests of other keys meanwhile
				t.take(now, Key{hi: rnd.Uint64N(40), lo: kindIPv4}, 1, allOrNone, &takeResult{})
			}
			t.recordDebt(now, key, res.Stamp.At)
		}
		if (alone || late) && res.Granted > 0 {
			debts = append(debts, debit{k, res.Stamp.At + length})
		}
		after(t)
	}
	return forgot, hits
}

func TestDebtIsNeverForgotten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	hits := 0
	for range 300 {
		tab := newTable([]Limit{{Quota: 1 + rnd.IntN(40), Window: time.Second}}, 1, true)
		forgot, n := playStore(tab, rnd, func(*table) {})
		if forgot {
			t.Fatal("the table forgot a debt")
		}
		hits += n
	}
	if hits < 1000 {
		t.Errorf("the debt mattered only %d times", hits)
	}
}

// playStore itself is tested: it must find an overflow that loses the debt of evicted
// keys.
func TestPlayStoreFindsForgottenDebt(t *testing.T) {
	rnd := rand.New(rand.NewPCG(43, 44))
	for range 50 {
		tab := newTable([]Limit{PerSecond(40)}, 1, true)
		if forgot, _ := playStore(tab, rnd, func(t *table) { t.cell(0, ways).cold()[coldDebt] = 0 }); forgot {
			return
		}
	}
	t.Error("playStore found no forgotten debt")
}

// Only a table behind a store has a word for debt.
func TestOnlyTablesBehindAStoreTrackDebt(t *testing.T) {
	limits := []Limit{PerMinute(100), PerHour(5)}
	alone, behind := newTable(limits, 1000, false), newTable(limits, 1000, true)
	if alone.hot.perCell != behind.hot.perCell || alone.cold.perCell+1 != behind.cold.perCell {
		t.Errorf("%d and %d words, behind a store %d and %d", alone.hot.perCell, alone.cold.perCell, behind.hot.perCell, behind.cold.perCell)
	}
	cells := int64(rowsFor(1000)) * (ways + 1)
	if grown := tableBytes(limits, 1000, true) - tableBytes(limits, 1000, false); grown != 8*cells {
		t.Errorf("%d bytes more for %d cells", grown, cells)
	}
}

// compareTables sends the same random queries to fast and slow. It returns the first
// difference in an answer or in the memory; fastTakes is the number of decisions of
// takeFast.
func compareTables(fast, slow *table, rnd *rand.Rand) (difference string, fastTakes int) {
	type taken struct {
		key   Key
		stamp int64
	}
	var log []taken
	window := fast.windows[0].length
	var now time.Duration
	for range 400 {
		switch step := time.Duration(rnd.Int64N(window)); rnd.IntN(24) {
		case 0:
			now += 2 * step
		case 1:
			now -= step // time does not run back in the tables
		case 2, 3, 4, 5:
			now += step / 16
		}
		key := Key{hi: uint64(rnd.IntN(1 + rnd.IntN(40))), lo: kindIPv4}
		n, m := rnd.Int64N(3+fast.windows[0].quota/8), mode(rnd.IntN(8))
		if m > forced {
			n, m = 1, allOrNone
		}
		switch ask := rnd.IntN(30); {
		case ask == 0:
			fast.reset(now, key)
			slow.reset(now, key)
		case ask < 4 && len(log) > 0:
			back := log[rnd.IntN(len(log))]
			fast.refund(now, back.key, 1, back.stamp)
			slow.refund(now, back.key, 1, back.stamp)
		default:
			p := fast.locate(key)
			c, known := fast.find(p)
			w := &fast.windows[0]
			if known && fast.fastPath && n > 0 && (w.width == 0 || w.hotPart(c)[wordSums]>>32 > 0) {
				fastTakes++
			}
			var a, b takeResult
			fast.take(now, key, n, m, &a)
			slow.take(now, key, n, m, &b)
			if a != b {
				return "a decision", fastTakes
			}
			if a.Granted > 0 {
				log = append(log, taken{key, a.Stamp.At})
			}
		}
		if !slices.Equal(fast.hot.all, slow.hot.all) || !slices.Equal(fast.cold.all, slow.cold.all) ||
			!slices.Equal(fast.counters.all, slow.counters.all) {
			return "memory", fastTakes
		}
	}
	return "", fastTakes
}

// tablePair returns two tables of one row, in which the place of a key does not depend
// on a seed. slow never uses takeFast.
func tablePair(rnd *rand.Rand, leastQuota int) (fast, slow *table) {
	limits := []Limit{{Quota: leastQuota + rnd.IntN(30), Window: minWindow + time.Duration(rnd.Int64N(int64(time.Hour)))}}
	fast, slow = newTable(limits, 1, false), newTable(limits, 1, false)
	slow.fastPath = false
	return fast, slow
}

// The lowest quotas of windows that keep times, and of windows with buckets.
var leastQuotas = []int{1, exactQuota - 29, exactQuota + 1}

func TestTakeFastEqualsTakeSlow(t *testing.T) {
	for _, least := range leastQuotas {
		rnd := rand.New(rand.NewPCG(31, 32))
		fastTakes := 0
		for round := range 300 {
			fast, slow := tablePair(rnd, least)
			difference, n := compareTables(fast, slow, rnd)
			if difference != "" {
				t.Fatalf("round %d, %+v: the two differ in %s", round, fast.windows, difference)
			}
			fastTakes += n
		}
		if fastTakes < 10_000 {
			t.Errorf("quotas from %d: takeFast made only %d decisions", least, fastTakes)
		}
	}
}

// compareTables itself is tested: it must find a quota that is wrong by one, and times
// or buckets that count a nanosecond too long.
func TestCompareTablesFindsFaults(t *testing.T) {
	for _, least := range leastQuotas {
		for name, spoil := range map[string]func(*window){
			"quota":  func(w *window) { w.quota-- },
			"length": func(w *window) { w.length, w.width = w.length+1, w.width+min(w.width, 1) },
		} {
			rnd := rand.New(rand.NewPCG(33, 34))
			found := false
			for range 50 {
				fast, slow := tablePair(rnd, max(least, 2))
				spoil(&fast.windows[0])
				difference, _ := compareTables(fast, slow, rnd)
				found = found || difference != ""
			}
			if !found {
				t.Errorf("quotas from %d: compareTables found no wrong %s", least, name)
			}
		}
	}
}

// find equals a scan of the ids, for any tags, also if all tags are the same.
func TestFindIsAScan(t *testing.T) {
	rnd := rand.New(rand.NewPCG(35, 36))
	for range 2000 {
		table := newTable([]Limit{PerMinute(100)}, 1, false)
		tags := []byte{0, 1, 0x7f, 0x80, 0x81, 0xff}[rnd.IntN(5):]
		var ids [ways]id
		var tag [ways]byte
		for i := range ways {
			ids[i], tag[i] = id{rnd.Uint64(), rnd.Uint64N(3) + 1}, tags[rnd.IntN(len(tags))]
			table.assignCell(&position{ids[i], 0, tag[i]}, i, 0)
		}
		for i := range ways {
			if c, known := table.find(position{ids[i], 0, tag[i]}); !known || c.i != i {
				t.Fatalf("way %d of tags %x: found %d, %v", i, tag, c.i, known)
			}
			other := id{ids[i].hi, ids[i].lo + 9}
			if c, known := table.find(position{other, 0, tag[i]}); known || c.i != ways {
				t.Fatalf("a key that is not there: found %d, %v", c.i, known)
			}
		}
	}
}

// ringModel is the slow reference of a ring: the times in ascending order, oldest first.
type ringModel []int64

func (m *ringModel) add(until, n int64, size int) {
	for range n {
		*m = append(*m, until)
	}
	*m = (*m)[max(len(*m)-size, 0):]
}

func (m *ringModel) advance(now int64) {
	*m = slices.DeleteFunc(*m, func(t int64) bool { return t <= now })
}

func (m *ringModel) takeBack(until, n int64) {
	*m = slices.DeleteFunc(*m, func(t int64) bool {
		n--
		if t != until {
			n++
		}
		return t == until && n >= 0
	})
}

// swapIn pairs the newest times of the two, then the second newest, and so on.
func (m *ringModel) swapIn(other *ringModel) {
	var kept ringModel
	for k := 1; k <= max(len(*m), len(*other)); k++ {
		mine, theirs := int64(0), int64(0)
		if k <= len(*m) {
			mine = (*m)[len(*m)-k]
		}
		if k <= len(*other) {
			theirs = (*other)[len(*other)-k]
		}
		kept = append(kept, max(mine, theirs))
	}
	slices.Reverse(kept)
	*m, *other = slices.Clone(*other), kept
}

func (r *ring) times() (all []int64) {
	_, live := r.span()
	for i := range live {
		all = append(all, r.at(i))
	}
	return all
}

// ringDiffers plays the same random operations on two rings and on their models, and
// reports whether any of them ever differ. damage may spoil a ring after each operation.
func ringDiffers(rnd *rand.Rand, size int, damage func(*ring)) bool {
	rings := []*ring{{new(hotWindow), make([]uint64, size)}, {new(hotWindow), make([]uint64, size)}}
	models := make([]ringModel, 2)
	now, length := int64(1), int64(1000)
	for range 300 {
		i := rnd.IntN(2)
		r, m := rings[i], &models[i]
		switch rnd.IntN(8) {
		case 0, 1:
			now += rnd.Int64N(length / 4)
		case 2:
			now += length/2 + rnd.Int64N(length)
		case 3:
			if len(*m) > 0 {
				until, n := (*m)[rnd.IntN(len(*m))]-rnd.Int64N(2), 1+rnd.Int64N(3)
				r.takeBack(until, n)
				m.takeBack(until, n)
			}
		case 4:
			r.advance(now)
			m.advance(now)
			rings[1-i].advance(now)
			models[1-i].advance(now)
			r.swapIn(rings[1-i])
			m.swapIn(&models[1-i])
		case 5:
			r.copyFrom(rings[1-i])
			*m = slices.Clone(models[1-i])
		default:
			n := rnd.Int64N(int64(size) + 1)
			r.add(now+length, n)
			m.add(now+length, n, size)
		}
		if rnd.IntN(2) == 0 {
			r.advance(now)
			m.advance(now)
		}
		damage(r)
		for i := range rings {
			if !slices.Equal(rings[i].times(), models[i]) {
				return true
			}
		}
	}
	return false
}

func TestRingMatchesModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(51, 52))
	for range 500 {
		if size := 1 + rnd.IntN(20); ringDiffers(rnd, size, func(*ring) {}) {
			t.Fatalf("a ring of %d differs from its model", size)
		}
	}
}

// ringDiffers itself is tested: it must find a ring that loses its oldest time, and a
// time that leaves a nanosecond too early.
func TestRingModelFindsFaults(t *testing.T) {
	for name, damage := range map[string]func(*ring){
		"lost": func(r *ring) {
			if first, live := r.span(); live == 3 {
				r.setSpan(r.wrap(first+1), live-1)
			}
		},
		"early": func(r *ring) {
			if first, live := r.span(); live == 3 {
				*r.slot(first)--
				r.setSpan(first, live)
			}
		},
	} {
		rnd, found := rand.New(rand.NewPCG(53, 54)), false
		for range 50 {
			found = found || ringDiffers(rnd, 8, damage)
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}

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

// Each number of a store is used without a further check, so each has its limits.
func TestPlausibleCounts(t *testing.T) {
	s := &limitSet{limits: make([]namedLimit, 2)}
	for name, tc := range map[string]struct {
		count Count
		asked int
		mode  mode
		want  bool
	}{
		"all":                      {Count{Granted: 3}, 3, 0, true},
		"more than all":            {Count{Granted: 4}, 3, atMost, false},
		"a part":                   {Count{Granted: 2}, 3, atMost, true},
		"a part of all or nothing": {Count{Granted: 2}, 3, 0, false},
		"less than none":           {Count{Granted: -1}, 3, atMost, false},
		"a refusal":                {Count{Wait: 1}, 3, 0, true},
		"a refusal without Wait":   {Count{Left: 1}, 3, 0, false},
		"no room without Wait":     {Count{}, 0, 0, false},
		"room without Wait":        {Count{Left: 1}, 0, 0, true},
		"the longest Wait":         {Count{Wait: maxWait}, 1, 0, true},
		"a longer Wait":            {Count{Wait: maxWait + time.Nanosecond}, 1, 0, false},
		"a Wait in the past":       {Count{Granted: 1, Wait: -1}, 1, 0, false},
		"the most units left":      {Count{Granted: 1, Left: maxQuota}, 1, 0, true},
		"more units left":          {Count{Granted: 1, Left: maxQuota + 1}, 1, 0, false},
		"less than no units left":  {Count{Granted: 1, Left: -1}, 1, 0, false},
		"the last limit":           {Count{Granted: 1, Limit: 1}, 1, 0, true},
		"a limit after the last":   {Count{Granted: 1, Limit: 2}, 1, 0, false},
		"a limit before the first": {Count{Granted: 1, Limit: -1}, 1, 0, false},
	} {
		if got := tc.count.plausible(s, tc.asked, tc.mode); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The sub-buckets cover the window, and a cell is kept as long as a unit counts. The policy
// states the window with the width of a bucket in whole microseconds, up to 1.02 times.
func TestWindowTimes(t *testing.T) {
	for length, seconds := range map[time.Duration]int64{
		time.Millisecond: 0, 50 * time.Second: 51, time.Minute: 61, 64 * time.Second: 65, 64*time.Second + 64: 0, 777777777777: 790,
	} {
		w := newWindow(Limit{Quota: 1000, Window: length})
		if covered := olderBuckets * w.width; covered < int64(length) || covered >= int64(length)+olderBuckets {
			t.Errorf("%v: the buckets cover %v", length, time.Duration(covered))
		}
		if got := w.retention(); got != buckets*w.width {
			t.Errorf("%v: kept for %v", length, time.Duration(got))
		}
		if got := w.statedSeconds(); got != seconds {
			t.Errorf("%v: stated %d, want %d", length, got, seconds)
		}
	}
}

// bucketModel is a window of buckets that is easy to read: the units of each bucket.
type bucketModel map[int64]int64

func (m bucketModel) advance(newest int64) {
	maps.DeleteFunc(m, func(b, _ int64) bool { return b < newest-olderBuckets })
}

func (m bucketModel) sum() (sum int64) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// freedAt returns the time at which n units have left the window.
func (m bucketModel) freedAt(now, n, width int64) int64 {
	for _, b := range slices.Sorted(maps.Keys(m)) {
		if n -= m[b]; n <= 0 {
			return (b + buckets) * width
		}
	}
	return now
}

func (m bucketModel) evict(overflow bucketModel, newest, quota int64) {
	sum := int64(0)
	for b := newest; b >= newest-olderBuckets; b-- {
		kept := max(m[b], overflow[b])
		if sum >= quota {
			kept = 0
		}
		sum += kept
		m[b], overflow[b] = overflow[b], kept
	}
}

// bucketsDiffer plays the same random operations on two cells and on their models, and
// reports whether any of them ever differ. damage may spoil a cell after each operation.
func bucketsDiffer(rnd *rand.Rand, damage func(*window, cell)) bool {
	tab := newTable([]Limit{{Quota: 200, Window: 64 * time.Microsecond}}, 1, false)
	w, cells, models := &tab.windows[0], []cell{tab.cell(0, 0), tab.cell(0, ways)}, []bucketModel{{}, {}}
	for now, step := int64(1e6), 0; step < 400; step++ {
		if rnd.IntN(3) == 0 {
			now += rnd.Int64N(w.length / 4)
		}
		newest := now / w.width
		for i, c := range cells {
			w.advance(c, now)
			models[i].advance(newest)
		}
		i := rnd.IntN(2)
		c, m := cells[i], models[i]
		switch rnd.IntN(6) {
		case 0:
			w.evict(cells[0], cells[1], now)
			models[0].evict(models[1], newest, w.quota)
		case 1:
			w.inherit(cells[0], cells[1])
			models[0] = maps.Clone(models[1])
		case 2:
			b, n := newest-rnd.Int64N(olderBuckets+10), rnd.Int64N(60)
			w.takeBack(c, b*w.width+rnd.Int64N(w.width), n)
			if m[b] -= min(n, m[b]); m[b] == 0 {
				delete(m, b)
			}
		default:
			n := 1 + rnd.Int64N(60)
			w.add(c, now, n)
			m[newest] += n
		}
		damage(w, c)
		for i, c := range cells {
			m, sum := models[i], models[i].sum()
			if w.used(c) != sum || sum > 0 && w.freedAt(c, now, 1) != m.freedAt(now, 1, w.width) {
				return true
			}
			if n := 1 + rnd.Int64N(max(sum, 1)); w.freedAt(c, now, n) != m.freedAt(now, n, w.width) {
				return true
			}
			for b := newest - olderBuckets; b <= newest; b++ {
				if w.bucket(c, b) != m[b] {
					return true
				}
			}
		}
	}
	return false
}

func TestBucketsAgainstModel(t *testing.T) {
	for seed := range uint64(60) {
		if bucketsDiffer(rand.New(rand.NewPCG(seed, 7)), func(*window, cell) {}) {
			t.Fatalf("seed %d: a cell differs from its model", seed)
		}
	}
	for name, damage := range map[string]func(*window, cell){
		"one unit more":       func(w *window, c cell) { w.hotPart(c).addToNewest(1) },
		"a sum of its own":    func(w *window, c cell) { w.hotPart(c)[wordSums]++ },
		"only newest bucket":  func(w *window, c cell) { w.hotPart(c)[wordSpan] &^= 1<<spanBits - 1 },
		"an old unit is lost": func(w *window, c cell) { *w.olderPart(c) = olderCounts{} },
	} {
		if !bucketsDiffer(rand.New(rand.NewPCG(1, 2)), damage) {
			t.Errorf("%s: not found", name)
		}
	}
}

// After an answer of the store the memory counts the units that the store granted, and no
// others. A refund of them leaves nothing.
func TestMirrorCountsTheGrantOfTheStore(t *testing.T) {
	const quota = 1000
	for mine := range 4 {
		for granted := range 4 {
			s := &limitSet{table: newTable([]Limit{PerHour(quota)}, 1, false)}
			c := &call{at: time.Second, key: StringKey("k")}
			left := func() int {
				var res takeResult
				s.table.take(c.at, c.key, 0, allOrNone, &res)
				return int(res.Left)
			}
			var res takeResult
			s.table.take(c.at, c.key, int64(mine), atMost, &res)
			stamp, counted := c.mirror(s, res.Count, granted)
			if counted != (granted > 0) || left() != quota-granted {
				t.Errorf("%d in memory, %d granted: %v, %d left", mine, granted, counted, left())
			}
			if counted {
				if s.table.refund(c.at, c.key, int64(granted), stamp); left() != quota {
					t.Errorf("%d in memory, %d granted: %d left after the refund", mine, granted, left())
				}
			}
		}
	}
}

// A new key takes the place of the key with the smallest used part of a quota, in its fullest
// window, and of no key that has used up a quota. Then it counts in the overflow.
func TestVictimHasTheSmallestLoad(t *testing.T) {
	limits := []Limit{{Quota: 1000, Window: time.Minute}, {Quota: 2000, Window: 24 * time.Hour}}
	key := func(i int) Key { return Key{hi: uint64(i), lo: kindIPv4} }
	for victim := range ways + 1 { // with the last number all keys are full
		tab := newTable(limits, ways/2, false)
		take := func(now time.Duration, i int, n int64) (res takeResult) {
			tab.take(now, key(i), n, allOrNone, &res)
			return res
		}
		now := time.Hour
		for i := range ways {
			if i == victim {
				take(now, i, 900) // 45 % of its day, which is more units than the others have
			} else {
				take(now, i, 100)
			}
		}
		now += time.Hour
		for i := range ways {
			switch {
			case victim == ways:
				take(now, i, 1000)
			case i != victim:
				take(now, i, 500) // 50 % of its minute
			}
		}
		if res := take(now, ways, 1); res.Granted != 1 {
			t.Errorf("victim %d: the new key gets %+v", victim, res)
		}
		for i := range ways {
			if _, found := tab.find(tab.locate(key(i))); found == (i == victim) {
				t.Errorf("victim %d: key %d found: %v", victim, i, found)
			}
		}
		if _, found := tab.find(tab.locate(key(ways))); found != (victim < ways) {
			t.Errorf("victim %d: the new key found: %v", victim, found)
		}
	}
}

// A reset forgets the units of a key for good: their refund makes no room for more than the quota.
func TestRefundAfterReset(t *testing.T) {
	for _, quota := range []int{10, 1000} { // times, and buckets
		tab, key, now := newTable([]Limit{PerHour(quota)}, ways/2, false), StringKey("k"), time.Hour
		var before, after, last takeResult
		tab.take(now, key, int64(quota), allOrNone, &before)
		tab.reset(now, key)
		tab.take(now, key, int64(quota), allOrNone, &after)
		tab.refund(now, key, int64(quota), before.Stamp.At)
		if tab.take(now, key, 1, allOrNone, &last); after.Granted != quota || last.Granted != 0 {
			t.Errorf("quota %d: %d granted after the reset, and %d after the refund", quota, after.Granted, last.Granted)
		}
	}
}
