package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// The reference is the memory store. Each account has few enough addresses that the
// memory store merges none. The test plays a schedule of moves on it in a synctest
// bubble, and then, with a clock that the test sets, on the script.

// A playedMove says when a move was made and what it returned.
type playedMove struct {
	at  time.Duration
	say string
}

const (
	loginAccounts  = 3
	loginAddresses = 7 // the memory store has eight counters an account
)

var loginPolicies = []lockout.Config{
	{
		PerAddress: 3, PerAccount: 7, DelayAfter: 2, FirstDelay: 10 * time.Second,
		MaxDelay: time.Minute, Window: 10 * time.Minute, KnownFor: time.Hour, MaxKnown: 2,
	},
	{
		PerAddress: 1, PerAccount: 1,
		Window: time.Minute, FirstDelay: time.Second, MaxDelay: time.Second, KnownFor: 5 * time.Minute, MaxKnown: 1, TokenFor: time.Minute,
	},
	{
		PerAddress: 5, PerAccount: 12, DelayAfter: 1, FirstDelay: 3 * time.Millisecond,
		MaxDelay: time.Hour, Window: time.Hour, KnownFor: 90 * time.Minute, ChallengeAfter: 2,
	},
}

type openAttempt struct {
	*lockout.Attempt
	account string
	at      time.Duration
}

// A player makes the moves of one schedule.
type player struct {
	ctx          context.Context
	guard        *lockout.Guard
	observed     *lockout.Decision // the last Decision that Observe received
	openAttempts []openAttempt
	tokens       []string
	forgottenAt  map[string]time.Duration
	tick         func() // lets a microsecond pass, because no two steps happen at the same time
}

func newPlayer(tb testing.TB, s lockout.Store, cfg lockout.Config) *player {
	p := &player{ctx: context.Background(), observed: new(lockout.Decision), forgottenAt: map[string]time.Duration{}}
	cfg.Observe = func(_ context.Context, d lockout.Decision) { *p.observed = d }
	cfg.Secret = secret
	if cfg.Store = s; s != nil {
		cfg.Budget = time.Minute
	}
	p.guard = mwtest.Must[*lockout.Guard](tb)(lockout.New(cfg))
	return p
}

// move makes the move that m encodes, and returns its result as text.
func (p *player) move(m [4]byte, at time.Duration) string {
	account, from := fmt.Sprint("account ", m[1]%loginAccounts), lockouttest.Addr(int(m[2])%loginAddresses)
	switch op := m[0] % 20; {
	case op < 8:
		a, err := p.guard.Begin(p.ctx, account, from)
		say := fmt.Sprintf("begin: %+v %v", *p.observed, err)
		if err != nil {
			return say
		}
		if op >= 4 {
			p.openAttempts = append(p.openAttempts, openAttempt{a, account, at})
			return say
		}
		p.tick()
		d, err := a.Failure(p.ctx)
		return fmt.Sprintf("%s; failure: %+v %v", say, d, err)
	case op < 15 && len(p.openAttempts) > 0:
		i := len(p.openAttempts) - 1 - int(m[3])%min(len(p.openAttempts), 3)
		a := p.openAttempts[i]
		p.openAttempts = append(p.openAttempts[:i], p.openAttempts[i+1:]...)
		if when := p.forgottenAt[a.account]; op > 11 && when >= a.at && at-when > 9*time.Minute {
			op = 8 // for a success so long after a Forget the stores may differ
		}
		switch op {
		case 8, 9, 10:
			d, err := a.Failure(p.ctx)
			return fmt.Sprintf("failure: %+v %v", d, err)
		case 11:
			return fmt.Sprint("cancel: ", a.Cancel(p.ctx))
		}
		return fmt.Sprint("success: ", a.Success(p.ctx))
	case op == 15 && m[3]%4 == 0:
		return fmt.Sprint("unlock: ", p.guard.Unlock(p.ctx, account))
	case op == 16 && m[3]%2 == 0:
		p.forgottenAt[account] = at
		return fmt.Sprint("forget: ", p.guard.Forget(p.ctx, account))
	case op == 17:
		token, err := p.guard.Issue(p.ctx, account)
		p.tokens = append(p.tokens, token)
		return fmt.Sprint("issue: ", err)
	case op == 18 && len(p.tokens) > 0: // one of the last three tokens, for any account
		i := max(0, len(p.tokens)-1-int(m[3])%3)
		err := p.guard.Redeem(p.ctx, account, p.tokens[i], from)
		return fmt.Sprintf("redeem: good %t %t", err == nil, errors.Is(err, lockout.ErrToken))
	}
	return ""
}

// pauseBefore returns how long to wait before the next move: mostly moments, sometimes
// until just before or after some period ends.
func pauseBefore(cfg *lockout.Config, r *rand.Rand, lastWait time.Duration) time.Duration {
	edge := time.Duration(r.IntN(4)-3) * time.Microsecond
	switch r.IntN(14) {
	case 0:
		return cfg.Window + edge
	case 1:
		return cfg.KnownFor/2 + edge
	case 2:
		return time.Duration(r.Int64N(int64(cfg.Window/time.Microsecond))) * time.Microsecond
	case 3:
		return 20 * time.Minute
	case 4, 5:
		return max(lastWait+edge, time.Microsecond)
	}
	return time.Duration(1+r.IntN(2_000_000)) * time.Microsecond
}

// playInMemory plays steps random moves on the memory store.
func playInMemory(t *testing.T, cfg lockout.Config, seed uint64, steps int) (moves [][4]byte, log []playedMove) {
	cfg.Window += time.Microsecond // the Redis store adds that, because its clock cuts to microseconds
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(seed, 7))
		p, start := newPlayer(t, nil, cfg), time.Now()
		p.tick = func() { time.Sleep(time.Microsecond) }
		for range steps {
			var m [4]byte
			for i := range m {
				m[i] = byte(r.Uint32())
			}
			if n := len(moves); n > 0 && r.IntN(4) != 0 {
				last := moves[n-1]
				m[1] = last[1]
				if r.IntN(2) == 0 {
					m[2] = last[2]
				}
				switch op := last[0] % 20; {
				case op >= 17 && r.IntN(2) == 0:
					m[0], m[3] = 18, 0 // a token, again
				case op < 8 && p.observed.Known && r.IntN(16) == 0:
					m[0], m[3] = 16, 0 // failures at a known address, which is then forgotten
				case op == 16:
					m[0] = 12 * byte(r.IntN(2)) // a success that began before the Forget, or a guess
				}
			}
			// Use whole microseconds, because the clock of Redis has no finer unit.
			time.Sleep(pauseBefore(&cfg, r, p.observed.RetryAfter.Truncate(time.Microsecond)) + time.Microsecond)
			moves = append(moves, m)
			at := time.Since(start)
			log = append(log, playedMove{at, p.move(m, at)})
		}
	})
	return moves, log
}

// setLoginClockKey makes the script read its clock from a key, so that a test can set
// it.
func setLoginClockKey(tb testing.TB, l *lockoutStore, source string) func(now int64) {
	tb.Helper()
	set := strings.Replace(source, "redis.call('TIME')", "redis.call('HMGET', '!clock', 's', 'u')", 1)
	if set == source {
		tb.Fatal("the script reads no clock")
	}
	l.script = redisscript.New(set, lockoutInts)
	rdb := l.store.client
	return func(now int64) {
		if err := rdb.HSet(context.Background(), "!clock", "s", now/1_000_000, "u", now%1_000_000).Err(); err != nil {
			tb.Fatal(err)
		}
	}
}

// firstLoginDifference plays the moves on the script, and returns the first difference
// from the log of the memory store.
func firstLoginDifference(t *testing.T, l *lockoutStore, source string, cfg lockout.Config, moves [][4]byte, log []playedMove) string {
	set := setLoginClockKey(t, l, source)
	p := newPlayer(t, l, cfg)
	for i, m := range moves {
		now := epoch + log[i].at.Microseconds()
		set(now)
		p.tick = func() { set(now + 1) }
		if got := p.move(m, log[i].at); got != log[i].say {
			return fmt.Sprintf("move %d at %v:\n got %s\nwant %s", i, log[i].at, got, log[i].say)
		}
	}
	return ""
}

func TestLockoutMatchesMemoryStore(t *testing.T) {
	t.Parallel()
	store := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second})
	for i, cfg := range loginPolicies {
		for seed := range uint64(20) {
			moves, log := playInMemory(t, cfg, seed, 400)
			l := newLockoutStore(t, store, fmt.Sprintf("model-%d-%d", i, seed))
			if d := firstLoginDifference(t, l, lockoutSource, cfg, moves, log); d != "" {
				t.Fatalf("policy %d, seed %d: %s", i, seed, d)
			}
		}
	}
}

// The comparison has to detect a script that is wrong in a small way.
func TestModelDetectsBrokenLockouts(t *testing.T) {
	t.Parallel()
	store := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second})
	for name, edit := range map[string][2]string{
		"a success frees the account":       {"reset(k or u)", "reset(k or u) reset(account)"},
		"a reservation is free":             {"c.n + 1, c.p + 1, at", "c.n, c.p, at"},
		"a late settlement counts":          {"c.since <= stamp and stamp <= c.last", "stamp <= c.last"},
		"a window ends early":               {"at - c.last >= window", "at - c.last >= window - 2"},
		"a known address is not spared":     {"flags, failures = 2, k.n", "flags, failures = 2, account.n"},
		"a token is good twice":             {"  ends, token = 0, ''\nend", "end"},
		"the delay does not grow":           {"firstDelay * 2 ^ (c.n - delayAfter)", "firstDelay"},
		"an old password makes known":       {"barred or stamp < forgot", "barred"},
		"unlock drops open reservations":    {"c.n = c.p", "c.n, c.p = 0, 0"},
		"the newest known address goes":     {"a.till < b.till", "a.till > b.till"},
		"a token leaves its address unsafe": {"  unlock()\n  welcome(k, u, barred)", "  unlock()"},
		"a displaced pair starts anew":      {"all[i].till = 0", "all[i].till, all[i].n, all[i].p = 0, 0, 0"},
		"a lapsed pair starts anew":         {"return is_known(c) or c.n > 0", "return is_known(c)"},
		"a forgotten pair starts anew":      {"do known[i].till = 0 end", "do known[i].till, known[i].n, known[i].p = 0, 0, 0 end"},
		"a lapsed pair is spared":           {"if k and not is_known(k) then k, u = nil, k end", ""},
		"a lapsed guess stays pending":      {"account.p = account.p - 1 end", "end"},
		"a late failure extends nothing":    {"(u.till or #known < MOSTKNOWN)", "(u.till)"},
	} {
		broken := strings.ReplaceAll(lockoutSource, edit[0], edit[1])
		if broken == lockoutSource {
			t.Fatalf("%s: nothing to break", name)
		}
		seen := ""
		for seed := range uint64(20) {
			for i, cfg := range loginPolicies {
				if seen != "" {
					break
				}
				moves, log := playInMemory(t, cfg, seed, 400)
				l := newLockoutStore(t, store, fmt.Sprintf("broken-%d-%d-%d", len(name), i, seed))
				store.client.FlushAll(t.Context())
				seen = firstLoginDifference(t, l, broken, cfg, moves, log)
			}
		}
		if seen == "" {
			t.Errorf("%s: not detected", name)
		}
	}
}
