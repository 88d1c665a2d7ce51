package watch

import (
	"fmt"
	"hash/maphash"
	"math"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a Watcher. OnAlert is required. Zero in any other field
// stands for its default.
type Config struct {
	_ [0]func()

	// OnAlert receives the alerts. It is called during the request that raises
	// the alert and delays that request, so pass the alert to a queue. No lock
	// is held while it runs, and it may be called concurrently. Its panics are
	// recovered and counted, see Watcher.Failed.
	OnAlert func(Alert)

	// Window is the length of a window, 1s to 24h. Default 1m. Windows are
	// aligned to the Unix epoch.
	Window time.Duration

	// HalfLife is the number of windows after which a count has half its weight
	// in the baseline, 1 to 1000. Default 30.
	HalfLife int

	// WarmUp is the number of windows after which the baseline of a series
	// counts, 1 to 1000. Default 10. Until then Level.New is the limit.
	WarmUp int

	// Factor is the multiple of the mean that a count must reach, more than 1,
	// at most 1000. Default 3.
	Factor float64

	// Deviations is the distance above the mean that a count must reach, in mean
	// absolute deviations, more than 0, at most 1000. Default 4. Noise of
	// independent requests has a deviation of about 0.8 × the square root of the
	// mean.
	Deviations float64

	// Cooldown is the number of windows after which an event has ended, if none of
	// them reached the limit again, 1 to 100000. Default 10. An event that lasts
	// longer than six cooldowns raises its alert again.
	Cooldown int

	// Routes, Principals and Networks are the numbers of subjects that have
	// series of their own, 1 to 1<<20. Defaults 1024, 8192 and 8192. From 512 on
	// a hash divides the slots into up to 16 parts, and the first part may be
	// full while a tenth of all slots is still free.
	Routes, Principals, Networks int

	// These levels are in requests per window, and the level of Bytes is in
	// bytes per window. The defaults are for windows of a minute:
	//
	//	               Min      New     ClientMax
	//	Unauthorized   20       100     60
	//	Forbidden      20       100     60
	//	Limited        50       250     600
	//	ServerErrors   10       50      60
	//	Requests       600      60000   30000
	//	Bytes          16 MiB   1 GiB   1 GiB
	Unauthorized, Forbidden, Limited, ServerErrors, Requests, Bytes Level
}

// Level has the counts of one window at which one signal is reported. To switch a
// signal off, set Min to math.MaxInt64.
type Level struct {
	Min int64 // a lower count is never reported; 0 is the default
	New int64 // limit of a series without a baseline, Min or more; 0 is the larger of the default and Min
	Max int64 // ceiling: limit for every baseline, Min or more; 0 is no such limit

	// ClientMax is the ceiling of one principal or network, Min or more. An attack
	// that runs when the process starts, and so makes its own baseline, is found by
	// it. 0 is the largest of the default, Min and a New that is set.
	ClientMax int64
}

var defaults = [signals]Level{
	Unauthorized: {Min: 20, New: 100, ClientMax: 60},
	Forbidden:    {Min: 20, New: 100, ClientMax: 60},
	Limited:      {Min: 50, New: 250, ClientMax: 600},
	ServerErrors: {Min: 10, New: 50, ClientMax: 60},
	Requests:     {Min: 600, New: 60_000, ClientMax: 30_000},
	Bytes:        {Min: 16 << 20, New: 1 << 30, ClientMax: 1 << 30},
}

// faults collects the faults of a Config.
type faults struct{ httperr.ConfigFaults }

// checkCount returns v, or standard if v is 0. It adds a fault if v is not 1 to
// most.
func (f *faults) checkCount(field string, v, standard, most int) int {
	switch {
	case v == 0:
		return standard
	case v < 0 || v > most:
		f.Add(field, v, "is out of range", fmt.Sprintf("use 1 to %d, or 0 for %d", most, standard))
	}
	return v
}

// checkAbove returns v, or standard if v is 0. It adds a fault if v is not more
// than least and at most 1000.
func (f *faults) checkAbove(field string, v, standard, least float64) float64 {
	switch {
	case v == 0:
		return standard
	case !(v > least && v <= 1000): // also true for NaN
		f.Add(field, v, "is out of range", fmt.Sprintf("use more than %v, at most 1000, or 0 for %v", least, standard))
	}
	return v
}

// checkLevel returns l with the defaults of s, and adds its faults.
func (f *faults) checkLevel(s Signal, field string, l Level) Level {
	if l.Min == 0 {
		l.Min = defaults[s].Min
	}
	for _, n := range []struct {
		name string
		v    int64
	}{{"Min", l.Min}, {"New", l.New}, {"Max", l.Max}, {"ClientMax", l.ClientMax}} {
		switch {
		case n.v < 0:
			f.Add(field+"."+n.name, n.v, "is negative", "use a number per window, or 0 for the default")
		case n.v > 0 && n.v < l.Min:
			f.Add(field+"."+n.name, n.v, fmt.Sprintf("is less than Min, %d", l.Min), "raise it, or lower Min")
		}
	}
	if l.ClientMax == 0 {
		l.ClientMax = max(defaults[s].ClientMax, l.Min, l.New)
	}
	if l.New == 0 {
		l.New = max(defaults[s].New, l.Min)
	}
	if l.Max == 0 {
		l.Max = math.MaxInt64
	}
	return l
}

// rules is a checked Config.
type rules struct {
	window     time.Duration
	alpha      float64 // weight of a new window once the series is steady
	steady     int     // number of closed windows from which alpha is the weight
	warmUp     int
	factor     float64
	deviations float64
	cooldown   int64
	longest    int64 // windows after which an event that lasts is reported again
	idle       int64 // silent windows after which a subject loses its slot
	levels     [signals]Level
	any        ceilings // of routes and of shared series
	client     ceilings // of one principal or network
}

// ceilings are the limits for every baseline.
type ceilings [signals]int64

// compile returns the rules of cfg, and adds its faults.
func (f *faults) compile(cfg Config) *rules {
	r := &rules{
		window:     cfg.Window,
		warmUp:     f.checkCount("WarmUp", cfg.WarmUp, 10, 1000),
		factor:     f.checkAbove("Factor", cfg.Factor, 3, 1),
		deviations: f.checkAbove("Deviations", cfg.Deviations, 4, 0),
		cooldown:   int64(f.checkCount("Cooldown", cfg.Cooldown, 10, 100_000)),
		levels: [signals]Level{
			Unauthorized: f.checkLevel(Unauthorized, "Unauthorized", cfg.Unauthorized),
			Forbidden:    f.checkLevel(Forbidden, "Forbidden", cfg.Forbidden),
			Limited:      f.checkLevel(Limited, "Limited", cfg.Limited),
			ServerErrors: f.checkLevel(ServerErrors, "ServerErrors", cfg.ServerErrors),
			Requests:     f.checkLevel(Requests, "Requests", cfg.Requests),
			Bytes:        f.checkLevel(Bytes, "Bytes", cfg.Bytes),
		},
	}
	switch {
	case r.window == 0:
		r.window = time.Minute
	case r.window < time.Second || r.window > 24*time.Hour:
		f.Add("Window", cfg.Window, "is out of range", "use 1s to 24h, or 0 for 1m")
	}
	half := f.checkCount("HalfLife", cfg.HalfLife, 30, 1000)
	r.alpha = 1 - math.Exp2(-1/float64(half))
	r.steady = int(math.Ceil(1/r.alpha)) - 1
	// A slot may get a new subject only after the cooldown of the old one, which
	// is lost with the slot.
	r.idle = max(2*int64(half), r.cooldown)
	r.longest = 6 * r.cooldown
	for i, l := range r.levels {
		r.any[i], r.client[i] = l.Max, min(l.Max, l.ClientMax)
	}
	return r
}

// New returns a Watcher. It refuses, with all faults joined, a missing OnAlert
// and every number outside the range that its field states.
func New(cfg Config) (*Watcher, error) {
	f := faults{httperr.ConfigFaults{Package: "watch"}}
	if cfg.OnAlert == nil {
		f.Add("OnAlert", nil, "is missing", "pass a function; an alert that nobody receives is none")
	}
	r := f.compile(cfg)
	caps := [scopes]int{
		Route:     f.checkCount("Routes", cfg.Routes, 1024, 1<<20),
		Principal: f.checkCount("Principals", cfg.Principals, 8192, 1<<20),
		Network:   f.checkCount("Networks", cfg.Networks, 8192, 1<<20),
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	w := &Watcher{rules: r, onAlert: cfg.OnAlert, seed: maphash.MakeSeed()}
	for i := range w.tables {
		w.tables[i] = newTable(caps[i], &r.any, &r.client)
	}
	w.tables[Route].own = &r.any
	return w, nil
}
