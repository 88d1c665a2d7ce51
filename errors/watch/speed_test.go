//go:build !race

package watch_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// The fastest of many batches, so that other work on the machine is no fault.
func TestObserveTakesNoLongerThanAMicrosecond(t *testing.T) {
	const batch = 1000
	w := must(t, watch.Config{OnAlert: func(watch.Alert) {}})
	r := audit.Record{Time: epoch, Route: "/notes/{id}", Status: 401, Bytes: 300, Principal: "7c1b4f0e-0d52-4f7e-8a3c-6d1f5f4f4a10"}
	best := time.Hour
	for range 200 {
		start := time.Now()
		for range batch {
			w.Observe(r)
		}
		best = min(best, time.Since(start)/batch)
	}
	if best > time.Microsecond {
		t.Errorf("%v a record", best)
	}
	t.Logf("%v a record", best)
}

func BenchmarkObserve(b *testing.B) {
	record := audit.Record{Time: epoch, Route: "/notes/{id}", Status: 401, Bytes: 300, Principal: "7c1b4f0e-0d52-4f7e-8a3c-6d1f5f4f4a10"}
	level := watch.Level{Min: math.MaxInt64}
	cfg := watch.Config{OnAlert: func(watch.Alert) { b.Error("an alert") }, Unauthorized: level, Requests: level, Bytes: level}
	b.Run("one subject", func(b *testing.B) {
		w := must(b, cfg)
		b.ReportAllocs()
		for b.Loop() {
			w.Observe(record)
		}
	})
	b.Run("one subject, parallel", func(b *testing.B) {
		w := must(b, cfg)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				w.Observe(record)
			}
		})
	})
	names := make([]string, 1<<16)
	for i := range names {
		names[i] = "principal-" + strconv.Itoa(i)
	}
	for _, n := range []int{1 << 12, 1 << 16} { // within the cap and far beyond it
		b.Run(strconv.Itoa(n)+" principals", func(b *testing.B) {
			w := must(b, cfg)
			r := record
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				r.Principal = names[i&(n-1)]
				i++
				w.Observe(r)
			}
		})
	}
}
