package ratelimit

import (
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Limit admits at most Quota requests in every interval of length Window,
// wherever that interval begins. For a window without a function of its own write
// it out: Limit{Quota: 5000, Window: 24 * time.Hour} has nothing to do with the
// days of a calendar.
type Limit struct {
	Quota  int           // 1 to 100,000,000 requests, or units of Config.Cost
	Window time.Duration // 1 ms to 30 days

	// Shadow tries the limit out: it is decided and counted for what the other
	// limits admit, [Decision.Shadowed] says what it would have refused, and no
	// client notices. Default: false, the limit refuses.
	Shadow bool
}

// PerSecond returns a Limit of n requests a second.
func PerSecond(n int) Limit { return Limit{Quota: n, Window: time.Second} }

// PerMinute returns a Limit of n requests a minute.
func PerMinute(n int) Limit { return Limit{Quota: n, Window: time.Minute} }

// PerHour returns a Limit of n requests an hour.
func PerHour(n int) Limit { return Limit{Quota: n, Window: time.Hour} }

// A window shorter than minWindow would be cut into sub-buckets of so few
// nanoseconds that rounding them up costs more of the quota than we promise to
// give; one longer than maxWindow is a unit mistaken for another.
const (
	minWindow = time.Millisecond
	maxWindow = 30 * 24 * time.Hour
	maxQuota  = 100_000_000 // times 17 it still fits a counter of 32 bits
	maxLimits = 8
)

// name tells the limits of one limiter apart in headers and records.
func (l Limit) name() string {
	switch l.Window {
	case time.Second:
		return "second"
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return l.Window.String() // a token: the letter µ needs a window below 1 ms
}

// String reads "100 per minute".
func (l Limit) String() string { return fmt.Sprintf("%d per %s", l.Quota, l.name()) }

// smallestQuota is the most that a request can cost.
func smallestQuota(limits []Limit) int {
	n := maxQuota
	for _, l := range limits {
		n = min(n, l.Quota)
	}
	return n
}

// splitShadow separates the limits that refuse from those that are tried out.
func splitShadow(limits []Limit) (refuse, shadow []Limit) {
	for _, l := range limits {
		if l.Shadow {
			shadow = append(shadow, l)
		} else {
			refuse = append(refuse, l)
		}
	}
	return refuse, shadow
}

// checkLimits adds everything that is wrong with limits, the value of the named
// field.
func checkLimits(f *httperr.ConfigFaults, name string, limits []Limit) {
	switch {
	case len(limits) == 0:
		f.Add(name, nil, "missing: nothing would be limited", "give at least one, such as ratelimit.PerMinute(100)")
	case len(limits) > maxLimits:
		f.Add(name, len(limits), "too many: each of them costs memory for every key", "keep at most 8")
		return
	}
	valid := make([]bool, len(limits))
	for i, l := range limits {
		valid[i] = l.check(f, fmt.Sprintf("%s[%d]", name, i))
	}
	for i := range limits {
		for j := range limits {
			if i != j && valid[i] && valid[j] {
				checkPair(f, name, limits, i, j)
			}
		}
	}
}

// check adds the faults of l by itself, and reports whether there are none.
func (l Limit) check(f *httperr.ConfigFaults, field string) (valid bool) {
	valid = true
	if l.Quota < 1 || l.Quota > maxQuota {
		valid = false
		f.Add(field+".Quota", l.Quota, "not between 1 and 100000000", "to shut a route, do not register it")
	}
	if l.Window < minWindow || l.Window > maxWindow {
		valid = false
		f.Add(field+".Window", l.Window, "not between 1ms and 30 days", "write the unit, as in 30*time.Second")
	}
	return valid
}

// checkPair adds the fault of limit i beside limit j.
func checkPair(f *httperr.ConfigFaults, name string, limits []Limit, i, j int) {
	l, other := limits[i], limits[j]
	if other.Shadow && !l.Shadow {
		return
	}
	field := fmt.Sprintf("%s[%d]", name, i)
	switch {
	case l.Window == other.Window && l.Shadow == other.Shadow:
		if i > j {
			f.Add(field, l, fmt.Sprintf("has the same window as %s[%d], and so its name", name, j), "keep the smaller of the two")
		}
	case l.redundant(other):
		f.Add(field, l, fmt.Sprintf("can never refuse anything beside %s[%d], %s", name, j, other), "remove it or lower its quota")
	}
}

// idle reports whether l cannot refuse what other admits. Such a limit is
// always a slip of the pen: whoever wrote it believes in a bound that is not
// there, so it is refused and not ignored.
func (l Limit) redundant(other Limit) bool {
	if l.Window <= other.Window {
		return l.Quota >= other.Quota
	}
	// The longer window holds that many of the shorter, the last one perhaps in part.
	spans := int64((l.Window + other.Window - 1) / other.Window)
	return spans <= maxQuota && int64(l.Quota) >= int64(other.Quota)*spans
}
