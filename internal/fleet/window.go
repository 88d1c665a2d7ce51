package fleet

import (
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	exactQuota   = 128 // up to this quota a window keeps the time of each unit
	olderBuckets = 64  // above it, the buckets that count beside the newest
	buckets      = olderBuckets + 1
)

// A rule is a limit as one of the two counters reads it.
type rule struct {
	quota int
	width int64 // of a sub-bucket; 0: the window keeps the time of each unit
	life  int64 // how long a kept time counts
}

// scriptRule returns l as take.lua reads it, in microseconds.
func scriptRule(l ratelimit.Limit) rule {
	micros := (int64(l.Window) + 999) / 1000
	return newRule(l.Quota, micros, micros+1)
}

// memoryRule returns l as the memory of one of the processes reads it, in nanoseconds: with
// its share of the quota, and a window that is longer by the budget.
func memoryRule(l ratelimit.Limit, processes int, budget time.Duration) rule {
	length := int64(l.Window + budget)
	return newRule((l.Quota+processes-1)/processes, length, length)
}

func newRule(quota int, length, life int64) rule {
	if quota <= exactQuota {
		return rule{quota: quota, life: life}
	}
	return rule{quota: quota, width: (length + olderBuckets - 1) / olderBuckets}
}

// A window holds the units of one key under one rule, and nothing else.
type window struct {
	rule
	latest int64   // time of the newest unit: time does not go back before it
	leaves []int64 // when each unit leaves, ascending, without buckets
	counts []int   // of the bucket with this index, modulo their number
	newest int64   // index of the newest bucket
	sum    int     // of the counts
}

func newWindow(r rule) *window {
	w := &window{rule: r}
	if r.width > 0 {
		w.counts = make([]int, buckets)
	}
	return w
}

// advance drops the units that have left at a time.
func (w *window) advance(at int64) {
	if w.width == 0 {
		i, _ := slices.BinarySearch(w.leaves, at+1)
		w.leaves = w.leaves[i:]
		return
	}
	b := at / w.width
	for i := max(w.newest+1, b-buckets+1); i <= b; i++ {
		w.sum -= w.counts[i%buckets]
		w.counts[i%buckets] = 0
	}
	w.newest = max(w.newest, b)
}

func (w *window) left() int {
	if w.width == 0 {
		return w.quota - len(w.leaves)
	}
	return w.quota - w.sum
}

// take takes up to n units at a time, which is the time of the newest unit if that is later.
func (w *window) take(now int64, n int) (granted int, at int64) {
	at = max(now, w.latest)
	w.advance(at)
	granted = max(min(n, w.left()), 0)
	w.add(at, granted)
	return granted, at
}

// add adds n units. If a window that keeps times is full, the oldest units make room.
func (w *window) add(at int64, n int) {
	if n == 0 {
		return
	}
	w.latest = at
	if w.width > 0 {
		w.counts[w.newest%buckets] += n
		w.sum += n
		return
	}
	w.leaves = append(w.leaves, slices.Repeat([]int64{at + w.life}, n)...)
	w.leaves = w.leaves[max(len(w.leaves)-w.quota, 0):]
}

// undo takes n units away that were added at a time, as far as they still count.
func (w *window) undo(at int64, n int) {
	if w.width > 0 {
		b := at / w.width
		if b > w.newest-buckets {
			n = min(n, w.counts[b%buckets])
			w.counts[b%buckets] -= n
			w.sum -= n
		}
		return
	}
	w.leaves = slices.DeleteFunc(w.leaves, func(leave int64) bool {
		if n == 0 || leave != at+w.life {
			return false
		}
		n--
		return true
	})
}

// wait returns the time from now until the oldest unit leaves, 0 without units.
func (w *window) wait(now int64) int64 {
	if w.width == 0 {
		if len(w.leaves) == 0 {
			return 0
		}
		return w.leaves[0] - now
	}
	for b := max(w.newest-olderBuckets, 0); b <= w.newest; b++ {
		if w.counts[b%buckets] > 0 {
			return (b+buckets)*w.width - now
		}
	}
	return 0
}
