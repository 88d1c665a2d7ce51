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
	window int64
	closed int
	count  [6]int64
	mean   [6]float64
	dev    [6]float64
	last   [6]int64 // window of the last alert, or -1
}

// newReference has a list of the defaults of its own.
func newReference(cfg watch.Config, broken string) *reference {
	standard := [6]watch.Level{{Min: 20, New: 100}, {Min: 20, New: 100}, {Min: 50, New: 250}, {Min: 10, New: 50}, {Min: 600, New: 60000}, {Min: 16 << 20, New: 1 << 30}}
	ref := &reference{
		window: cmp.Or(cfg.Window, time.Minute), half: cmp.Or(cfg.HalfLife, 30), warm: cmp.Or(cfg.WarmUp, 10),
		factor: cmp.Or(cfg.Factor, 3), devs: cmp.Or(cfg.Deviations, 4), cooldown: int64(cmp.Or(cfg.Cooldown, 10)),
		alert: cfg.OnAlert, subjects: map[subject]*history{}, broken: broken,
	}
	for i, l := range [6]watch.Level{cfg.Unauthorized, cfg.Forbidden, cfg.Limited, cfg.ServerErrors, cfg.Requests, cfg.Bytes} {
		least := cmp.Or(l.Min, standard[i].Min)
		ref.levels[i] = watch.Level{Min: least, New: cmp.Or(l.New, max(standard[i].New, least)), Max: cmp.Or(l.Max, math.MaxInt64)}
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
	ref.count(watch.Route, r.Route, w, r)
	switch ip := r.Client.Unmap(); {
	case r.Principal != "":
		ref.count(watch.Principal, r.Principal, w, r)
	case ref.broken == "no networks":
	case ip.Is4():
		ref.count(watch.Network, netip.PrefixFrom(ip, 32).String(), w, r)
	case ip.Is6() && ref.broken == "whole addresses":
		ref.count(watch.Network, netip.PrefixFrom(ip, 128).String(), w, r)
	case ip.Is6():
		ref.count(watch.Network, netip.PrefixFrom(ip, 64).Masked().String(), w, r)
	}
}

func (ref *reference) count(scope watch.Scope, name string, w int64, r audit.Record) {
	id := subject{scope, name}
	h := ref.subjects[id]
	if h == nil {
		h = &history{window: w, last: [6]int64{-1, -1, -1, -1, -1, -1}}
		ref.subjects[id] = h
	}
	switch {
	case w > h.window:
		for h.window < w {
			ref.close(h)
			h.window++
			if ref.broken == "silence ignored" {
				h.window = w
			}
		}
	case w < h.window && ref.broken == "late dropped":
		return
	case w < h.window-8 && ref.broken == "clock never set back":
	case w < h.window-8 || w < h.window && ref.broken == "late is set back":
		h.window, h.count = w, [6]int64{}
		for i := range h.last {
			h.last[i] = min(h.last[i], w)
		}
	}
	class := map[int]watch.Signal{401: watch.Unauthorized, 403: watch.Forbidden, 429: watch.Limited}
	if s, ok := class[r.Status]; ok {
		h.count[s]++
		ref.evaluate(h, s, id, r)
	}
	if r.Status/100 == 5 {
		h.count[watch.ServerErrors]++
		ref.evaluate(h, watch.ServerErrors, id, r)
	}
	h.count[watch.Requests]++
	ref.evaluate(h, watch.Requests, id, r)
	if r.Bytes > 0 {
		h.count[watch.Bytes] += r.Bytes
		ref.evaluate(h, watch.Bytes, id, r)
	}
}

func (ref *reference) limit(h *history, s watch.Signal) float64 {
	l := ref.levels[s]
	var limits []float64
	switch {
	case h.closed < ref.warm && ref.broken != "no warm-up":
		return float64(min(l.New, l.Max))
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
	if ref.broken == "no maximum" {
		return limit
	}
	return min(limit, float64(l.Max))
}

func (ref *reference) close(h *history) {
	// All windows have equal weights as long as these are larger than the weight
	// of the half-life.
	weight := max(1/float64(h.closed+1), 1-math.Pow(0.5, 1/float64(ref.half)))
	for i := range h.count {
		v := float64(h.count[i])
		if ref.broken != "not clipped" {
			v = min(v, ref.limit(h, watch.Signal(i)))
		}
		if ref.broken != "baseline never moves" {
			h.dev[i] = (1-weight)*h.dev[i] + weight*math.Abs(v-h.mean[i])
			h.mean[i] = (1-weight)*h.mean[i] + weight*v
		}
		h.count[i] = 0
	}
	h.closed++
}

func (ref *reference) evaluate(h *history, s watch.Signal, id subject, r audit.Record) {
	limit := ref.limit(h, s)
	switch {
	case float64(h.count[s]) < limit || ref.broken == "never alerts":
		return
	case ref.broken == "no cooldown":
	case ref.broken == "one alert for ever" && h.last[s] >= 0:
		return
	case h.last[s] >= 0 && h.window < h.last[s]+ref.cooldown:
		return
	}
	h.last[s] = h.window
	ref.alert(watch.Alert{
		Signal: s, Scope: id.scope, Subject: id.name, New: h.closed < ref.warm,
		Count: h.count[s], Limit: int64(math.Ceil(limit)), Baseline: h.mean[s],
		Since: time.Unix(0, h.window*int64(ref.window)).UTC(), Window: ref.window, CorrelationID: r.CorrelationID,
	})
}
