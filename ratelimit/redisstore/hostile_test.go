package redisstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A foreign value under a key of this package is an error. It causes no crash and no
// free pass, and does not fail the other callers that share the call.
func TestForeignValues(t *testing.T) {
	ctx := context.Background()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		key := keyOf(1)
		name, rdb := c.keyName(&key), c.store.client
		take(t, c, key, 1, false)
		good := rdb.Get(ctx, name).Val()
		for value, put := range map[string]func(){
			"text":               func() { rdb.Set(ctx, name, "hello", 0) },
			"long text":          func() { rdb.Set(ctx, name, strings.Repeat("x", 500), 0) },
			"unmarked":           func() { rdb.Set(ctx, name, "\x04"+good[1:], 0) },
			"old mark":           func() { rdb.Set(ctx, name, "\x02"+good[1:], 0) },
			"only a time":        func() { rdb.Set(ctx, name, "\x03"+strings.Repeat("\xff", 7), 0) },
			"garbage":            func() { rdb.Set(ctx, name, "\x03"+strings.Repeat("\xff\x00", len(good))[:len(good)-1], 0) },
			"a list":             func() { rdb.LPush(ctx, name, "x") },
			"a list with expiry": func() { rdb.LPush(ctx, name, "x"); rdb.Expire(ctx, name, time.Hour) },
			"a hash":             func() { rdb.HSet(ctx, name, "x", 1) },
			"a set":              func() { rdb.SAdd(ctx, name, "x") },
		} {
			rdb.Del(ctx, name)
			put()
			for _, n := range []int{0, 1, 2} {
				if got, err := c.Take(ctx, key, n, false); kind(err) != "corrupt" || got.Granted != 0 {
					t.Errorf("%v, %s: %+v, %v", limits, value, got, err)
				}
			}
			if err := c.Refund(ctx, key, 1, ratelimit.Stamp{At: epoch}); kind(err) != "corrupt" {
				t.Errorf("%v, %s: Refund: %v", limits, value, err)
			}
			if err := c.Reset(ctx, key); err != nil {
				t.Errorf("%v, %s: Reset: %v", limits, value, err)
			}
			if got := take(t, c, key, 1, false); got.Granted != 1 {
				t.Errorf("%v, %s: after Reset: %+v", limits, value, got)
			}
		}
	}
}

// Other keys in the same call are decided as usual.
func TestForeignValueDoesNotAffectOtherKeys(t *testing.T) {
	c := newCounter(t, ratelimit.PerHour(30))
	bad := keyOf(0)
	c.store.client.Set(context.Background(), c.keyName(&bad), "hello", 0)
	b := newBatch(c.queues[0])
	var ws []*waiter
	for i := range 5 {
		ws = append(ws, &waiter{request: request{key: keyOf(i), n: 1}})
		b.add(ws[i])
	}
	b.deadline = time.Now().Add(time.Second)
	if b.err = b.run(time.Now()); b.err != nil {
		t.Fatal(b.err)
	}
	for i, w := range ws {
		got, err := b.result(w)
		if i == 0 && kind(err) != "corrupt" || i > 0 && (err != nil || got.Granted != 1) {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
}

// Whatever value the key holds, no sequence of calls gets more than the limit from it
// by the script's own log, and the server survives.
func FuzzValue(f *testing.F) {
	c := newCounter(f, ratelimit.PerHour(20), ratelimit.Limit{Quota: 3, Window: 1e9})
	ctx := context.Background()
	key := keyOf(1)
	name, rdb := c.keyName(&key), c.store.client
	take(f, c, key, 2, false)
	good, err := rdb.Get(ctx, name).Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 1, false, int64(epoch))
	f.Add(good[:40], 3, true, int64(1))
	f.Add([]byte("\x03\x06\x65\x00\x00\x00\x00\x00"), 1, true, int64(epoch))
	f.Add([]byte("\x03\x1f\xff\xff\xff\xff\xff\xff"), 1, true, int64(epoch))
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
			if err != nil && kind(err) != "corrupt" && (n >= 0 && n <= 3) {
				t.Fatal(err)
			}
			if got += count.Granted; got > 3 || count.Left < 0 || count.Granted > max(n, 0) {
				t.Fatalf("%d granted, %+v", got, count)
			}
			if err := c.Refund(ctx, keyOf(2), n, ratelimit.Stamp{At: stamp}); err != nil && n >= 1 && n <= 3 && stamp >= 0 {
				t.Fatal(err)
			}
		}
		if err := c.Reset(ctx, key); err != nil {
			t.Fatal(err)
		}
	})
}

var testPolicy = lockout.Policy{
	PerAddress: 3, PerAccount: 7, DelayAfter: 3, MaxKnown: 8,
	FirstDelay: time.Second, MaxDelay: time.Minute, Window: time.Hour, KnownFor: 24 * time.Hour,
}

func loginKey(account, pair int) lockout.Key {
	return lockout.Key{Account: keyOf(account), Pair: keyOf(1000 + pair)}
}

// callEveryStep calls every method of the store once.
func callEveryStep(l *lockoutStore, key lockout.Key) map[string]error {
	ctx := context.Background()
	errs := map[string]error{}
	_, errs["Begin"] = l.Begin(ctx, key, testPolicy)
	for name, o := range map[string]lockout.Outcome{"Failed": lockout.Failed, "Succeeded": lockout.Succeeded, "Cancelled": lockout.Cancelled} {
		_, errs[name] = l.Settle(ctx, key, lockout.State{Allowed: true, Stamp: 5}, o, testPolicy)
	}
	errs["Issue"] = l.Issue(ctx, key.Account, [32]byte{1}, time.Hour)
	_, errs["Redeem"] = l.Redeem(ctx, key, [32]byte{1}, testPolicy)
	errs["Forget"] = l.Forget(ctx, key.Account)
	return errs
}

// fillAccount writes a value with every part in it, and returns the value.
func fillAccount(tb testing.TB, l *lockoutStore, key lockout.Key) string {
	tb.Helper()
	ctx := context.Background()
	known := lockout.Key{Account: key.Account, Pair: keyOf(1)}
	st, err := l.Begin(ctx, known, testPolicy)
	if err == nil {
		_, err = l.Settle(ctx, known, st, lockout.Succeeded, testPolicy)
	}
	for _, k := range []lockout.Key{known, key, {Account: key.Account, Pair: keyOf(2)}} {
		_, e := l.Begin(ctx, k, testPolicy)
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, l.Issue(ctx, key.Account, [32]byte{1}, time.Hour)); err != nil {
		tb.Fatal(err)
	}
	value := l.store.client.Get(ctx, l.keyName(&key.Account)).Val()
	if len(value) != 45+34+2*26+32 {
		tb.Fatalf("%d bytes: %q", len(value), value)
	}
	return value
}

// A foreign value under the key of an account refuses every login of the account with
// an error that says why, until an administrator unlocks the account.
func TestForeignLogins(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "corrupt")
	ctx, rdb, key := context.Background(), l.store.client, loginKey(1, 1)
	name := l.keyName(&key.Account)
	good := fillAccount(t, l, key)
	set := func(value string) func() { return func() { rdb.Set(ctx, name, value, 0) } }
	at := func(pos int, bytes string) func() { return set(good[:pos] + bytes + good[pos+len(bytes):]) }
	for value, put := range map[string]func(){
		"nothing":                    set(""),
		"text":                       set("hello"),
		"a long text":                set(strings.Repeat("x", 5000)),
		"another mark":               at(0, "\x01"),
		"cut":                        set(good[:len(good)-1]),
		"cut in the head":            set(good[:20]),
		"longer":                     set(good + "x"),
		"all bits set":               set("L" + strings.Repeat("\xff", len(good)-1)),
		"a forget in the future":     at(9, "\x00\x1f\xff"),
		"a token that ends at 0":     at(17, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		"too many known pairs":       at(25, "\x02"),
		"too few unknown pairs":      at(26, "\x01"),
		"more pending than failures": at(28, "\x7f"),
		"a second mark":              set("M" + good[1:]),
		"more than any limit":        at(27, "\xff"),
		"a failure at no time":       at(29, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		"a pair without failures":    at(45+34+8, "\x00"),
		"known for ever":             at(45+26, "\xff"),
		"a list":                     func() { rdb.LPush(ctx, name, "x") },
		"a hash":                     func() { rdb.HSet(ctx, name, "x", 1) },
	} {
		rdb.Del(ctx, name)
		put()
		for method, err := range callEveryStep(l, key) {
			if kind(err) != "corrupt" {
				t.Errorf("%s: %s: %v", value, method, err)
			}
		}
		if st, err := l.Begin(ctx, loginKey(100+len(value), 1), testPolicy); err != nil || !st.Allowed {
			t.Errorf("%s: another account: %v", value, err)
		}
		if err := l.Unlock(ctx, key.Account); err != nil {
			t.Errorf("%s: Unlock: %v", value, err)
		}
		if st, err := l.Begin(ctx, key, testPolicy); err != nil || !st.Allowed || st.Failures != 0 {
			t.Errorf("%s: after Unlock: %+v %v", value, st, err)
		}
	}
}

// Whatever value the key holds, an account has no more guesses than its limits say
// before an administrator unlocks it, and the script ends with a reply.
func FuzzLoginValue(f *testing.F) {
	l := newLockoutStore(f, newStore(f, redistest.Start(f).Addr, Config{Timeout: time.Second}), "fuzz")
	ctx, rdb, key := context.Background(), l.store.client, loginKey(1, 1)
	name := l.keyName(&key.Account)
	good := fillAccount(f, l, key)
	f.Add([]byte(good), int64(7), uint8(0))
	f.Add([]byte(good[:45]), int64(-1), uint8(1))
	f.Add([]byte{}, int64(1)<<60, uint8(2))
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		b := []byte(good)
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		f.Add(b, r.Int64(), uint8(r.IntN(8)))
	}
	f.Fuzz(func(t *testing.T, value []byte, stamp int64, how uint8) {
		if err := rdb.Set(ctx, name, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		known, unknown := map[int]int{}, 0
		for i := range 40 {
			key := loginKey(1, i%4)
			if i%4 == 3 {
				key.Pair = keyOf(1)
			}
			st, err := l.Begin(ctx, key, testPolicy)
			if err != nil && kind(err) != "corrupt" {
				t.Fatal(err)
			}
			if !st.Allowed {
				continue
			}
			if st.Known {
				known[i%4]++
			} else {
				unknown++
			}
			begun := st
			if how&2 != 0 {
				begun.Stamp, begun.Known = stamp, how&4 != 0
			}
			if _, err := l.Settle(ctx, key, begun, lockout.Failed, testPolicy); err != nil && kind(err) != "corrupt" {
				t.Fatal(err)
			}
		}
		if unknown > testPolicy.PerAccount || known[0]+known[1]+known[2]+known[3] > 4*testPolicy.PerAddress {
			t.Fatalf("%d guesses, and %v at known addresses", unknown, known)
		}
	})
}
