package redisstore

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// overAfterSetBacks plays takes, late refunds and resets under a clock that is set back
// again and again, by more than a window too. It keeps the true time of each unit that
// was not given back, and reports whether any true window ever held more than a limit.
func overAfterSetBacks(tb testing.TB, c *counter, limits []ratelimit.Limit, seed uint64) bool {
	ctx := context.Background()
	set, r, key := setClockKey(tb, c), rand.New(rand.NewPCG(seed, 7)), keyOf(int(seed))
	type receipt struct {
		count ratelimit.Count
		id    int
	}
	var log []unitAt // of the key since its last Reset
	var receipts []receipt
	now, offset := int64(epoch), int64(0)
	longest := limits[len(limits)-1].Window.Microseconds()
	for id := range 250 {
		switch r.IntN(8) {
		case 0:
			now += r.Int64N(limits[r.IntN(len(limits))].Window.Microseconds() * 3 / 2)
		case 1, 2:
			now += r.Int64N(limits[0].Window.Microseconds() / 10)
		case 3:
			if r.IntN(3) == 0 {
				offset -= r.Int64N(2 * longest) // a clock that is set forward makes time pass, so it is not
			}
		}
		set(now + offset)
		switch ask := r.IntN(12); {
		case ask == 0 && r.IntN(4) == 0:
			if err := c.Reset(ctx, key); err != nil {
				tb.Fatal(err)
			}
			log = nil
		case ask < 4 && len(receipts) > 0:
			i := r.IntN(len(receipts))
			back := receipts[i]
			receipts = slices.Delete(receipts, i, i+1)
			if err := c.Refund(ctx, key, back.count.Granted, back.count.Stamp); err != nil {
				tb.Fatal(err)
			}
			log = slices.DeleteFunc(log, func(u unitAt) bool { return u.id == back.id })
		default:
			got, err := c.Take(ctx, key, 1+r.IntN(c.layout.minQuota), true)
			if err != nil {
				tb.Fatal(err)
			}
			if got.Granted == 0 {
				continue
			}
			receipts = append(receipts, receipt{got, id})
			log = append(log, unitAt{now, got.Granted, id})
			for _, l := range limits {
				n := 0
				for _, u := range log {
					if now-u.at < l.Window.Microseconds() {
						n += u.n
					}
				}
				if n > l.Quota {
					return true
				}
			}
		}
	}
	return false
}

// unitAt are n units that were granted at once, at a true time.
type unitAt struct {
	at    int64
	n, id int
}

var setBackLimits = [][]ratelimit.Limit{
	{ratelimit.PerSecond(1), ratelimit.PerMinute(9)},
	{ratelimit.PerSecond(200)},
	{ratelimit.PerSecond(150), {Quota: 300, Window: 10 * time.Second}},
	{{Quota: 3, Window: 7 * time.Second}},
}

// A clock that is set back never makes a late Refund give back the units of others.
func TestRefundsAfterASetBackNeverAdmitMore(t *testing.T) {
	t.Parallel()
	for _, limits := range setBackLimits {
		c := newCounter(t, limits...)
		for seed := range uint64(12) {
			if overAfterSetBacks(t, c, limits, seed) {
				t.Errorf("%v, seed %d: more than the limit in one window", limits, seed)
			}
		}
	}
}

// overAfterSetBacks itself is tested: it must find scripts in which a refund turns time
// back, and in which units of another life are given back.
func TestSetBacksFindBrokenScripts(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string][2]string{ // of take.lua, of refund.lua
		"time goes back": {strings.Replace(takeSource, "if latest > at then at = latest end", "", 1), refundSource},
		"another life":   {takeSource, strings.Replace(refundSource, "if life ~= mine then return DONE end", "", 1)},
	} {
		if broken == [2]string{takeSource, refundSource} {
			t.Fatalf("%s: nothing to break", name)
		}
		found := false
		for seed := uint64(0); seed < 60 && !found; seed++ {
			for _, limits := range setBackLimits[1:3] { // buckets: broken times would be an error
				c := newCounter(t, limits...)
				c.take, c.refund = redisscript.New(broken[0], takeInts), redisscript.New(broken[1], giveBackInts)
				found = found || overAfterSetBacks(t, c, limits, seed)
			}
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}

// Two histories that once admitted more than the limit.
func TestBackRefund(t *testing.T) {
	ctx, key := context.Background(), keyOf(1)
	c := newCounter(t, ratelimit.PerSecond(1), ratelimit.PerMinute(9))
	set := setClockKey(t, c)
	takeAt := func(c *counter, millis int64, n int) ratelimit.Count {
		set(epoch + millis*1000)
		return take(t, c, key, n, false)
	}
	refund := func(c *counter, back ratelimit.Count) {
		if err := c.Refund(ctx, key, back.Granted, back.Stamp); err != nil {
			t.Fatal(err)
		}
	}
	a, b := takeAt(c, 0, 1), takeAt(c, 1100, 1)
	set(epoch - 500_000) // true time 1.1 s: the clock is set back by 1.6 s
	refund(c, b)
	d := takeAt(c, -500, 1)
	refund(c, a)
	if e := takeAt(c, -500, 1); d.Granted+e.Granted > 1 {
		t.Error("two units within one second, and the limit is one")
	}

	c = newCounter(t, ratelimit.PerSecond(150))
	set = setClockKey(t, c)
	a = takeAt(c, 10_000, 50)
	set(epoch + 8_000_000) // set back by two windows
	if err := c.Reset(ctx, key); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{8000, 8900, 9800} {
		takeAt(c, at, 1)
	}
	d = takeAt(c, 10_001, 148)
	refund(c, a)
	if e := takeAt(c, 10_001, 50); d.Granted != 148 || e.Granted > 1 {
		t.Errorf("%d and then %d units within one second, and the limit is 150", d.Granted, e.Granted)
	}
}
