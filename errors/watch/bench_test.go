//go:build !race

// These tests measure the time and memory of a record, and the race detector
// would change both.

package watch_test

import (
	"math"
	"net/netip"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// heap returns the bytes in use on the heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMemoryIsBounded(t *testing.T) {
	before := heap()
	w := newWatcher(t, watch.Config{OnAlert: func(watch.Alert) {}})
	empty := heap() - before
	fill := func(n int) {
		for i := range n {
			name := strconv.Itoa(i)
			w.Observe(audit.Record{Time: epoch, Route: "/" + name, Principal: name})
			w.Observe(audit.Record{Time: epoch, Route: "/" + name, Client: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})})
		}
	}
	fill(20_000)
	full := heap() - before
	fill(1_000_000)
	after := heap() - before
	own, shared := 0, 0
	for scope, most := range map[watch.Scope]int{watch.Route: 1024, watch.Principal: 8192, watch.Network: 8192} {
		o, s := w.Places(scope)
		if o != most || s != most/8 {
			t.Errorf("%v: %d own and %d shared, want %d and %d", scope, o, s, most, most/8)
		}
		own, shared = own+o, shared+s
	}
	t.Logf("%d bytes a subject; empty %d, full %d, after a million names %d: %d a place", watch.SeriesBytes, empty, full, after, after/uint64(own+shared))
	if watch.SeriesBytes != 224 {
		t.Errorf("%d bytes a subject, doc.go says 224", watch.SeriesBytes)
	}
	if empty > 64<<10 {
		t.Errorf("%d bytes when empty", empty)
	}
	if after > 6<<20 || after > full+64<<10 {
		t.Errorf("%d bytes after a million names, %d before", after, full)
	}
	runtime.KeepAlive(w)
}

// The fastest of many batches counts, so that other work of the machine does not
// fail the test.
func TestObserveTakesNoLongerThanAMicrosecond(t *testing.T) {
	const batch = 1000
	w := newWatcher(t, watch.Config{OnAlert: func(watch.Alert) {}})
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
		w := newWatcher(b, cfg)
		b.ReportAllocs()
		for b.Loop() {
			w.Observe(record)
		}
	})
	b.Run("one subject, parallel", func(b *testing.B) {
		w := newWatcher(b, cfg)
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
	for _, n := range []int{1 << 12, 1 << 16} { // below the cap, and far above it
		b.Run(strconv.Itoa(n)+" principals", func(b *testing.B) {
			w := newWatcher(b, cfg)
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
