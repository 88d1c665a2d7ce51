package ratelimit

import (
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

// compareTables asks fast and slow the same random questions. It returns the first
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
