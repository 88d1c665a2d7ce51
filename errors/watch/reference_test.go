package watch_test

import (
	"cmp"
	"math"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// reference is a second implementation of the watcher: it is exact and unbounded,
// finds subjects by name, and closes one window after the other. The field broken
// names a fault that it then has, so that a test can show that the scenarios
// notice the fault.
type reference struct {
	window       time.Duration
	half, warm   int
	factor, devs float64
	cooldown     int64
	levels       [6]watch.Level
	alert        func(watch.Alert)
	subjects     map[subject]*history
	broken       string
}

type subject struct {
	scope watch.Scope
	name  string
}

type history struct {
	window   int64
	closed   int
	count    [6]int64
	mean     [6]float64
	dev      [6]float64
	quiet    [6]int64 // first window behind the event of the signal
	began    int64    // window in which an event last began
	reported [6]bool  // an alert has named the signal, or it has reached its ceiling
}

// newReference has a list of the defaults of its own.
func newReference(cfg watch.Config, broken string) *reference {
	standard := [6]watch.Level{
		{Min: 20, New: 100, ClientMax: 60}, {Min: 20, New: 100, ClientMax: 60}, {Min: 50, New: 250, ClientMax: 600},
		{Min: 10, New: 50, ClientMax: 60}, {Min: 600, New: 60000, ClientMax: 30000}, {Min: 16 << 20, New: 1 << 30, ClientMax: 1 << 30},
	}
	ref := &reference{
		window: cmp.Or(cfg.Window, time.Minute), half: cmp.Or(cfg.HalfLife, 30), warm: cmp.Or(cfg.WarmUp, 10),
		factor: cmp.Or(cfg.Factor, 3), devs: cmp.Or(cfg.Deviations, 4), cooldown: int64(cmp.Or(cfg.Cooldown, 10)),
		alert: cfg.OnAlert, subjects: map[subject]*history{}, broken: broken,
	}
	for i, l := range [6]watch.Level{cfg.Unauthorized, cfg.Forbidden, cfg.Limited, cfg.ServerErrors, cfg.Requests, cfg.Bytes} {
		least := cmp.Or(l.Min, standard[i].Min)
		ref.levels[i] = watch.Level{Min: least, New: cmp.Or(l.New, max(standard[i].New, least)), Max: cmp.Or(l.Max, math.MaxInt64)}
		ref.levels[i].ClientMax = min(ref.levels[i].Max, cmp.Or(l.ClientMax, max(standard[i].ClientMax, least, l.New)))
	}
	return ref
}

func (ref *reference) Observe(r audit.Record) {
	if r.Time.IsZero() {
		return
	}
	end := r.Time.Add(r.Duration)
	if ref.broken == "start as clock" {
		end = r.Time
	}
	w := end.UnixNano() / int64(ref.window)
	subjects := []subject{{watch.Route, r.Route}}
	switch ip := r.Client.Unmap(); {
	case r.Principal != "":
		subjects = append(subjects, subject{watch.Principal, r.Principal})
	case ref.broken == "no networks":
	case ip.Is4():
		subjects = append(subjects, subject{watch.Network, netip.PrefixFrom(ip, 32).String()})
	case ip.Is6() && ref.broken == "whole addresses":
		subjects = append(subjects, subject{watch.Network, netip.PrefixFrom(ip, 128).String()})
	case ip.Is6():
		subjects = append(subjects, subject{watch.Network, netip.PrefixFrom(ip, 64).Masked().String()})
	}
	for _, id := range subjects {
		if !ref.move(id, w) {
			return
		}
	}
	amounts := map[watch.Signal]int64{watch.Requests: 1, watch.Bytes: r.Bytes}
	if class, ok := map[int]watch.Signal{401: watch.Unauthorized, 403: watch.Forbidden, 429: watch.Limited, 5: watch.ServerErrors}[r.Status]; ok {
		amounts[class] = 1
	}
	if r.Status/100 == 5 {
		amounts[watch.ServerErrors] = 1
	}
	// A record is counted as a request first, then its bytes, then its status.
	begun, before := map[subject]map[watch.Signal]bool{}, map[subject]map[watch.Signal]bool{}
	for _, id := range subjects {
		h := ref.subjects[id]
		before[id], begun[id] = map[watch.Signal]bool{}, map[watch.Signal]bool{}
		for _, s := range []watch.Signal{watch.Requests, watch.Bytes, watch.Unauthorized, watch.Forbidden, watch.Limited, watch.ServerErrors} {
			if amounts[s] > 0 {
				before[id][s] = inEvent(h, s)
				h.count[s] += amounts[s]
				if begins, ceiling := ref.begins(h, s, id); begins {
					begun[id][s] = ceiling
				}
			}
		}
	}
	ref.raise(subjects, begun, before, r)
}

// move closes the windows of a subject before w. It returns false if the record
// must not be counted.
func (ref *reference) move(id subject, w int64) bool {
	h := ref.subjects[id]
	if h == nil {
		h = &history{window: w}
		ref.subjects[id] = h
	}
	switch {
	case w > h.window:
		for h.window < w {
			ref.close(h, id)
			h.window++
			if ref.broken == "silence ignored" {
				h.window = w
			}
		}
	case w < h.window && ref.broken == "late dropped":
		return false
	case w < h.window-8 && ref.broken == "clock never set back":
	case w < h.window-8 || w < h.window && ref.broken == "late is set back":
		h.window, h.count = w, [6]int64{}
		for i := range h.quiet {
			h.quiet[i] = min(h.quiet[i], w+ref.cooldown)
		}
		h.began = min(h.began, w)
	}
	return true
}

// volume reports whether s is one of the two signals that rise together.
func volume(s watch.Signal) bool { return s == watch.Requests || s == watch.Bytes }

// inEvent reports whether h is in an event of s.
func inEvent(h *history, s watch.Signal) bool {
	if volume(s) {
		return h.window < h.quiet[watch.Requests] || h.window < h.quiet[watch.Bytes]
	}
	return h.window < h.quiet[s]
}

// begins notes that the count of s is at its limit, if it is. It reports whether
// that begins an event, and whether the count is at the ceiling.
func (ref *reference) begins(h *history, s watch.Signal, id subject) (begins, ceiling bool) {
	if float64(h.count[s]) < ref.limit(h, s, id) || ref.broken == "never alerts" {
		return false, false
	}
	switch {
	case h.window >= h.quiet[s] || ref.broken == "no cooldown":
		begins = !volume(s) || !inEvent(h, s)
		if s == watch.Requests && begins && ref.broken != "refusals explain no requests" {
			for other := watch.Unauthorized; other <= watch.ServerErrors; other++ {
				begins = begins && (!inEvent(h, other) || 2*h.count[other] < h.count[s])
			}
		}
		h.began, h.reported[s] = h.window, false
		h.quiet[s] = h.window + ref.cooldown
		if ref.broken == "one alert for ever" {
			h.quiet[s] = math.MaxInt64
		}
	case h.window-h.began < 6*ref.cooldown && ref.broken != "an event is not prolonged":
		h.quiet[s] = max(h.quiet[s], h.window+ref.cooldown)
	case ref.broken == "an event has no end":
		h.quiet[s] = h.window + ref.cooldown
	}
	if top := ref.ceiling(s, id); h.count[s] >= top && !h.reported[s] && ref.broken != "ceilings are explained" {
		h.reported[s] = true
		return true, true
	}
	return begins, false
}

// ceiling returns the limit for every baseline.
func (ref *reference) ceiling(s watch.Signal, id subject) int64 {
	switch {
	case ref.broken == "no maximum":
		return math.MaxInt64
	case id.scope == watch.Route || ref.broken == "no ceiling of a client":
		return ref.levels[s].Max
	}
	return ref.levels[s].ClientMax
}

// raise raises one alert for what has begun with a record.
func (ref *reference) raise(subjects []subject, begun, before map[subject]map[watch.Signal]bool, r audit.Record) {
	leads := func(s watch.Signal) bool {
		return len(subjects) == 2 && 2*ref.subjects[subjects[1]].count[s] >= ref.subjects[subjects[0]].count[s]
	}
	atMax := func(id subject, s watch.Signal) bool {
		return ref.subjects[id].count[s] >= ref.levels[s].Max && ref.broken != "no maximum"
	}
	explained := func(id subject, s watch.Signal, ceiling bool) bool {
		if ref.broken == "nothing is explained" || len(subjects) < 2 {
			return false
		}
		route, client := subjects[0], subjects[1]
		if id == client {
			return before[route][s] && (!ceiling || !leads(s) && !atMax(id, s))
		}
		return before[client][s] && leads(s) && !ceiling
	}
	// An event of a route that is reported is one of the client that leads it.
	named := map[subject]map[watch.Signal]bool{}
	for _, id := range subjects {
		named[id] = map[watch.Signal]bool{}
	}
	for _, id := range subjects {
		for s, ceiling := range begun[id] {
			switch {
			case explained(id, s, ceiling):
				ref.subjects[id].reported[s] = ref.subjects[id].reported[s] && !ceiling
			default:
				named[id][s] = true
				if leads(s) && ref.broken != "a leader is not named" {
					named[subjects[1]][s] = true
				}
			}
		}
	}
	var first *watch.Series
	var others []watch.Series
	var window int64
	for s := watch.Unauthorized; s <= watch.Bytes; s++ {
		for _, id := range subjects {
			h := ref.subjects[id]
			limit := ref.limit(h, s, id)
			series := watch.Series{
				Signal: s, Scope: id.scope, Subject: id.name, New: h.closed < ref.warm,
				Count: h.count[s], Limit: int64(math.Ceil(limit)), Baseline: h.mean[s],
			}
			ceiling, begins := begun[id][s]
			begins = begins && !explained(id, s, ceiling)
			if named[id][s] {
				if h.window >= h.quiet[s] {
					h.began = h.window
				}
				h.reported[s], h.quiet[s] = true, max(h.quiet[s], h.window+ref.cooldown)
			}
			switch {
			case begins && first == nil:
				first, window = &series, h.window
			case 2*h.count[s] >= series.Limit, named[id][s]:
				others = append(others, series)
			}
			if begins && first != nil && ref.broken == "each series by itself" {
				ref.alert(watch.Alert{Series: series, Since: time.Unix(0, h.window*int64(ref.window)).UTC(), Window: ref.window, CorrelationID: r.CorrelationID})
			}
		}
	}
	if first != nil && ref.broken != "each series by itself" {
		ref.alert(watch.Alert{
			Series: *first, Others: others,
			Since: time.Unix(0, window*int64(ref.window)).UTC(), Window: ref.window, CorrelationID: r.CorrelationID,
		})
	}
}

func (ref *reference) limit(h *history, s watch.Signal, id subject) float64 {
	l, top := ref.levels[s], ref.ceiling(s, id)
	var limits []float64
	switch {
	case h.closed < ref.warm && ref.broken != "no warm-up":
		return float64(min(l.New, top))
	case ref.broken == "no floor":
		limits = []float64{1, ref.factor * h.mean[s], h.mean[s] + ref.devs*h.dev[s]}
	case ref.broken == "no deviation":
		limits = []float64{float64(l.Min), ref.factor * h.mean[s]}
	case ref.broken == "no factor":
		limits = []float64{float64(l.Min), h.mean[s] + ref.devs*h.dev[s]}
	default:
		limits = []float64{float64(l.Min), ref.factor * h.mean[s], h.mean[s] + ref.devs*h.dev[s]}
	}
	limit := 0.0
	for _, v := range limits {
		limit = max(limit, v)
	}
	return min(limit, float64(top))
}

func (ref *reference) close(h *history, id subject) {
	// All windows have equal weights as long as these are larger than the weight
	// of the half-life.
	weight := max(1/float64(h.closed+1), 1-math.Pow(0.5, 1/float64(ref.half)))
	for i := range h.count {
		v := float64(h.count[i])
		if ref.broken != "not clipped" {
			v = min(v, ref.limit(h, watch.Signal(i), id))
		}
		if ref.broken != "baseline never moves" {
			h.dev[i] = (1-weight)*h.dev[i] + weight*math.Abs(v-h.mean[i])
			h.mean[i] = (1-weight)*h.mean[i] + weight*v
		}
		h.count[i] = 0
	}
	h.closed++
}
