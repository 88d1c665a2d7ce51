package ratelimit

import (
	"math/rand/v2"
	"testing"
	"time"
)

// ledger plays a store that comes and goes before a table of one row, many keys
// to it, and reports whether the table ever forgot that a key still counts what
// the store does not know of; hits is how often it had to know. after is told of
// each step, and may spoil it.
func ledger(t *table, rnd *rand.Rand, after func(*table)) (forgot bool, hits int) {
	type debit struct {
		key   int
		until int64 // when it has left the true window, at the earliest
	}
	var owed []debit
	var now time.Duration
	length := t.windows[0].length
	for range 300 {
		if rnd.IntN(5) == 0 {
			now += time.Duration(rnd.Int64N(length / 8))
		}
		k := rnd.IntN(40)
		key := Key{hi: uint64(k), lo: kindIPv4}
		expected := false
		for _, d := range owed {
			expected = expected || d.key == k && int64(now) < d.until
		}
		alone, late := rnd.IntN(4) == 0, rnd.IntN(8) == 0
		e := entry{withoutStore: alone}
		t.take(now, key, 1, allOrNone, &e)
		if expected {
			hits++
			forgot = forgot || !e.inDebt
		}
		if late && e.Granted > 0 {
			for range rnd.IntN(20) { // meanwhile, others
				t.take(now, Key{hi: rnd.Uint64N(40), lo: kindIPv4}, 1, allOrNone, &entry{})
			}
			t.recordDebt(now, key, e.Stamp)
		}
		if (alone || late) && e.Granted > 0 {
			owed = append(owed, debit{k, e.Stamp + length})
		}
		after(t)
	}
	return forgot, hits
}

func TestWhatIsOwedIsNeverForgotten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(41, 42))
	hits := 0
	for range 300 {
		tab := newTable([]Limit{{Quota: 1 + rnd.IntN(40), Window: time.Second}}, 1, true)
		forgot, n := ledger(tab, rnd, func(*table) {})
		if forgot {
			t.Fatal("a key was left to the store alone, which did not know of all")
		}
		hits += n
	}
	if hits < 1000 {
		t.Errorf("it mattered only %d times", hits)
	}
}

// The proof of the proof: an overflow that does not keep the debt of the evicted is found
// out.
func TestLedgerFindsWhatIsForgotten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(43, 44))
	for range 50 {
		tab := newTable([]Limit{PerSecond(40)}, 1, true)
		if forgot, _ := ledger(tab, rnd, func(t *table) { t.cell(0, ways).cold()[coldDebt] = 0 }); forgot {
			return
		}
	}
	t.Error("nobody noticed")
}

// Only what stands behind a store has room for what it owes.
func TestMemoryAloneOwesNothing(t *testing.T) {
	limits := []Limit{PerMinute(100), PerHour(5)}
	alone, behind := newTable(limits, 1000, false), newTable(limits, 1000, true)
	if alone.hot.per != behind.hot.per || alone.cold.per+1 != behind.cold.per {
		t.Errorf("%d and %d words, behind a store %d and %d", alone.hot.per, alone.cold.per, behind.hot.per, behind.cold.per)
	}
	cells := int64(rowsFor(1000)) * (ways + 1)
	if grown := tableSize(limits, 1000, true) - tableSize(limits, 1000, false); grown != 8*cells {
		t.Errorf("%d bytes more for %d cells", grown, cells)
	}
}
