package bench

import (
	"slices"
	"time"
)

// An attack is one adversary against one key of one limiter. It runs on the fake clock
// of a synctest bubble, where it is deterministic and takes no time, or on the real
// clock, for stores outside the process.
type attack struct {
	limit  int
	window time.Duration
	lead   time.Duration // how long before the edge of a window a burst begins
	floods int           // number of windows that a flood lasts
	try    func() bool

	start   time.Time
	hits    []hit
	offered int
}

// A hit is an admitted request. It was decided between the two times.
type hit struct{ before, after time.Time }

// The adversaries. Each does what a client that wants more than its limit would do
// against one of the usual algorithms: boundary against fixed windows, drip against
// weighted windows, pace against buckets that fill while they are used. A limiter must
// survive flood without starving the client.
var adversaries = []struct {
	name string
	run  func(*attack)
}{
	{"boundary", (*attack).boundary},
	{"drip", (*attack).drip},
	{"pace", (*attack).pace},
	{"flood", (*attack).flood},
}

// align waits for a phase of the clock, because some limiters cut their windows by the
// clock and others from the first request.
func (a *attack) align(phase time.Duration) {
	now := time.Now()
	a.start = now.Truncate(a.window).Add(a.window + phase)
	a.sleepUntil(0)
}

func (a *attack) sleepUntil(since time.Duration) { time.Sleep(time.Until(a.start.Add(since))) }

func (a *attack) send(n int) {
	for range n {
		before := time.Now()
		a.offered++
		if a.try() {
			a.hits = append(a.hits, hit{before, time.Now()})
		}
	}
}

// sendEvery sends one request each step from one time to another. It never makes up for
// missed requests.
func (a *attack) sendEvery(step, from, to time.Duration) {
	for at := from; at < to; at += step {
		if time.Since(a.start) > at+step {
			continue
		}
		a.sleepUntil(at)
		a.send(1)
	}
}

// boundary spends a window at its end and the next one at its beginning.
func (a *attack) boundary() {
	a.send(1)
	a.sleepUntil(a.window - a.lead)
	a.send(a.limit + a.limit/5)
	a.sleepUntil(a.window + 5*time.Millisecond)
	a.send(a.limit + a.limit/5)
}

// drip spends a window at its end and then takes each unit that becomes free.
func (a *attack) drip() {
	a.send(1)
	a.sleepUntil(a.window - a.lead)
	a.send(a.limit + a.limit/5)
	a.sendEvery(a.window/time.Duration(4*a.limit), a.window, a.window*16/5)
}

// pace sends exactly the limit at the end of a window and goes on at exactly
// the rate of the limit, which looks innocent.
func (a *attack) pace() {
	a.send(1)
	a.sleepUntil(a.window - a.lead)
	a.send(a.limit - 1)
	a.sendEvery(a.window/time.Duration(a.limit), a.window, 3*a.window)
}

// flood sends four times the limit, steadily.
func (a *attack) flood() {
	a.sendEvery(a.window/time.Duration(4*a.limit), 0, time.Duration(a.floods)*a.window)
}

// worst returns the largest part of the limit that was certainly admitted within one
// window, wherever the window begins. A request that may have been decided outside the
// window does not count, so that a slow clock never causes a false accusation.
func (a *attack) worst() float64 {
	slices.SortFunc(a.hits, func(x, y hit) int { return x.before.Compare(y.before) })
	most, first := 0, 0
	for i, h := range a.hits {
		for h.after.Sub(a.hits[first].before) >= a.window {
			first++
		}
		most = max(most, i-first+1)
	}
	return float64(most) / float64(a.limit)
}

// share returns the admitted part of the units that the limit allows over the whole
// flood. A limiter that rests after each burst shows it only after many windows.
func (a *attack) share() float64 { return float64(len(a.hits)) / float64(a.limit*a.floods) }
