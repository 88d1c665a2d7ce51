package ratelimit

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Limit admits at most Quota requests in every interval of length Window, wherever
// that interval begins. For a window without a function such as PerMinute write the
// struct: Limit{Quota: 5000, Window: 24 * time.Hour}. Such a window is any 24 hours,
// and not a day of the calendar.
type Limit struct {
	Quota  int           // 1 to 100,000,000 requests, or units of Config.Cost
	Window time.Duration // 1 ms to 30 days

	// Shadow tries the limit out. The limit is decided and counted for the requests
	// that the other limits admit, and [Decision.Shadowed] names it if it would have
	// refused, but it refuses nothing. Default: false, the limit refuses.
	Shadow bool
}

// PerSecond returns a Limit of n requests a second.
func PerSecond(n int) Limit { return Limit{Quota: n, Window: time.Second} }

// PerMinute returns a Limit of n requests a minute.
func PerMinute(n int) Limit { return Limit{Quota: n, Window: time.Minute} }

// PerHour returns a Limit of n requests an hour.
func PerHour(n int) Limit { return Limit{Quota: n, Window: time.Hour} }

// Below minWindow, the sub-buckets would be so few nanoseconds wide that rounding them
// up costs more of the quota than the package promises to give. A window above
// maxWindow is almost always a wrong unit.
const (
	minWindow = time.Millisecond
	maxWindow = 30 * 24 * time.Hour
	maxQuota  = 100_000_000 // 17 times this number still fits a counter of 32 bits
	maxLimits = 8
)

// name returns the name of l, which tells the limits of one limiter apart in headers
// and records.
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
	name := l.Window.String() // always a token: the letter µ occurs only below 1 ms
	if strings.HasSuffix(name, "m0s") {
		name = strings.TrimSuffix(name, "0s")
	}
	if strings.HasSuffix(name, "h0m") {
		name = strings.TrimSuffix(name, "0m")
	}
	return name
}

// String returns text such as "100 per minute".
func (l Limit) String() string { return fmt.Sprintf("%d per %s", l.Quota, l.name()) }

// smallestQuota returns the highest cost that a request can have.
func smallestQuota(limits []Limit) int {
	n := maxQuota
	for _, l := range limits {
		n = min(n, l.Quota)
	}
	return n
}

// splitShadow separates the limits that refuse from the limits with Shadow.
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

// checkLimits adds the faults of limits, the value of the named field.
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

// check adds the faults of l by itself, and reports whether there are no faults.
func (l Limit) check(f *httperr.ConfigFaults, field string) (valid bool) {
	before := f.Len()
	if l.Quota < 1 || l.Quota > maxQuota {
		f.Add(field+".Quota", l.Quota, "not between 1 and 100000000", "to shut a route, do not register it")
	}
	if l.Window < minWindow || l.Window > maxWindow {
		f.Add(field+".Window", l.Window, "not between 1ms and 30 days", "write the unit, as in 30*time.Second")
	}
	return f.Len() == before
}

// checkPair adds the fault that limit i has because of limit j.
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

// redundant reports whether l can never refuse a request that other admits. New refuses
// such a limit and does not ignore it: it is always a mistake, because its author
// believes in a bound that has no effect.
func (l Limit) redundant(other Limit) bool {
	if l.Window <= other.Window {
		return l.Quota >= other.Quota
	}
	// the number of shorter windows in the longer one, the last one perhaps in part
	spans := int64((l.Window + other.Window - 1) / other.Window)
	return spans <= maxQuota && int64(l.Quota) >= int64(other.Quota)*spans
}
