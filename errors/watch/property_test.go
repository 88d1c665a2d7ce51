package watch_test

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// traffic returns random records, with rates that rise and fall, gaps, late
// records, long requests and a clock that is set back now and then.
func traffic(rng *rand.Rand, n int) []audit.Record {
	records := make([]audit.Record, 0, n)
	clients := []netip.Addr{{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:0:1::")}
	now, pace := epoch, 2*time.Second
	for i := range n {
		switch rng.IntN(2000) {
		case 0:
			now = now.Add(time.Duration(rng.IntN(200)) * time.Minute)
		case 1:
			now = now.Add(-time.Duration(rng.IntN(60)) * time.Minute)
		case 2, 3, 4, 5, 6, 7:
			pace = time.Duration(1+rng.IntN(1<<rng.IntN(13))) * time.Millisecond
		}
		now = now.Add(time.Duration(rng.Int64N(int64(pace))))
		r := audit.Record{
			Time: now, Duration: time.Duration(rng.Int64N(int64(time.Second))), CorrelationID: strconv.Itoa(i),
			Route: "/" + strconv.Itoa(rng.IntN(3)), Status: []int{200, 200, 200, 201, 401, 401, 403, 429, 500, 503}[rng.IntN(10)],
			Client: clients[rng.IntN(len(clients))],
		}
		if rng.IntN(3) > 0 {
			r.Bytes = rng.Int64N(1000)
		}
		if rng.IntN(2) > 0 {
			r.Principal = "p" + strconv.Itoa(rng.IntN(6))
		}
		if rng.IntN(50) == 0 {
			r.Time = now.Add(-time.Duration(rng.IntN(600)) * time.Second)
		}
		records = append(records, r)
	}
	return records
}

// run returns the alerts of an observer.
func run(t *testing.T, mk maker, cfg watch.Config, records []audit.Record) []watch.Alert {
	t.Helper()
	s := newSim(mk, cfg)
	if err := s.err(); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		s.Observe(r)
	}
	return s.alerts
}

// FuzzAgainstTheReference requires the alerts of the reference at the same records,
// as long as no series is shared.
func FuzzAgainstTheReference(f *testing.F) {
	for seed := range uint64(24) {
		f.Add(seed)
	}
	total := 0
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		low := watch.Level{Min: 3, New: 20}
		capped := watch.Level{Min: 3, New: 20, Max: 40}
		cfg := watch.Config{
			HalfLife: 1 + rng.IntN(20), WarmUp: 1 + rng.IntN(30), Cooldown: 1 + rng.IntN(12),
			// Only 0 times these factors is a whole number, so that rounding decides nothing.
			Factor: math.Sqrt2 + rng.Float64(), Deviations: math.Pi * rng.Float64(),
			Unauthorized: low, Forbidden: capped, Limited: watch.Level{Min: 3, New: 20, ClientMax: 8}, ServerErrors: low, Requests: watch.Level{Min: 3, New: 20, ClientMax: 30}, Bytes: watch.Level{Min: 500, New: 4000},
		}
		records := traffic(rng, 6000)
		got, want := run(t, makeWatcher, cfg, records), run(t, makeReference, cfg, records)
		total += len(want)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) {
				t.Fatalf("%d alerts, want %d", len(got), len(want))
			}
			g, w := got[i], want[i]
			same := g.Since.Equal(w.Since) && g.Window == w.Window && g.CorrelationID == w.CorrelationID && len(g.Others) == len(w.Others)
			same = same && sameSeries(g.Series, w.Series)
			for i := range min(len(g.Others), len(w.Others)) {
				same = same && sameSeries(g.Others[i], w.Others[i])
			}
			if !same {
				t.Fatalf("alert %d:\n got %+v\nwant %+v", i, g, w)
			}
		}
		if len(want) < 20 {
			t.Logf("seed %d: only %d alerts", seed, len(want))
		}
	})
	f.Logf("%d alerts compared", total)
}

// sameSeries allows for the rounding of a baseline.
func sameSeries(a, b watch.Series) bool {
	near := math.Abs(a.Baseline-b.Baseline) <= 1e-6*max(1, b.Baseline)
	a.Baseline = b.Baseline
	return near && a == b
}

// Even if nearly all series are shared, no subject that passes Max is missed: the
// window has an alert of the subject, or of a shared series.
func TestNoSubjectHidesInASharedSeries(t *testing.T) {
	const most = 40
	level := watch.Level{Min: most, New: most, Max: most}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s := newSim(makeWatcher, watch.Config{Principals: 1 + rng.IntN(20), HalfLife: 1, Cooldown: 1, Forbidden: level})
		type slot struct {
			name   string
			window int
		}
		exact := map[slot]int{}
		for w := range 60 {
			noisy := "p" + strconv.Itoa(rng.IntN(300))
			for range 400 {
				name := "p" + strconv.Itoa(w/10*50+rng.IntN(300)) // other subjects every ten windows
				if rng.IntN(8) == 0 {
					name = noisy
				}
				exact[slot{name, w}]++
				s.put(w, 1, audit.Record{Status: 403, Principal: name})
			}
		}
		shared, own := map[int]bool{}, map[slot]bool{}
		for _, a := range s.alerts {
			if w := int(a.Since.Sub(epoch) / time.Minute); a.Scope != watch.Principal {
				continue
			} else if own[slot{a.Subject, w}] = true; a.Shared {
				shared[w] = true
			}
		}
		loud := 0
		for at, n := range exact {
			if n < most {
				continue
			}
			if loud++; !own[at] && !shared[at.window] {
				t.Errorf("seed %d: %s had %d in window %d, and no alert", seed, at.name, n, at.window)
			}
		}
		if loud < 10 {
			t.Errorf("seed %d: only %d were loud", seed, loud)
		}
	}
}
