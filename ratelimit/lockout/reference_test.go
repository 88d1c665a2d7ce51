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
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// The slow reference keeps every admitted guess. It searches all guesses for the
// answers that the guard keeps in a few words.
type guess struct {
	attempt          *lockout.Attempt
	from             int
	at               time.Duration // when the guess began
	touched          time.Duration // when the guess began or failed
	settled          bool
	known            bool // its address was known when it began, so the account does not count it
	countsForAccount bool // neither given back nor unlocked
	countsForAddress bool // not given back, and no success at its address since it failed
	location         location
}

// A location says whether the failures of an address are kept with the known addresses.
// They move when the address becomes known, and back when it becomes unknown.
type location bool

const (
	unknown location = false
	known   location = true
)

type reference struct {
	guesses   []*guess
	successes map[int]time.Duration // the time of the last success of each address
}

// count returns the number of guesses that in selects and that counts counts, and the
// time of the last change of a selected guess. A pause as long as a window ends the
// search.
func (l *reference) count(now time.Duration, in, counts func(*guess) bool) (n int, last time.Duration) {
	begin, last := l.begin(now, in)
	for _, g := range l.guesses {
		if in(g) && counts(g) && g.at >= begin && last > 0 {
			n++
		}
	}
	return n, last
}

// begin returns the time of the first guess that a counter still counts, and of the last
// change.
func (l *reference) begin(now time.Duration, in func(*guess) bool) (begin, last time.Duration) {
	var touches []time.Duration
	for _, g := range l.guesses {
		if in(g) {
			touches = append(touches, g.at, g.touched)
		}
	}
	slices.Sort(touches)
	begin = now
	for _, at := range slices.Backward(touches) {
		if begin-at >= referenceConfig.Window {
			break
		}
		begin, last = at, max(last, at)
	}
	return begin, last
}

// held reports whether the counter of the address of g still counts g. If not, g is older
// than the window, and no outcome gives it back to the account.
func (l *reference) held(g *guess, now time.Duration) bool {
	l.isKnown(g.from, now)
	begin, _ := l.begin(now, func(other *guess) bool { return other.from == g.from && other.location == g.location })
	return g.at >= begin
}

// isKnown reports whether an address is known. If it is not, isKnown moves its failures
// back.
func (l *reference) isKnown(from int, now time.Duration) bool {
	succeededAt, succeeded := l.successes[from]
	later := 0
	for other, at := range l.successes {
		if other != from && at > succeededAt {
			later++
		}
	}
	if succeeded && now-succeededAt < referenceConfig.KnownFor && later < referenceConfig.MaxKnown {
		return true
	}
	for _, g := range l.guesses {
		if g.from == from {
			g.location = unknown
		}
	}
	return false
}

// wait returns the time until a guess from this address would be admitted.
func (l *reference) wait(from int, now time.Duration) (wait time.Duration) {
	place := unknown
	if l.isKnown(from, now) {
		place = known
	}
	sameCounter := func(g *guess) bool { return g.from == from && g.location == place }
	n, last := l.count(now, sameCounter, func(g *guess) bool { return g.countsForAddress })
	switch {
	case n >= referenceConfig.PerAddress:
		wait = last + referenceConfig.Window - now
	case n >= referenceConfig.DelayAfter:
		wait = last + referenceConfig.FirstDelay<<(n-referenceConfig.DelayAfter) - now
	}
	if place == known {
		return max(0, wait)
	}
	unknownAddress := func(g *guess) bool { return !g.known }
	n, last = l.count(now, unknownAddress, func(g *guess) bool { return g.countsForAccount })
	if n >= referenceConfig.PerAccount {
		wait = max(wait, last+referenceConfig.Window-now)
	}
	return max(0, wait)
}

var referenceConfig = lockout.Config{
	PerAddress: 3, PerAccount: 7, DelayAfter: 2, FirstDelay: 10 * time.Second, MaxDelay: time.Minute,
	Window: 10 * time.Minute, KnownFor: time.Hour, MaxKnown: 2, MaxAccounts: 1,
}

// runScript runs script, three bytes for each step. It fails t if the guard breaks a
// bound. If there is room for all accounts and addresses, it also fails t if the guard
// differs from the reference.
func runScript(t *testing.T, script []byte, accounts, addresses int) {
	guard := newGuard(t, referenceConfig)
	exact := accounts <= 8 && addresses <= 8
	ctx, start := t.Context(), time.Now().Add(-time.Nanosecond)
	references := make([]*reference, accounts)
	for i := range references {
		references[i] = &reference{successes: map[int]time.Duration{}}
	}
	for ; len(script) >= 3; script = script[3:] {
		account, from := int(script[1])%accounts, int(script[2])%addresses
		l, name := references[account], "account "+strconv.Itoa(account)
		time.Sleep(time.Nanosecond) // no two events have the same time, so the order of two successes is clear
		now := time.Since(start)
		switch op := script[0] % 16; op {
		case 0, 1, 2, 3, 4, 5, 6:
			wait := l.wait(from, now)
			a, err := guard.Begin(ctx, name, addrAt(from))
			if exact {
				checkWait(t, err, wait)
			}
			if err == nil {
				g := &guess{attempt: a, from: from, at: now, touched: now, countsForAccount: true, countsForAddress: true, known: a.Decision.Known}
				if g.known {
					g.location = known
				}
				l.guesses = append(l.guesses, g)
				l.checkBounds(t)
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
				g.countsForAccount, g.countsForAddress = g.countsForAccount && !g.settled, g.countsForAddress && !g.settled
			}
		default:
			time.Sleep(time.Duration(script[1])*time.Duration(op-11)*time.Second/2 + 1)
		}
	}
}

func (l *reference) settle(t *testing.T, g *guess, outcome lockout.Outcome, now time.Duration) {
	t.Helper()
	var err error
	held := l.held(g, now)
	switch outcome {
	case lockout.Failed:
		_, err = g.attempt.Failure(t.Context())
		g.touched = now
	case lockout.Cancelled:
		err = g.attempt.Cancel(t.Context())
		g.countsForAccount, g.countsForAddress = g.countsForAccount && !held, false
	default:
		err = g.attempt.Success(t.Context())
		g.countsForAccount, g.countsForAddress = g.countsForAccount && !held, false
		l.isKnown(g.from, now)
		l.successes[g.from] = now
		for _, other := range l.guesses {
			if other.from == g.from {
				other.countsForAddress = other.countsForAddress && !other.settled
				other.location = known
			}
		}
	}
	g.settled = true
	if err != nil {
		t.Fatal(err)
	}
}

// checkWait fails t if the guard does not require the wait of the reference.
func checkWait(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	want, got := strconv.Itoa(int((wait+time.Second-1)/time.Second)), "0"
	if e, ok := errors.AsType[*httperr.Error](err); ok && errors.Is(err, lockout.ErrDelayed) {
		got = e.Header.Get("Retry-After")
	}
	if got != want {
		t.Fatalf("a wait of %s, want %s (%v): %v", got, want, wait, err)
	}
}

// checkBounds fails t if the window that ends with the latest guess holds more guesses
// than the limits allow, from all unknown addresses together or from one address.
func (l *reference) checkBounds(t *testing.T) {
	t.Helper()
	latest := l.guesses[len(l.guesses)-1]
	all, here := 0, 0
	for _, g := range l.guesses {
		if latest.at-g.at >= referenceConfig.Window {
			continue
		}
		if g.countsForAccount && !g.known {
			all++
		}
		if g.countsForAddress && g.from == latest.from && g.location == latest.location {
			here++
		}
	}
	if all > referenceConfig.PerAccount && !latest.known || here > referenceConfig.PerAddress {
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
		synctest.Test(t, func(t *testing.T) { runScript(t, script, 2, 5) })
		synctest.Test(t, func(t *testing.T) { runScript(t, script, 40, 20) })
	})
}

// Random scripts: one account with few addresses, one account with many, and far more
// accounts and addresses than there is room for.
func TestRandomScripts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][2]int{{1, 3}, {1, 30}, {3, 6}, {60, 4}, {60, 20}} {
		for range 20 {
			script := make([]byte, 3000)
			for i := range script {
				script[i] = byte(rng.Uint32())
			}
			synctest.Test(t, func(t *testing.T) { runScript(t, script, shape[0], shape[1]) })
		}
	}
}
