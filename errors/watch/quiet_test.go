//go:build !race

package watch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// service is the quiet traffic of a service with a number of requests a second at
// its peak. Its rates follow the day. A job runs four times an hour, a release
// fails 3 % of the requests of 40 seconds twice a day, and honest clients are
// refused now and then.
type service struct {
	peak float64
	rng  *rand.Rand
}

func (s service) pick(names []string) string {
	return names[int(float64(len(names))*math.Pow(s.rng.Float64(), 2))]
}

var (
	pages = []string{"/notes/{id}", "/notes", "/search", "/me", "/login", "/export", "/settings", "/healthz"}
	users = func() (all []string) {
		for i := range 200 {
			all = append(all, fmt.Sprint("user", i))
		}
		return all
	}()
)

// second calls observe with the records of one second.
func (s service) second(at time.Time, observe func(audit.Record)) {
	day := at.Sub(epoch).Seconds() / 86_400
	rate := s.peak * (0.55 - 0.45*math.Cos(2*math.Pi*day))
	_, minute, second := at.Clock()
	for range poisson(s.rng, rate) {
		r := audit.Record{Time: at, Route: s.pick(pages), Status: 200, Bytes: int64(500 + s.rng.ExpFloat64()*20_000)}
		if s.rng.Float64() < 0.7 {
			r.Principal = s.pick(users)
		} else {
			r.Client = netip.AddrFrom4([4]byte{192, 0, byte(s.rng.IntN(3)), byte(s.rng.IntN(100) * s.rng.IntN(2))}) // half of them behind three addresses
		}
		switch p := s.rng.Float64(); {
		case p < 0.010:
			r.Status = 401
		case p < 0.013:
			r.Status = 403
		case p < 0.015:
			r.Status = 429
		case p < 0.016, p > 0.97 && at.Hour()%12 == 10 && minute == 30 && second < 40:
			r.Status = 503
		}
		observe(r)
	}
	if minute%15 == 0 && second < 30 {
		for range 10 {
			observe(audit.Record{Time: at, Route: "/jobs/{id}", Status: 200, Bytes: 300, Principal: "job"})
		}
	}
}

// The defaults raise no alert in three days of quiet traffic.
func TestQuietTrafficRaisesNoAlert(t *testing.T) {
	for _, peak := range []float64{1, 2, 10} {
		records := 0
		w := newWatcher(t, watch.Config{OnAlert: func(a watch.Alert) { t.Errorf("peak %v: %+v", peak, a) }})
		s := service{peak, rand.New(rand.NewPCG(uint64(peak), 7))}
		for at := epoch; at.Before(epoch.AddDate(0, 0, 3)); at = at.Add(time.Second) {
			s.second(at, func(r audit.Record) { records++; w.Observe(r) })
		}
		t.Logf("peak %v: %d records", peak, records)
	}
}

// A batch of a quarter of an hour raises one alert each night, and not one for each
// of its requests and bytes, its route and its principal, and again after a cooldown.
func TestNightlyBatchRaisesOneAlert(t *testing.T) {
	for _, peak := range []float64{1, 10} {
		var nights []int
		w := newWatcher(t, watch.Config{OnAlert: func(a watch.Alert) {
			nights = append(nights, a.Since.Day())
			subjects := a.Subject
			for _, s := range a.Others {
				subjects += " " + s.Subject
			}
			t.Logf("peak %v: %s %s: %s", peak, a.Since.Format(time.DateTime), a.Signal, subjects)
		}})
		s := service{peak, rand.New(rand.NewPCG(uint64(peak), 8))}
		for at := epoch; at.Before(epoch.AddDate(0, 0, 3)); at = at.Add(time.Second) {
			s.second(at, w.Observe)
			if at.Hour() == 3 && at.Minute() < 15 {
				for range 60 {
					w.Observe(audit.Record{Time: at, Route: "/export", Status: 200, Bytes: 20_000, Principal: "batch"})
				}
			}
		}
		if !slices.Equal(nights, []int{1, 2, 3}) {
			t.Errorf("peak %v: alerts on the days %v, want one each night", peak, nights)
		}
	}
}
