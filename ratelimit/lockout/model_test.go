package lockout_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// The slow reference keeps every guess that was ever admitted, and finds by
// looking through them what the guard keeps in a few words.
type guess struct {
	attempt *lockout.Attempt
	from    int
	at      time.Duration // when it began
	touched time.Duration // when it began or failed
	settled bool
	known   bool // its address was, when it began: it is not the account's
	open    bool // counts for the account: neither given back nor unlocked
	here    bool // counts for the address: and no success since it failed
	place   place
}

// A place is what keeps the failures of an address. They move when it becomes
// known, and back when it is known no longer.
type place bool

const (
	unknown place = false
	known   place = true
)

type ledger struct {
	guesses []*guess
	wins    map[int]time.Duration // when an address last succeeded
}

// run returns how many of the guesses that in picks count, and when the last of
// them was touched: all that no pause of a window divides from now.
func (l *ledger) run(now time.Duration, in, counts func(*guess) bool) (n int, last time.Duration) {
	var touches []time.Duration
	for _, g := range l.guesses {
		if in(g) {
			touches = append(touches, g.at, g.touched)
		}
	}
	slices.Sort(touches)
	begin := now
	for _, at := range slices.Backward(touches) {
		if begin-at >= modelled.Window {
			break
		}
		begin, last = at, max(last, at)
	}
	for _, g := range l.guesses {
		if in(g) && counts(g) && g.at >= begin && last > 0 {
			n++
		}
	}
	return n, last
}

// knows reports whether an address is known, and moves its failures if not.
func (l *ledger) knows(from int, now time.Duration) bool {
	win, won := l.wins[from]
	later := 0
	for other, at := range l.wins {
		if other != from && at > win {
			later++
		}
	}
	if won && now-win < modelled.KnownFor && later < modelled.MaxKnown {
		return true
	}
	for _, g := range l.guesses {
		if g.from == from {
			g.place = unknown
		}
	}
	return false
}

// wait is what a guess has to wait for.
func (l *ledger) wait(from int, now time.Duration) (wait time.Duration) {
	at := unknown
	if l.knows(from, now) {
		at = known
	}
	n, last := l.run(now, func(g *guess) bool { return g.from == from && g.place == at }, func(g *guess) bool { return g.here })
	switch {
	case n >= modelled.PerAddress:
		wait = last + modelled.Window - now
	case n >= modelled.DelayAfter:
		wait = last + modelled.FirstDelay<<(n-modelled.DelayAfter) - now
	}
	if at == known {
		return max(0, wait)
	}
	if n, last = l.run(now, func(g *guess) bool { return !g.known }, func(g *guess) bool { return g.open }); n >= modelled.PerAccount {
		wait = max(wait, last+modelled.Window-now)
	}
	return max(0, wait)
}

var modelled = lockout.Config{
	PerAddress: 3, PerAccount: 7, DelayAfter: 2, FirstDelay: 10 * time.Second, MaxDelay: time.Minute,
	Window: 10 * time.Minute, KnownFor: time.Hour, MaxKnown: 2, MaxAccounts: 1,
}

// play does what script says, three bytes each, and fails t if the guard breaks
// a promise; or, if there is room for all, if it does not do what the ledger says.
func play(t *testing.T, script []byte, accounts, addresses int) {
	guard := mwtest.Must[*lockout.Guard](t)(lockout.New(modelled))
	exact := accounts <= 8 && addresses <= 8
	ctx, start := t.Context(), time.Now().Add(-time.Nanosecond)
	ledgers := make([]*ledger, accounts)
	for i := range ledgers {
		ledgers[i] = &ledger{wins: map[int]time.Duration{}}
	}
	for ; len(script) >= 3; script = script[3:] {
		account, from := int(script[1])%accounts, int(script[2])%addresses
		l, name := ledgers[account], "account "+strconv.Itoa(account)
		time.Sleep(time.Nanosecond) // no two at a time: which of two successes is later shall be clear
		now := time.Since(start)
		switch op := script[0] % 16; op {
		case 0, 1, 2, 3, 4, 5, 6:
			wait := l.wait(from, now)
			a, err := guard.Begin(ctx, name, addr(from))
			if exact {
				agree(t, err, wait)
			}
			if err == nil {
				g := &guess{attempt: a, from: from, at: now, touched: now, open: true, here: true, known: a.Decision.Known}
				if g.known {
					g.place = known
				}
				l.guesses = append(l.guesses, g)
				l.bounded(t)
				if op < 5 {
					l.settle(t, g, lockout.Failed, now)
				}
			}
		case 7, 8, 9, 10:
			i := slices.IndexFunc(l.guesses, func(g *guess) bool { return !g.settled })
			if i >= 0 {
				l.settle(t, l.guesses[i], lockout.Outcome(op-8)%3, now)
			}
		case 11:
			if err := guard.Unlock(ctx, name); err != nil {
				t.Fatal(err)
			}
			for _, g := range l.guesses {
				g.open, g.here = g.open && !g.settled, g.here && !g.settled
			}
		default:
			time.Sleep(time.Duration(script[1])*time.Duration(op-11)*time.Second/2 + 1)
		}
	}
}

func (l *ledger) settle(t *testing.T, g *guess, outcome lockout.Outcome, now time.Duration) {
	t.Helper()
	var err error
	switch outcome {
	case lockout.Failed:
		_, err = g.attempt.Failure(t.Context())
		g.touched = now
	case lockout.Cancelled:
		err = g.attempt.Cancel(t.Context())
		g.open, g.here = false, false
	default:
		err = g.attempt.Success(t.Context())
		g.open, g.here = false, false
		l.knows(g.from, now)
		l.wins[g.from] = now
		for _, other := range l.guesses {
			if other.from == g.from {
				other.here = other.here && !other.settled
				other.place = known
			}
		}
	}
	g.settled = true
	if err != nil {
		t.Fatal(err)
	}
}

// agree fails t unless the guard wants the wait that the ledger wants.
func agree(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	want, got := strconv.Itoa(int((wait+time.Second-1)/time.Second)), "0"
	if e, ok := errors.AsType[*httperr.Error](err); ok && errors.Is(err, lockout.ErrDelayed) {
		got = e.Header.Get("Retry-After")
	}
	if got != want {
		t.Fatalf("the wait is %s, want %s (%v): %v", got, want, wait, err)
	}
}

// bounded: in the window that ends with the latest guess there are no more than
// the limits say, of all that are unknown and of one address.
func (l *ledger) bounded(t *testing.T) {
	t.Helper()
	latest := l.guesses[len(l.guesses)-1]
	all, here := 0, 0
	for _, g := range l.guesses {
		if latest.at-g.at >= modelled.Window {
			continue
		}
		if g.open && !g.known {
			all++
		}
		if g.here && g.from == latest.from && g.place == latest.place {
			here++
		}
	}
	if all > modelled.PerAccount && !latest.known || here > modelled.PerAddress {
		t.Fatalf("in one window %d guesses from unknown addresses, %d from one", all, here)
	}
}

func FuzzGuard(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{5, 0, 1, 7, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0, 1})
	f.Add([]byte{5, 0, 1, 5, 0, 1, 12, 255, 0, 12, 255, 0, 12, 255, 0, 0, 0, 1, 7, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 1500 {
			return
		}
		synctest.Test(t, func(t *testing.T) { play(t, script, 2, 5) })
		synctest.Test(t, func(t *testing.T) { play(t, script, 40, 20) })
	})
}

// Random walks through the same: one account and few addresses, one with many,
// and far more of both than there is room for.
func TestRandomWalks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][2]int{{1, 3}, {1, 30}, {3, 6}, {60, 4}, {60, 20}} {
		for range 20 {
			script := make([]byte, 3000)
			for i := range script {
				script[i] = byte(rng.Uint32())
			}
			synctest.Test(t, func(t *testing.T) { play(t, script, shape[0], shape[1]) })
		}
	}
}
