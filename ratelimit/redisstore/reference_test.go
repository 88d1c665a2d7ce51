package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisconn"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// model is the slow reference: every unit of every limit with its time, and nothing
// else. The model knows only the rule of the script.
type model struct {
	limits []ratelimit.Limit
	units  [][]int64 // for each limit, ascending, in microseconds
	latest int64     // time of the newest debit: time does not go back before it
	exists bool      // the key exists
	life   int64     // of the key, which the script draws when the key begins to exist
}

func newModel(limits []ratelimit.Limit) *model {
	return &model{limits: limits, units: make([][]int64, len(limits))}
}

func (m *model) width(i int) int64 {
	return ((m.limits[i].Window + 999).Microseconds() + subBuckets - 1) / subBuckets
}

// leavesAt returns the time at which a unit debited at u stops counting.
func (m *model) leavesAt(i int, u int64) int64 {
	if m.limits[i].Quota <= exactQuota {
		return u + (m.limits[i].Window + 999).Microseconds() + 1
	}
	return (u/m.width(i) + subBuckets + 1) * m.width(i)
}

func (m *model) countLive(i int, at int64) (n int) {
	for _, u := range m.units[i] {
		if m.leavesAt(i, u) > at {
			n++
		}
	}
	return n
}

// roomAt returns the first time from at on when limit i has room for n units.
func (m *model) roomAt(i, n int, at int64) int64 {
	times := []int64{at}
	for _, u := range m.units[i] {
		times = append(times, max(at, m.leavesAt(i, u)))
	}
	slices.Sort(times)
	for _, at := range times {
		if m.limits[i].Quota-m.countLive(i, at) >= n {
			return at
		}
	}
	panic("more than the quota")
}

func (m *model) take(now int64, n int, atMost bool) ratelimit.Count {
	at := max(now, m.latest)
	room := m.limits[0].Quota
	for i, l := range m.limits {
		room = min(room, l.Quota-m.countLive(i, at))
	}
	granted, need := 0, n
	if room >= n {
		granted = n
	} else if atMost {
		granted = room
	}
	if atMost {
		need = 1
	}
	for i := range m.limits {
		for range granted {
			m.units[i] = append(m.units[i], at)
		}
	}
	if granted > 0 {
		m.latest, m.exists = at, true
	}
	c := ratelimit.Count{Granted: granted, Limit: -1, Stamp: ratelimit.Stamp{At: at}}
	for i, l := range m.limits {
		left := l.Quota - m.countLive(i, at)
		refused := granted == 0 && n > 0
		wait := time.Duration(0)
		switch {
		case refused && left >= need:
			continue
		case refused:
			wait = time.Duration(m.roomAt(i, need, at)-now) * time.Microsecond
		case left < l.Quota:
			wait = time.Duration(m.roomAt(i, left+1, at)-now) * time.Microsecond
		}
		if c.Limit < 0 || refused && wait > c.Wait || !refused && (int64(left) < c.Left || int64(left) == c.Left && wait > c.Wait) {
			c.Limit, c.Left, c.Wait = i, int64(left), wait
		}
	}
	return c
}

func (m *model) reset() { *m = *newModel(m.limits) }

func (m *model) refund(n int, stamp ratelimit.Stamp) {
	if stamp.Life != m.life {
		return
	}
	for i, l := range m.limits {
		left := n
		m.units[i] = slices.DeleteFunc(m.units[i], func(u int64) bool {
			same := u == stamp.At || l.Quota > exactQuota && u/m.width(i) == stamp.At/m.width(i)
			if same && left > 0 {
				left--
				return true
			}
			return false
		})
	}
}

// setClockKey makes a counter read its clock from a key, so that a test can set it.
func setClockKey(tb testing.TB, c *counter) func(now int64) {
	tb.Helper()
	source := strings.Replace(c.take.Source(), "redis.call('TIME')", "redis.call('HMGET', '!clock', 's', 'u')", 1)
	if !strings.Contains(source, "!clock") {
		tb.Fatal("the script reads no clock")
	}
	c.take = redisscript.New(source, takeInts)
	rdb := c.store.client
	return func(now int64) {
		if err := rdb.HSet(context.Background(), "!clock", "s", now/1_000_000, "u", now%1_000_000).Err(); err != nil {
			tb.Fatal(err)
		}
	}
}

var limitSets = [][]ratelimit.Limit{
	{ratelimit.PerMinute(129)},
	{ratelimit.PerMinute(5)},
	{ratelimit.PerMinute(128)},
	{{Quota: 200, Window: 2 * time.Minute}, {Quota: 16, Window: time.Minute}},
	{{Quota: 3, Window: time.Minute}, ratelimit.PerHour(9)},
	{{Quota: 150, Window: 77*time.Second + 7}, {Quota: 300, Window: time.Hour}, {Quota: 1000, Window: 24 * time.Hour}},
}

const epoch = 1_800_000_000_000_000 // in 2027

// firstDifference runs steps random operations on the script and on the model, and
// returns the first difference.
func firstDifference(tb testing.TB, c *counter, limits []ratelimit.Limit, seed uint64, steps int) string {
	set := setClockKey(tb, c)
	r := rand.New(rand.NewPCG(seed, 1))
	m := newModel(limits)
	key := keyOf(int(seed))
	now := int64(epoch) + r.Int64N(1e9)
	type receipt struct {
		n     int
		stamp ratelimit.Stamp
	}
	var receipts []receipt
	var wait time.Duration
	for range steps {
		switch r.IntN(12) {
		case 0:
			now += r.Int64N(2 * limits[0].Window.Microseconds())
		case 1: // to the edge of a bucket, or just before it
			w := m.width(r.IntN(len(limits)))
			now = (now/w+1)*w - r.Int64N(2)
		case 2:
			switch r.IntN(60) {
			case 0: // also a clock that was wrong is put right
				now -= 2 * limits[len(limits)-1].Window.Microseconds()
			case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14:
				now -= 30_000_000
			}
		case 6, 7: // to the end of the last wait, or just before it
			now += max(wait.Microseconds()-r.Int64N(2), 0)
		case 3, 4, 5:
			now += r.Int64N(max(limits[0].Window.Microseconds()/20, 1))
		}
		set(now)
		if r.IntN(30) == 0 {
			m.reset()
			if err := c.Reset(context.Background(), key); err != nil {
				return err.Error()
			}
			continue
		}
		if len(receipts) > 0 && r.IntN(5) == 0 {
			i := r.IntN(len(receipts))
			got := receipts[i]
			receipts = slices.Delete(receipts, i, i+1)
			n := 1 + r.IntN(got.n)
			m.refund(n, got.stamp)
			if err := c.Refund(context.Background(), key, n, got.stamp); err != nil {
				return err.Error()
			}
			continue
		}
		n, atMost := r.IntN(3+c.layout.minQuota/40), r.IntN(3) == 0
		if r.IntN(4) == 0 {
			n = r.IntN(c.layout.minQuota + 1)
		}
		existed := m.exists
		want := m.take(now, n, atMost)
		got, err := c.Take(context.Background(), key, n, atMost)
		if life := got.Stamp.Life; !existed && life != m.life {
			m.life = life // drawn by chance; all lives differ
		}
		want.Stamp.Life = m.life
		if err != nil || got != want {
			return fmt.Sprintf("now %d, take %d (at most: %t): got %+v, %v; want %+v", now, n, atMost, got, err, want)
		}
		wait = got.Wait
		if got.Granted > 0 {
			receipts = append(receipts, receipt{got.Granted, got.Stamp})
		}
	}
	return ""
}

// sourceWithoutShortcut is the script without its shortcut for one limit.
var sourceWithoutShortcut = strings.Replace(takeSource, "if base == 5 and width > 0 then", "if false then", 1)

func TestScriptMatchesModel(t *testing.T) {
	t.Parallel()
	if sourceWithoutShortcut == takeSource {
		t.Fatal("the script has no shortcut")
	}
	for i, limits := range limitSets {
		for half, source := range []string{takeSource, sourceWithoutShortcut} {
			t.Run(fmt.Sprint(i, half), func(t *testing.T) {
				t.Parallel()
				c := newCounter(t, limits...)
				for seed := uint64(half); seed < 16; seed += 2 {
					c.take = redisscript.New(source, takeInts)
					if d := firstDifference(t, c, limits, seed, 250); d != "" {
						t.Fatalf("seed %d: %s", seed, d)
					}
				}
			})
		}
	}
}

// The comparison has to detect a script that is wrong in a small way.
func TestModelDetectsBrokenScripts(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string][2]string{
		"one bucket too few":      {"r[k] = old[k - d] or 0", "r[k] = k < 64 and old[k - d] or 0"},
		"clock followed back":     {"if latest > at then at = latest end", ""},
		"life forgotten":          {"pack('>I7', mine)", "pack('>I7', 0)"},
		"a life for each unit":    {"pack('>I7', mine)", "pack('>I7', born)"},
		"kept times shifted":      {"from[i] + 8 * granted,", "from[i] + 8 * granted - 8,"},
		"kept times left early":   {"edge, below, above = at - life[i],", "edge, below, above = at - life[i] + 2,"},
		"wait for one unit only":  {"need - left > 1", "need - left > 99"},
		"at most taken literally": {"elseif n < 0 then granted = room", "elseif n < 0 then granted = 0"},
		// The rest breaks the shortcut, and so proves that calls take it.
		"short: another's bucket":  {"last >= from and last <= now", "last <= now"},
		"short: time goes back":    {"last >= from and last <= now", "last >= from"},
		"short: one unit too many": {"if n <= left and -n <= left then", "if n <= left + 1 and -n <= left then"},
		"short: at most nothing":   {"granted = left\n", "granted = 0\n"},
		"short: all or none":       {"elseif n == 1 then", "else"},
		"short: what is left":      {"granted * 8, quota - s", "granted * 8, left"},
		"short: the wait":          {"(65 - a) * width", "(64 - a) * width"},
		"short: count of newest":   {"s, c = s + granted, c + granted", "s = s + granted"},
	} {
		seen := false
		for _, limits := range limitSets {
			c := newCounter(t, limits...)
			source := strings.ReplaceAll(takeSource, edit[0], edit[1])
			if source == takeSource {
				t.Fatalf("%s: nothing to break", name)
			}
			for seed := uint64(0); seed < 12 && !seen; seed++ {
				c.take = redisscript.New(source, takeInts)
				seen = firstDifference(t, c, limits, seed, 250) != ""
			}
		}
		if !seen {
			t.Errorf("%s: not detected", name)
		}
	}
}

func TestRefusalsWriteNothing(t *testing.T) {
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		key := keyOf(7)
		take(t, c, key, c.layout.minQuota, false)
		rdb := c.store.client
		ctx := context.Background()
		before, ttl := rdb.Get(ctx, c.keyName(&key)).Val(), rdb.PExpireTime(ctx, c.keyName(&key)).Val()
		for n := range 3 {
			take(t, c, key, n, n == 2)
		}
		if rdb.Get(ctx, c.keyName(&key)).Val() != before || rdb.PExpireTime(ctx, c.keyName(&key)).Val() != ttl || before == "" {
			t.Errorf("%v: a refusal was written", limits)
		}
		take(t, c, keyOf(8), 0, false)
		if n := rdb.DBSize(ctx).Val(); n != 1 {
			t.Errorf("%d keys after a read", n)
		}
	}
}

var _ redis.UniversalClient = (*redisconn.Client)(nil)
