package ratelimit

import "time"

// This file is the part of a table that works beside a store. The table counts
// along what the store admits here, so that it can decide when the store fails.
// What it then admits the store does not know of: the debt of the key. Until that
// has left the windows, both must admit. The debt is one of each key by itself. If
// it were one of all keys, one late answer about anybody would leave everybody
// this process's share of a quota, for as long as the longest window.

// readDebt notes whether c is in debt.
func (res *takeResult) readDebt(c cell, now int64) { res.inDebt = uint64(now) < c.cold()[coldDebt] }

// writeDebt notes in c what e was granted if the store will not be asked.
func (res *takeResult) writeDebt(c cell) {
	if res.skipsStore && res.Granted > 0 {
		c.addDebt(res.Stamp)
	}
}

// recordDebt notes that what take has taken of k at stamp was admitted without the
// store, which was asked and has failed.
func (t *table) recordDebt(now time.Duration, k Key, stamp int64) {
	p := t.locate(k)
	lock, _ := t.lock(p.row, now)
	// If another key has taken the cell meanwhile, the overflow has what was in it.
	c, _ := t.find(p)
	c.addDebt(stamp)
	lock.Unlock()
}

func (c cell) addDebt(stamp int64) {
	until := &c.cold()[coldDebt]
	*until = max(*until, uint64(stamp+c.table.retention))
}
