package redisstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A raid is an attack in real time on several stores of one server. Its stamps
// say where units were debited and not when they were admitted, so it keeps for
// each admission a time before and one after it.
type raid struct {
	cs     []*counter
	key    [16]byte
	limit  ratelimit.Limit
	before []time.Time
	after  []time.Time
	leased int
	next   int
}

func (r *raid) hit(t *testing.T, n int) {
	for range n {
		r.from(t, r.next%len(r.cs))
		r.next++
	}
}

func (r *raid) from(t *testing.T, i int) bool {
	held := r.cs[i].leases.held(&r.key)
	before := time.Now()
	got, err := r.cs[i].Take(context.Background(), r.key, 1, false)
	if err != nil {
		t.Error(err)
	}
	if got.Granted == 0 {
		return false
	}
	r.before, r.after = append(r.before, before), append(r.after, time.Now())
	if held > 0 {
		r.leased++
	}
	return true
}

// worst is how many admissions were at most a window apart, beyond any doubt.
func (r *raid) worst() (most int) {
	from := 0
	for i := range r.before {
		for r.after[i].Sub(r.before[from]) >= r.limit.Window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// hoard leases as much as it can at the end of a sub-bucket, spends it as late
// as it may, and takes the whole limit when what was debited leaves the window.
func (r *raid) hoard(t *testing.T, width time.Duration) {
	edge := func() time.Duration { return time.Duration(time.Now().UnixNano()) % width }
	for edge() > width/8 {
		<-time.After(width / 16)
	}
	for edge() < width*5/8 { // become hot, at a pace that leases much
		r.hit(t, 4)
		<-time.After(width / 64)
	}
	last := time.Now()
	var late []int
	for i, c := range r.cs {
		for range c.leases.held(&r.key) {
			late = append(late, i)
		}
	}
	<-time.After(width - edge() + width/8)
	for _, i := range late {
		r.from(t, i)
	}
	// What was debited in the sub-bucket of last leaves 17 later.
	left := time.Unix(0, (last.UnixNano()/int64(width)+17)*int64(width))
	<-time.After(time.Until(left) + 2*time.Millisecond)
	r.hit(t, r.limit.Quota*5/4)
}

// raids runs every attack, on a key of its own, at the same time, and returns the worst window of each, and how much of
// it all was leased.
func raids(t *testing.T, cs []*counter, limit ratelimit.Limit) (worst map[string]int, leased int) {
	worst = map[string]int{}
	n := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	run := func(name string, f func(*raid)) {
		n++
		r := &raid{cs: cs, key: keyOf(1000 + n), limit: limit}
		all.Go(func() {
			f(r)
			mu.Lock()
			defer mu.Unlock()
			worst[name] = r.worst()
			leased += r.leased
		})
	}
	w, q := limit.Window, limit.Quota
	pass := func(d time.Duration) { <-time.After(d) }
	run("boundary", func(r *raid) {
		r.hit(t, 1)
		pass(w * 97 / 100)
		r.hit(t, q*6/5)
		pass(w * 4 / 100)
		r.hit(t, q*6/5)
		pass(w * 9 / 10)
		r.hit(t, q)
	})
	run("drip", func(r *raid) {
		r.hit(t, 1)
		pass(w * 95 / 100)
		r.hit(t, q*2/3)
		for range 120 {
			pass(w / 60)
			r.hit(t, q/50)
		}
	})
	run("pace", func(r *raid) {
		r.hit(t, 1)
		pass(w * 95 / 100)
		r.hit(t, q*2/3)
		for range q / 8 {
			pass(w * 8 / time.Duration(q))
			r.hit(t, 10)
		}
	})
	run("seam", func(r *raid) {
		for range 40 {
			pass(w/16 - time.Millisecond)
			r.hit(t, q/12)
			pass(time.Millisecond)
			r.hit(t, q/12)
		}
	})
	run("hoard", func(r *raid) { r.hoard(t, w/16) })
	all.Wait()
	return worst, leased
}

func TestLeasesKeepTheBound(t *testing.T) {
	t.Parallel()
	limit := ratelimit.Limit{Quota: 400, Window: 800 * time.Millisecond}
	for _, limits := range [][]ratelimit.Limit{{limit}, {limit, ratelimit.PerHour(100_000)}} {
		worst, leased := raids(t, leasing(t, 3, limits...), limit)
		for name, n := range worst {
			if n > limit.Quota {
				t.Errorf("%s: %d in one window", name, n)
			}
		}
		if leased < 100 {
			t.Errorf("only %d were leased", leased)
		}
		t.Logf("%v, %d leased", worst, leased)
	}
}

// A lease that lives one sub-bucket too long is seen.
func TestRaidSeesLeasesThatLiveTooLong(t *testing.T) {
	limit := ratelimit.Limit{Quota: 400, Window: 800 * time.Millisecond}
	for attempt := range 5 {
		cs := leasing(t, 1, limit)
		r := &raid{cs: cs, key: keyOf(attempt), limit: limit}
		width := cs[0].leases.widths[0]
		for at := int64(0); at/width%2 == 0 || at%width < width/4 || at%width > width*3/4; at = time.Now().UnixMicro() {
			<-time.After(time.Millisecond)
		}
		// To the leases two sub-buckets are one, and the next begins such a pair.
		cs[0].leases.widths = []int64{2 * width}
		r.hoard(t, time.Duration(width)*time.Microsecond)
		if worst := r.worst(); worst > limit.Quota {
			t.Logf("%d in one window", worst)
			return
		}
	}
	t.Error("not seen")
}
