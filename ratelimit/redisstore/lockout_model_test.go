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

// The reference is the memory store, in which each account has few enough
// addresses that it merges none. A schedule is played on it in a bubble of time,
// and then, by a clock that is set, on the script.

// A played schedule says of each move when it was made and what came of it.
type played struct {
	at  time.Duration
	say string
}

const (
	loginAccounts  = 3
	loginAddresses = 7 // the memory store has eight counters an account
)

var loginPolicies = []lockout.Config{
	{PerAddress: 3, PerAccount: 7, DelayAfter: 2, FirstDelay: 10 * time.Second, MaxDelay: time.Minute, Window: 10 * time.Minute, KnownFor: time.Hour, MaxKnown: 2},
	{PerAddress: 1, PerAccount: 1, Window: time.Minute, FirstDelay: time.Second, MaxDelay: time.Second, KnownFor: 5 * time.Minute, MaxKnown: 1, TokenFor: time.Minute},
	{PerAddress: 5, PerAccount: 12, DelayAfter: 1, FirstDelay: 3 * time.Millisecond, MaxDelay: time.Hour, Window: time.Hour, KnownFor: 90 * time.Minute, ChallengeAfter: 2},
}

type underWay struct {
	*lockout.Attempt
	account string
	at      time.Duration
}

// player makes the moves of one schedule.
type player struct {
	ctx    context.Context
	guard  *lockout.Guard
	seen   *lockout.Decision // what Observe was told last
	open   []underWay
	tokens []string
	forgot map[string]time.Duration
	tick   func() // lets a microsecond pass: no two steps at a time
}

func newPlayer(tb testing.TB, s lockout.Store, cfg lockout.Config) *player {
	p := &player{ctx: context.Background(), seen: new(lockout.Decision), forgot: map[string]time.Duration{}}
	cfg.Observe = func(_ context.Context, d lockout.Decision) { *p.seen = d }
	cfg.Secret = secret
	if cfg.Store = s; s != nil {
		cfg.Budget = time.Minute
	}
	p.guard = mwtest.Must[*lockout.Guard](tb)(lockout.New(cfg))
	return p
}

// move makes the move that m stands for, and returns what came of it.
func (p *player) move(m [4]byte, at time.Duration) string {
	account, from := fmt.Sprint("account ", m[1]%loginAccounts), lockouttest.Addr(int(m[2])%loginAddresses)
	switch op := m[0] % 20; {
	case op < 8:
		a, err := p.guard.Begin(p.ctx, account, from)
		say := fmt.Sprintf("begin: %+v %v", *p.seen, err)
		if err != nil {
			return say
		}
		if op >= 4 {
			p.open = append(p.open, underWay{a, account, at})
			return say
		}
		p.tick()
		d, err := a.Failure(p.ctx)
		return fmt.Sprintf("%s; failure: %+v %v", say, d, err)
	case op < 15 && len(p.open) > 0:
		i := len(p.open) - 1 - int(m[3])%min(len(p.open), 3)
		a := p.open[i]
		p.open = append(p.open[:i], p.open[i+1:]...)
		if when := p.forgot[a.account]; op > 11 && when >= a.at && at-when > 9*time.Minute {
			op = 8 // a success so long after is for the store to decide
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
		p.forgot[account] = at
		return fmt.Sprint("forget: ", p.guard.Forget(p.ctx, account))
	case op == 17:
		token, err := p.guard.Issue(p.ctx, account)
		p.tokens = append(p.tokens, token)
		return fmt.Sprint("issue: ", err)
	case op == 18 && len(p.tokens) > 0: // one of the last three, for whomever
		i := max(0, len(p.tokens)-1-int(m[3])%3)
		err := p.guard.Redeem(p.ctx, account, p.tokens[i], from)
		return fmt.Sprintf("redeem: good %t %t", err == nil, errors.Is(err, lockout.ErrToken))
	}
	return ""
}

// pause is how long the move waits before it is made: mostly moments, at times
// until just about something ends.
func pause(cfg *lockout.Config, r *rand.Rand, told time.Duration) time.Duration {
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
		return max(told+edge, time.Microsecond)
	}
	return time.Duration(1+r.IntN(2_000_000)) * time.Microsecond
}

// schedule plays steps moves in memory.
func schedule(t *testing.T, cfg lockout.Config, seed uint64, steps int) (moves [][4]byte, log []played) {
	cfg.Window += time.Microsecond // the store adds that, because its clock cuts
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
				case op < 8 && p.seen.Known && r.IntN(16) == 0:
					m[0], m[3] = 16, 0 // failures at a known address, forgotten or not
				case op == 16:
					m[0] = 12 * byte(r.IntN(2)) // a success that had begun before, or a guess
				}
			}
			// Whole microseconds, as the other clock has them.
			time.Sleep(pause(&cfg, r, p.seen.RetryAfter.Truncate(time.Microsecond)) + time.Microsecond)
			moves = append(moves, m)
			at := time.Since(start)
			log = append(log, played{at, p.move(m, at)})
		}
	})
	return moves, log
}

// loginClock has the script read its clock from a key, so that a test can set it.
func loginClock(tb testing.TB, l *lockoutStore, source string) func(now int64) {
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

// loginsDiffer plays what was played in memory on the script, and returns the
// first difference.
func loginsDiffer(t *testing.T, l *lockoutStore, source string, cfg lockout.Config, moves [][4]byte, log []played) string {
	set := loginClock(t, l, source)
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

func TestLockoutIsTheMemoryStore(t *testing.T) {
	t.Parallel()
	store := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second})
	for i, cfg := range loginPolicies {
		for seed := range uint64(20) {
			moves, log := schedule(t, cfg, seed, 400)
			l := guards(t, store, fmt.Sprintf("model-%d-%d", i, seed))
			if d := loginsDiffer(t, l, lockoutSource, cfg, moves, log); d != "" {
				t.Fatalf("policy %d, seed %d: %s", i, seed, d)
			}
		}
	}
}

// The comparison has to see a script that is wrong in a small way.
func TestModelSeesBrokenLockouts(t *testing.T) {
	t.Parallel()
	store := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second})
	for name, edit := range map[string][2]string{
		"a success frees the account":       {"reset(k or u)", "reset(k or u) reset(account)"},
		"a reservation is free":             {"c.n + 1, c.p + 1, at", "c.n, c.p, at"},
		"a late settlement counts":          {"stamp >= c.since and c.p > 0", "c.p > 0"},
		"a window ends early":               {"at - c.last >= window", "at - c.last >= window - 2"},
		"a known address is not spared":     {"flags, failures = 2, k.n", "flags, failures = 2, account.n"},
		"a token is good twice":             {"  ends, token = 0, ''\nend", "end"},
		"the delay does not grow":           {"firstDelay * 2 ^ (c.n - delayAfter)", "firstDelay"},
		"an old password makes known":       {"barred or stamp < forgot", "barred"},
		"what is under way is unlocked":     {"c.n = c.p", "c.n, c.p = 0, 0"},
		"the newest known address goes":     {"a.till < b.till", "a.till > b.till"},
		"a token leaves its address unsafe": {"  unlock()\n  welcome(k, u, barred)", "  unlock()"},
		"who is displaced starts anew":      {"all[i].till = 0", "all[i].till, all[i].n, all[i].p = 0, 0, 0"},
		"who has lapsed starts anew":        {"return is_known(c) or c.n > 0", "return is_known(c)"},
		"who is forgotten starts anew":      {"do known[i].till = 0 end", "do known[i].till, known[i].n, known[i].p = 0, 0, 0 end"},
		"who has lapsed is spared":          {"if k and not is_known(k) then k, u = nil, k end", ""},
		"a late failure extends nothing":    {"if u.till or #known < MOSTKNOWN then", "if u.till then"},
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
				moves, log := schedule(t, cfg, seed, 400)
				l := guards(t, store, fmt.Sprintf("broken-%d-%d-%d", len(name), i, seed))
				store.client.FlushAll(t.Context())
				seen = loginsDiffer(t, l, broken, cfg, moves, log)
			}
		}
		if seen == "" {
			t.Errorf("%s: not seen", name)
		}
	}
}
