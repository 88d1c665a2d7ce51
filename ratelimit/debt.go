package ratelimit

import "time"

// This file is the part of a table that works beside a store. The table also counts
// the units that the store admits in this process, so that the table can decide when
// the store fails. The store does not know of the units that the table admits during
// a failure. These units are the debt of the key. Until they have left the windows,
// both the store and the table must admit.
//
// Each key has a debt of its own. With one debt for all keys, one late answer about one
// key would limit all keys to this process's share of their quotas, for as long as the
// longest window.

// readDebt records whether c is in debt.
func (res *takeResult) readDebt(c cell, now int64) { res.inDebt = uint64(now) < c.cold()[coldDebt] }

// writeDebt records the granted units as debt of c if the store will not be asked.
func (res *takeResult) writeDebt(c cell) {
	if res.skipsStore && res.Granted > 0 {
		c.addDebt(res.Stamp.At)
	}
}

// recordDebt records as debt of k the units that take granted at stamp. It is called if
// the store has failed after take.
func (t *table) recordDebt(now time.Duration, k Key, stamp int64) {
	p := t.locate(k)
	lock, _ := t.lock(p.row, now)
	// If another key has taken the cell meanwhile, its counts are in the overflow.
	c, _ := t.find(p)
	c.addDebt(stamp)
	lock.Unlock()
}

func (c cell) addDebt(stamp int64) {
	until := &c.cold()[coldDebt]
	*until = max(*until, uint64(stamp+c.table.retention))
}
