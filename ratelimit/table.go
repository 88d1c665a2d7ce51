package ratelimit

// This file is the path that every request takes. It must not allocate, start a
// goroutine, read a clock, or hold more than one lock. The work under that lock is
// bounded by the constant ways and by the number of limits.

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// A table counts keys in memory that is allocated once and never grows.
//
// A key belongs to one row. A new key takes the cell of a key whose requests have all
// left their windows. If there is no such cell, it takes the cell of the key in the row
// that has used the least of its quotas. The counts of the evicted key are not lost:
// they are merged into one more cell of the row, the overflow, and a key without a cell
// starts with the counts of the overflow. So a key may be charged for requests of other
// keys, but it never gets more than its quota, and a flood of new keys resets no count.
// (An LRU does the opposite: it evicts the very counter that keeps an attacker out.)
//
// A key that has used up a quota is never evicted. If all keys of a row have used up a
// quota, new keys share the overflow itself, as if they were one key.
type table struct {
	placement
	windows    []window
	fastPath   bool  // there is one window
	tracksDebt bool  // the table works beside a store
	retention  int64 // of the window with the longest
	locks      *[maxStripes]stripe
	tags       [][ways]byte // of the keys of each row
	hot        words        // of each row: the words of its cells and of the overflow
	cold       words
	counters   words
}

// newTable makes a table that decides alone, or a table that works beside a store and
// tracks debt.
func newTable(limits []Limit, maxKeys int, tracksDebt bool) *table {
	t := &table{placement: newPlacement(maxKeys), tracksDebt: tracksDebt}
	t.windows, t.hot.perCell, t.cold.perCell, t.counters.perCell = placeWindows(limits, tracksDebt)
	for i := range t.windows {
		t.retention = max(t.retention, t.windows[i].retention())
	}
	t.fastPath = len(t.windows) == 1
	t.locks = new([maxStripes]stripe)
	t.tags = make([][ways]byte, t.nrows)
	for _, w := range []*words{&t.hot, &t.cold, &t.counters} {
		w.all = make([]uint64, int(t.nrows)*(ways+1)*w.perCell)
	}
	return t
}

// mode tells take how to treat units without room.
type mode uint8

const (
	allOrNone mode = iota // refuse all units
	atMost                // take the units that have room
	forced                // count all units: the store has admitted them already
)

// demand is one query to a table: n units for the key at a position, at a time.
type demand struct {
	position
	at, n int64
	mode  mode
}

// takeResult is the answer of take, with the data for a store. The caller passes a
// pointer to it: it is too large for registers, and a copy of words that were just
// written costs more than the decision.
type takeResult struct {
	Count

	skipsStore bool // the store will not be asked

	// inDebt reports that the cell of the key, or the overflow from which the key
	// starts, holds units that the store does not know of. Then both must admit.
	inDebt bool
}

// take decides how many of n units of k are granted at now, and counts the granted units
// in all windows alike. It writes the answer into res. With n == 0 it takes nothing and
// only reports.
func (t *table) take(now time.Duration, k Key, n int64, m mode, res *takeResult) {
	p := t.locate(k)
	lock := &t.locks[p.row%maxStripes]
	lock.Lock()
	at := lock.clampTime(now)
	c, found := t.find(p)
	if t.tracksDebt {
		res.readDebt(c, at)
	}
	if !found || !t.fastPath || !t.takeFast(c.i, at, n, &res.Count) {
		c = t.takeSlow(&demand{p, at, n, m}, c, found, &res.Count)
	}
	if t.tracksDebt {
		res.writeDebt(c)
	}
	lock.Unlock()
}

// takeSlow decides every demand that takeFast does not decide. It returns the cell that
// counts.
func (t *table) takeSlow(d *demand, c cell, found bool, count *Count) cell {
	least := int64(maxQuota)
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(c, d.at)
		least = min(least, w.quota-w.used(c))
	}
	granted := d.n
	if d.n > least && d.n > 0 && d.mode != forced {
		need := d.n
		if granted = 0; d.mode == atMost {
			granted, need = max(least, 0), 1
		}
		if granted == 0 {
			t.reportRefusal(c, d.at, need, count)
			return c
		}
	}
	if granted > 0 {
		if !found {
			c = t.claim(&d.position, d.at)
		}
		for i := range t.windows {
			if until := uint64(t.windows[i].add(c, d.at, granted)); until > 0 {
				cold := c.cold()
				cold[coldUntil] = max(cold[coldUntil], until)
			}
		}
	}
	t.reportAdmission(c, d.at, count)
	count.Granted, count.Stamp.At = int(granted), d.at
	return c
}

// takeFast decides most requests. It needs a single window, and room for n units. If the
// window has buckets, it must not have to advance, and its newest bucket must not be
// empty. Otherwise takeFast returns false and counts nothing.
func (t *table) takeFast(i int, now, n int64, count *Count) bool {
	w := &t.windows[0]
	if w.width == 0 {
		return t.takeFastExact(i, now, n, count)
	}
	h := (*hotWindow)(t.hot.ofCell(i)[cellWords:])
	oldest, newest := h.span()
	left := w.quota - h.sum() - n
	if now >= (newest+1)*w.width || h[wordSums]>>32 == 0 || left < 0 || n < 1 {
		return false
	}
	h.addToNewest(n)
	count.Granted, count.Limit, count.Left, count.Stamp.At = int(n), 0, left, now
	count.Wait = time.Duration((oldest+buckets)*w.width - now)
	return true
}

// takeFastExact is takeFast for a window that keeps times.
func (t *table) takeFastExact(i int, now, n int64, count *Count) bool {
	w := &t.windows[0]
	r := w.ring(cell{t, i})
	r.advance(now)
	_, live := r.span()
	left := w.quota - int64(live) - n
	if left < 0 || n < 1 {
		return false
	}
	r.add(now+w.length, n)
	until := &t.cold.ofCell(i)[coldUntil]
	*until = max(*until, uint64(now+w.length))
	count.Granted, count.Limit, count.Left, count.Stamp.At = int(n), 0, left, now
	count.Wait = time.Duration(r.at(0) - now)
	return true
}

// refund takes back n units that take counted at stamp. If the cell has belonged to
// another key since, or was reset, the units are no longer in the cell, and its present
// counts must stay.
func (t *table) refund(now time.Duration, k Key, n, stamp int64) {
	p := t.locate(k)
	lock, at := t.lock(p.row, now)
	if c, found := t.find(p); found && uint64(stamp) >= c.cold()[coldSince] {
		for i := range t.windows {
			t.windows[i].advance(c, at)
			t.windows[i].takeBack(c, stamp, n)
		}
	}
	lock.Unlock()
}

// reset gives k an empty cell. If every key of its row has used up a quota, there is no
// free cell, and k stays in the overflow.
func (t *table) reset(now time.Duration, k Key) {
	p := t.locate(k)
	lock, at := t.lock(p.row, now)
	c, found := t.find(p)
	if !found {
		for i := range t.windows {
			t.windows[i].advance(c, at)
		}
		c = t.claim(&p, at)
		_, found = t.find(p)
	}
	if found {
		cold := c.cold()
		clear(c.hot()[cellWords:])
		clear(cold)
		clear(c.counters())
		// Units that were taken before the reset may be refunded later. Such a refund
		// must have no effect, so the cell begins one nanosecond later.
		lock.latest = at + 1
		cold[coldUntil], cold[coldSince] = uint64(at+t.retention), uint64(lock.latest)
	}
	lock.Unlock()
}

// lock locks a row. It returns the lock, and now as clampTime returns it.
func (t *table) lock(row uint64, now time.Duration) (*stripe, int64) {
	lock := &t.locks[row%maxStripes]
	lock.Lock()
	return lock, lock.clampTime(now)
}

// cell returns cell i of a row. The overflow is cell number ways.
func (t *table) cell(row uint64, i int) cell {
	return cell{t, int(row)*(ways+1) + i}
}

// find returns the cell of a key. If the key has no cell, it returns the overflow of
// the row, from which the key starts.
func (t *table) find(p position) (c cell, found bool) {
	tags := &t.tags[p.row]
	for i := 0; i < ways; i += 8 { // compare eight tags as one word
		// In a byte of diff that is 0 the tag matches. The lowest such byte becomes
		// 0x80, all bytes below become 0, and bytes above may become 0x80 without a
		// match.
		diff := binary.LittleEndian.Uint64(tags[i:]) ^ ones*uint64(p.tag)
		for matches := (diff - ones) &^ diff & (ones << 7); matches != 0; matches &= matches - 1 {
			at := int(p.row)*(ways+1) + i + bits.TrailingZeros64(matches)/8
			if hot := t.hot.all[at*t.hot.perCell:][:2]; hot[hotID] == p.id.hi && hot[hotID+1] == p.id.lo {
				return cell{t, at}, true
			}
		}
	}
	return t.cell(p.row, ways), false
}

// ones is a word of eight bytes with the value 1.
const ones = 0x0101_0101_0101_0101

// assignCell makes cell i of its row the cell of a key.
func (t *table) assignCell(p *position, i int, now int64) cell {
	t.tags[p.row][i] = p.tag
	c := t.cell(p.row, i)
	hot := c.hot()
	hot[hotID], hot[hotID+1] = p.id.hi, p.id.lo
	c.cold()[coldSince] = uint64(now)
	return c
}

// claim makes room for a key and returns its cell, with the counts of the overflow.
func (t *table) claim(p *position, now int64) cell {
	overflow := t.cell(p.row, ways)
	least, victim := float64(full), -1
	for i := range ways {
		c := t.cell(p.row, i)
		if int64(c.cold()[coldUntil]) <= now {
			copy(c.cold(), overflow.cold())
			for i := range t.windows {
				t.windows[i].inherit(c, overflow)
			}
			return t.assignCell(p, i, now)
		}
		if load := t.load(c, now); load < least {
			least, victim = load, i
		}
	}
	if victim < 0 {
		return overflow
	}
	c := t.cell(p.row, victim)
	for i := range t.windows {
		t.windows[i].evict(c, overflow, now)
	}
	inherit(c, overflow, coldUntil)
	if t.tracksDebt {
		inherit(c, overflow, coldDebt)
	}
	return t.assignCell(p, victim, now)
}

// inherit gives c the time of the overflow, and the overflow the later of the two
// times.
func inherit(c, overflow cell, word int) {
	mine, theirs := &c.cold()[word], &overflow.cold()[word]
	*mine, *theirs = *theirs, max(*mine, *theirs)
}

// full is the load of a cell whose key has used up a quota.
const full = 1

// load returns the used part of the quotas of a cell, of the fullest window. It
// multiplies by inverseQuota: a division would be the most expensive step of a flood.
func (t *table) load(c cell, now int64) (most float64) {
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(c, now)
		if used := w.used(c); used < w.quota {
			most = max(most, float64(used)*w.inverseQuota)
		} else {
			return full
		}
	}
	return most
}

// reportRefusal reports, of the windows without room for n units, the window with the
// longest wait.
func (t *table) reportRefusal(c cell, now, n int64, most *Count) {
	*most = Count{}
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(c)
		excess := used + n - w.quota
		if excess <= 0 {
			continue
		}
		wait := time.Duration(w.retention()) // more than the quota never has room
		if n <= w.quota {
			wait = time.Duration(w.freedAt(c, now, excess) - now)
		}
		if wait > most.Wait {
			most.Limit, most.Left, most.Wait = i, max(w.quota-used, 0), wait
		}
	}
}

// reportAdmission reports the window with the fewest units left. Of equal windows it
// reports the one that takes longest to have more.
func (t *table) reportAdmission(c cell, now int64, least *Count) {
	*least = Count{Left: maxQuota + 1}
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(c)
		left := max(w.quota-used, 0)
		if left > least.Left {
			continue
		}
		// A cell that inherited counts may hold more than its quota.
		if wait := time.Duration(w.freedAt(c, now, max(used-w.quota, 0)+1) - now); left < least.Left || wait > least.Wait {
			least.Limit, least.Left, least.Wait = i, left, wait
		}
	}
}
