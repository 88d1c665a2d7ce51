package ratelimit

import "time"

// This file is what a table does behind a store. It counts along what the store
// admits here, so that it can decide when the store fails, and what it then
// admits the store does not know of: until that has left the windows, both must
// admit. This is so for each key by itself. If it were so for all, one late answer
// about anybody would leave everybody this process's share of a quota, for as
// long as the longest window.

// along is take behind a store; alone says that the store will not be asked. It
// also reports whether the cell of k, or the rest that it starts from, holds what
// the store does not know of, so that both must admit.
func (t *table) along(now time.Duration, k Key, n int64, m mode, alone bool) (count Count, both bool) {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	c, owned := t.find(set, id, tag)
	both = uint64(at) < c.cold()[coldOwing]
	quick := false
	if owned && t.plain {
		count, quick = t.quick(c, at, n)
	}
	if !quick {
		count, c = t.decide(&asked{c, owned, id, set, tag}, at, n, m)
	}
	if alone && count.Granted > 0 {
		t.owing(c, count.Stamp)
	}
	lock.Unlock()
	return count, both
}

// owe notes that what along has taken of k at stamp was admitted without the
// store, which was asked and has failed.
func (t *table) owe(now time.Duration, k Key, stamp int64) {
	id, set, tag := t.of(k)
	lock, _ := t.lock(set, now)
	// If another key has taken the cell meanwhile, the rest has what was in it.
	c, _ := t.find(set, id, tag)
	t.owing(c, stamp)
	lock.Unlock()
}

func (t *table) owing(c cell, stamp int64) {
	until := &c.cold()[coldOwing]
	*until = max(*until, uint64(stamp+t.hold))
}
