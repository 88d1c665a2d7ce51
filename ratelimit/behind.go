package ratelimit

import "time"

// This file is what a table does behind a store. It counts along what the store
// admits here, so that it can decide when the store fails, and what it then
// admits the store does not know of: until that has left the windows, both must
// admit. This is so for each key by itself. If it were so for all, one late answer
// about anybody would leave everybody this process's share of a quota, for as
// long as the longest window.

func (e *entry) before(c cell, now int64) { e.both = uint64(now) < c.cold()[coldOwing] }

func (e *entry) after(c cell) {
	if e.alone && e.Granted > 0 {
		c.owe(e.Stamp)
	}
}

// owe notes that what take has taken of k at stamp was admitted without the
// store, which was asked and has failed.
func (t *table) owe(now time.Duration, k Key, stamp int64) {
	id, set, tag := t.of(k)
	lock, _ := t.lock(set, now)
	// If another key has taken the cell meanwhile, the rest has what was in it.
	c, _ := t.find(set, id, tag)
	c.owe(stamp)
	lock.Unlock()
}

func (c cell) owe(stamp int64) {
	until := &c.cold()[coldOwing]
	*until = max(*until, uint64(stamp+c.table.hold))
}
