package redisstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var testPolicy = lockout.Policy{
	PerAddress: 3, PerAccount: 7, DelayAfter: 3, MaxKnown: 8,
	FirstDelay: time.Second, MaxDelay: time.Minute, Window: time.Hour, KnownFor: 24 * time.Hour,
}

func loginKey(account, pair int) lockout.Key {
	return lockout.Key{Account: keyOf(account), Pair: keyOf(1000 + pair)}
}

// steps calls every method of the store once.
func steps(l *logins, key lockout.Key) map[string]error {
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

// fill makes a value with everything in it, and returns it.
func fill(tb testing.TB, l *logins, key lockout.Key) string {
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
	value := l.store.client.Get(ctx, l.name(&key.Account)).Val()
	if len(value) != 45+34+2*26+32 {
		tb.Fatalf("%d bytes: %q", len(value), value)
	}
	return value
}

// What somebody else has put under our key refuses every login of the account,
// and says why, until an administrator unlocks it.
func TestForeignLogins(t *testing.T) {
	l := guards(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "corrupt")
	ctx, rdb, key := context.Background(), l.store.client, loginKey(1, 1)
	name := l.name(&key.Account)
	good := fill(t, l, key)
	set := func(value string) func() { return func() { rdb.Set(ctx, name, value, 0) } }
	at := func(pos int, bytes string) func() { return set(good[:pos] + bytes + good[pos+len(bytes):]) }
	for what, put := range map[string]func(){
		"nothing":                    set(""),
		"text":                       set("hello"),
		"a long text":                set(strings.Repeat("x", 5000)),
		"another mark":               at(0, "\x01"),
		"cut":                        set(good[:len(good)-1]),
		"cut in the head":            set(good[:20]),
		"longer":                     set(good + "x"),
		"only bits":                  set("L" + strings.Repeat("\xff", len(good)-1)),
		"a forget that is to come":   at(9, "\x00\x1f\xff"),
		"no token that is there":     at(17, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		"more known than there are":  at(25, "\x02"),
		"fewer unknown":              at(26, "\x01"),
		"more pending than failures": at(28, "\x7f"),
		"fewer failures than pairs":  at(27, "\x01\x01"),
		"more than any limit":        at(27, "\xff"),
		"a failure at no time":       at(29, "\x00\x00\x00\x00\x00\x00\x00\x00"),
		"a pair without failures":    at(45+34+8, "\x00"),
		"known for ever":             at(45+26, "\xff"),
		"a list":                     func() { rdb.LPush(ctx, name, "x") },
		"a hash":                     func() { rdb.HSet(ctx, name, "x", 1) },
	} {
		rdb.Del(ctx, name)
		put()
		for method, err := range steps(l, key) {
			if kind(err) != "corrupt" {
				t.Errorf("%s: %s: %v", what, method, err)
			}
		}
		if st, err := l.Begin(ctx, loginKey(100+len(what), 1), testPolicy); err != nil || !st.Allowed {
			t.Errorf("%s: another account: %v", what, err)
		}
		if err := l.Unlock(ctx, key.Account); err != nil {
			t.Errorf("%s: Unlock: %v", what, err)
		}
		if st, err := l.Begin(ctx, key, testPolicy); err != nil || !st.Allowed || st.Failures != 0 {
			t.Errorf("%s: after Unlock: %+v %v", what, st, err)
		}
	}
}

// Whatever is in the key, an account has no more guesses than its limits say
// before somebody unlocks it, and the script ends with an answer.
func FuzzLoginValue(f *testing.F) {
	l := guards(f, newStore(f, redistest.Start(f).Addr, Config{Timeout: time.Second}), "fuzz")
	ctx, rdb, key := context.Background(), l.store.client, loginKey(1, 1)
	name := l.name(&key.Account)
	good := fill(f, l, key)
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
