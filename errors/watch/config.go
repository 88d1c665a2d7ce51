package watch

import (
	"fmt"
	"math"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a Watcher. OnAlert is required; zero in every other field
// is its default.
type Config struct {
	_ [0]func()

	// OnAlert receives the alerts, in the course of the request that raises
	// them, so that what it delays is delayed: hand over to a queue. No lock
	// is held while it runs, and it may be called concurrently. A panic of
	// its own is counted, see Watcher.Failed, and goes no further.
	OnAlert func(Alert)

	// Window is the length of a window, 1s to 24h. Default 1m. Windows are
	// aligned to the Unix epoch.
	Window time.Duration

	// HalfLife is after how many windows a count has half its weight in the
	// baseline, 1 to 1000. Default 30.
	HalfLife int

	// WarmUp is how many windows a series must have seen before its baseline
	// counts, 1 to 1000. Default 10. Until then Level.New is the limit.
	WarmUp int

	// Factor is how many times the mean a count must reach, more than 1, at
	// most 1000. Default 3.
	Factor float64

	// Deviations is how many mean absolute deviations above the mean a count
	// must reach, more than 0, at most 1000. Default 4. Noise of independent
	// requests has a deviation of about 0.8 × the square root of the mean.
	Deviations float64

	// Cooldown is for how many windows a series is silent after an alert, the
	// one of the alert included, 1 to 100000. Default 10. After that it is
	// reported again only if it again reaches its limit.
	Cooldown int

	// Routes, Principals and Networks are how many of each have series of
	// their own, 1 to 1<<20. Defaults 1024, 8192 and 8192. Above 256 the
	// places are divided into as many as 16 parts by a hash, and the first
	// part may be full when a tenth of the places is still free.
	Routes, Principals, Networks int

	// Levels in requests per window, of Bytes in bytes per window. Defaults
	// for Min and New: Unauthorized and Forbidden 20 and 100, Limited 50 and
	// 250, ServerErrors 10 and 50, Requests 600 and 60000, Bytes 16 MiB and
	// 1 GiB.
	Unauthorized, Forbidden, Limited, ServerErrors, Requests, Bytes Level
}

// Level is what one signal must reach in one window. To switch a signal off,
// let Min be math.MaxInt64.
type Level struct {
	Min int64 // less is never reported; 0 is the default
	New int64 // is reported of a series without baseline, Min or more; 0 is the default, or Min if that is more
	Max int64 // is reported whatever the baseline, Min or more; 0 is none
}

var defaults = [signals]Level{
	Unauthorized: {Min: 20, New: 100},
	Forbidden:    {Min: 20, New: 100},
	Limited:      {Min: 50, New: 250},
	ServerErrors: {Min: 10, New: 50},
	Requests:     {Min: 600, New: 60_000},
	Bytes:        {Min: 16 << 20, New: 1 << 30},
}

// faults collects the faults of a Config.
type faults struct{ httperr.ConfigFaults }

func (f *faults) count(field string, v, standard, most int) int {
	switch {
	case v == 0:
		return standard
	case v < 0 || v > most:
		f.Add(field, v, "is out of range", fmt.Sprintf("use 1 to %d, or 0 for %d", most, standard))
	}
	return v
}

func (f *faults) above(field string, v, standard, least float64) float64 {
	switch {
	case v == 0:
		return standard
	case !(v > least && v <= 1000): // NaN as well
		f.Add(field, v, "is out of range", fmt.Sprintf("use more than %v, at most 1000, or 0 for %v", least, standard))
	}
	return v
}

func (f *faults) level(s Signal, field string, l Level) Level {
	if l.Min == 0 {
		l.Min = defaults[s].Min
	}
	for _, n := range []struct {
		name string
		v    int64
	}{{"Min", l.Min}, {"New", l.New}, {"Max", l.Max}} {
		switch {
		case n.v < 0:
			f.Add(field+"."+n.name, n.v, "is negative", "use a number per window, or 0 for the default")
		case n.v > 0 && n.v < l.Min:
			f.Add(field+"."+n.name, n.v, fmt.Sprintf("is less than Min, %d", l.Min), "raise it, or lower Min")
		}
	}
	if l.New == 0 {
		l.New = max(defaults[s].New, l.Min)
	}
	if l.Max == 0 {
		l.Max = math.MaxInt64
	}
	return l
}

// rules is a Config that was checked.
type rules struct {
	window   time.Duration
	alpha    float64 // weight of a new window once the series is steady
	steady   int     // windows seen after which alpha is the weight
	warm     int
	factor   float64
	devs     float64
	cooldown int64
	idle     int64
	levels   [signals]Level
}

func (f *faults) rules(cfg Config) *rules {
	r := &rules{
		window:   cfg.Window,
		warm:     f.count("WarmUp", cfg.WarmUp, 10, 1000),
		factor:   f.above("Factor", cfg.Factor, 3, 1),
		devs:     f.above("Deviations", cfg.Deviations, 4, 0),
		cooldown: int64(f.count("Cooldown", cfg.Cooldown, 10, 100_000)),
		levels: [signals]Level{
			Unauthorized: f.level(Unauthorized, "Unauthorized", cfg.Unauthorized),
			Forbidden:    f.level(Forbidden, "Forbidden", cfg.Forbidden),
			Limited:      f.level(Limited, "Limited", cfg.Limited),
			ServerErrors: f.level(ServerErrors, "ServerErrors", cfg.ServerErrors),
			Requests:     f.level(Requests, "Requests", cfg.Requests),
			Bytes:        f.level(Bytes, "Bytes", cfg.Bytes),
		},
	}
	switch {
	case r.window == 0:
		r.window = time.Minute
	case r.window < time.Second || r.window > 24*time.Hour:
		f.Add("Window", cfg.Window, "is out of range", "use 1s to 24h, or 0 for 1m")
	}
	half := f.count("HalfLife", cfg.HalfLife, 30, 1000)
	r.alpha = 1 - math.Exp2(-1/float64(half))
	r.steady = int(math.Ceil(1/r.alpha)) - 1
	// A place may change hands only once no cooldown can be lost with it.
	r.idle = max(2*int64(half), r.cooldown)
	return r
}

// New returns a Watcher. It refuses, with all faults joined, a missing OnAlert
// and every number outside the range that its field states.
func New(cfg Config) (*Watcher, error) {
	f := faults{httperr.ConfigFaults{Package: "watch"}}
	if cfg.OnAlert == nil {
		f.Add("OnAlert", nil, "is missing", "pass a function; an alert that nobody receives is none")
	}
	r := f.rules(cfg)
	caps := [scopes]int{
		Route:     f.count("Routes", cfg.Routes, 1024, 1<<20),
		Principal: f.count("Principals", cfg.Principals, 8192, 1<<20),
		Network:   f.count("Networks", cfg.Networks, 8192, 1<<20),
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return newWatcher(r, caps, cfg.OnAlert), nil
}
