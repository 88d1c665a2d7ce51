package redisstore

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// What somebody else has put under our key is an error: not a crash, not a free
// pass, and not the failure of those who share the call.
func TestForeignValues(t *testing.T) {
	ctx := context.Background()
	for _, limits := range sets {
		c := fresh(t, limits...)
		key := keyOf(1)
		name, rdb := c.name(&key), c.store.client
		take(t, c, key, 1, false)
		good := rdb.Get(ctx, name).Val()
		for what, put := range map[string]func(){
			"text":     func() { rdb.Set(ctx, name, "hello", 0) },
			"a long":   func() { rdb.Set(ctx, name, strings.Repeat("x", 500), 0) },
			"unmarked": func() { rdb.Set(ctx, name, "\x03"+good[1:], 0) },
			"formerly": func() { rdb.Set(ctx, name, "\x01"+good[1:], 0) },
			"unborn":   func() { rdb.Set(ctx, name, "\x02"+strings.Repeat("\xff", 7), 0) },
			"garbage":  func() { rdb.Set(ctx, name, "\x02"+strings.Repeat("\xff\x00", len(good))[:len(good)-1], 0) },
			"a list":   func() { rdb.LPush(ctx, name, "x") },
			"fleeting": func() { rdb.LPush(ctx, name, "x"); rdb.Expire(ctx, name, time.Hour) },
			"a hash":   func() { rdb.HSet(ctx, name, "x", 1) },
			"a set":    func() { rdb.SAdd(ctx, name, "x") },
		} {
			rdb.Del(ctx, name)
			put()
			for _, n := range []int{0, 1, 2} {
				if got, err := c.Take(ctx, key, n, false); kind(err) != Corrupt || got.Granted != 0 {
					t.Errorf("%v, %s: %+v, %v", limits, what, got, err)
				}
			}
			if err := c.Refund(ctx, key, 1, epoch); kind(err) != Corrupt {
				t.Errorf("%v, %s: Refund: %v", limits, what, err)
			}
			if err := c.Reset(ctx, key); err != nil {
				t.Errorf("%v, %s: Reset: %v", limits, what, err)
			}
			if got := take(t, c, key, 1, false); got.Granted != 1 {
				t.Errorf("%v, %s: after Reset: %+v", limits, what, got)
			}
		}
	}
}

// Others in the same call are decided as ever.
func TestForeignValueHarmsNobodyElse(t *testing.T) {
	c := fresh(t, ratelimit.PerHour(30))
	bad := keyOf(0)
	c.store.client.Set(context.Background(), c.name(&bad), "hello", 0)
	b := newBatch(c.queues[0])
	var ws []*waiter
	for i := range 5 {
		ws = append(ws, &waiter{key: keyOf(i), n: 1})
		b.add(ws[i])
	}
	b.deadline = time.Now().Add(time.Second)
	if b.err = b.call(time.Now()); b.err != nil {
		t.Fatal(b.err)
	}
	for i, w := range ws {
		got, err := b.answer(w)
		if i == 0 && kind(err) != Corrupt || i > 0 && (err != nil || got.Granted != 1) {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
}

// Whatever is in the key, no sequence of calls gets more than the limit out of
// it by the script's own log, and the server survives.
func FuzzValue(f *testing.F) {
	c := fresh(f, ratelimit.PerHour(20), ratelimit.Limit{Quota: 3, Window: 1e9})
	ctx := context.Background()
	key := keyOf(1)
	name, rdb := c.name(&key), c.store.client
	take(f, c, key, 2, false)
	good, err := rdb.Get(ctx, name).Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 1, false, int64(epoch))
	f.Add(good[:40], 3, true, int64(1))
	f.Add([]byte("\x02\x06\x65\x00\x00\x00\x00\x00"), 1, true, int64(epoch))
	f.Add([]byte("\x02\x1f\xff\xff\xff\xff\xff\xff"), 1, true, int64(epoch))
	f.Add([]byte{}, 0, true, int64(0))
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := append([]byte(nil), good...)
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		f.Add(b, r.IntN(4), r.IntN(2) == 0, r.Int64())
	}
	f.Fuzz(func(t *testing.T, value []byte, n int, atMost bool, stamp int64) {
		if err := rdb.Set(ctx, name, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		got := 0
		for range 5 {
			count, err := c.Take(ctx, key, n, atMost)
			if err != nil && kind(err) != Corrupt && (n >= 0 && n <= 3) {
				t.Fatal(err)
			}
			if got += count.Granted; got > 3 || count.Left < 0 || count.Granted > max(n, 0) {
				t.Fatalf("%d granted, %+v", got, count)
			}
			if err := c.Refund(ctx, keyOf(2), n, stamp); err != nil && n >= 1 && n <= 3 && stamp >= 0 {
				t.Fatal(err)
			}
		}
		if err := c.Reset(ctx, key); err != nil {
			t.Fatal(err)
		}
	})
}
