package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A failover brings back an earlier value of a key, and the outcomes of guesses that this
// value has never seen still arrive. A failoverGame plays that for one account: guesses
// from unknown addresses, logins of the owner from a known address, and at random times an
// earlier value, on a server whose clock may be behind.
type failoverGame struct {
	l      *lockoutStore
	set    func(now int64)
	r      *rand.Rand
	now    int64 // true time
	behind int64 // the clock of the server is behind by this
	log    []*playedGuess
	open   []*playedGuess
	saved  []savedValue
	login  int64 // the last login of the owner that the server has seen

	noUnlock bool // an unlock of version 1 may forget the address of the owner
}

type playedGuess struct {
	pair      int
	at        int64
	begun     lockout.State
	settled   bool
	free      bool // given back, or forgotten by an unlock or by a login from the address
	pairFree  bool // the same for the address alone
	forgotten bool // the server has forgotten it
}

// A savedValue is a value of the key that a replica may have, and the number of guesses
// that had begun by then.
type savedValue struct {
	value   string
	guesses int
	login   int64
}

const (
	ownersPair = 9
	guessPairs = 5
)

func (g *failoverGame) begin(pair int) (lockout.State, error) {
	g.tick()
	return g.l.Begin(context.Background(), loginKey(1, pair), testPolicy)
}

func (g *failoverGame) settle(pair int, begun lockout.State, o lockout.Outcome) error {
	g.tick()
	_, err := g.l.Settle(context.Background(), loginKey(1, pair), begun, o, testPolicy)
	return err
}

func (g *failoverGame) tick() { g.pass(1) }

func (g *failoverGame) pass(micros int64) {
	g.now += micros
	g.set(g.now - g.behind)
}

// loginOfOwner fails if guesses from elsewhere keep the owner out of a known address.
func (g *failoverGame) loginOfOwner() error {
	st, err := g.begin(ownersPair)
	known := g.now-g.login < testPolicy.KnownFor.Microseconds()
	if err == nil && known && (!st.Allowed || !st.Known) {
		err = fmt.Errorf("%+v", st)
	}
	if err == nil && st.Allowed {
		if err = g.settle(ownersPair, st, lockout.Succeeded); err == nil {
			g.login = g.now
		}
	}
	if err != nil {
		return fmt.Errorf("the owner is kept out: %w", err)
	}
	return nil
}

func (g *failoverGame) guess() error {
	pair := g.r.IntN(guessPairs)
	st, err := g.begin(pair)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if !st.Allowed {
		return nil
	}
	played := &playedGuess{pair: pair, at: g.now, begun: st}
	g.log, g.open = append(g.log, played), append(g.open, played)
	return g.checkBounds(played)
}

// checkBounds requires that a window holds no more guesses than the limits and the guesses
// that the server has forgotten.
func (g *failoverGame) checkBounds(latest *playedGuess) error {
	window := testPolicy.Window.Microseconds()
	all, here, forgotten := 0, 0, 0
	for _, p := range g.log {
		if p.forgotten && latest.at-p.at < 2*window {
			forgotten++
		}
		if latest.at-p.at >= window {
			continue
		}
		if !p.free && !p.begun.Known {
			all++
		}
		if !p.free && !p.pairFree && p.pair == latest.pair && p.begun.Known == latest.begun.Known {
			here++
		}
	}
	if !latest.begun.Known && all > testPolicy.PerAccount+forgotten || here > testPolicy.PerAddress+forgotten {
		return fmt.Errorf("over: %d guesses at the account, %d from address %d, and only %d were forgotten", all, here, latest.pair, forgotten)
	}
	return nil
}

func (g *failoverGame) outcome() error {
	if len(g.open) == 0 {
		return nil
	}
	i := g.r.IntN(len(g.open))
	p := g.open[i]
	g.open = append(g.open[:i], g.open[i+1:]...)
	o := [...]lockout.Outcome{lockout.Failed, lockout.Failed, lockout.Cancelled, lockout.Succeeded}[g.r.IntN(4)]
	if p.settled = true; o != lockout.Failed {
		p.free = true
	}
	if o == lockout.Succeeded {
		for _, other := range g.log {
			other.pairFree = other.pairFree || other.pair == p.pair && other.settled
		}
	}
	if err := g.settle(p.pair, p.begun, o); err != nil {
		return fmt.Errorf("outcome %d: %w", o, err)
	}
	return nil
}

func (g *failoverGame) unlock() error {
	g.tick()
	for _, p := range g.log {
		p.free = p.free || p.settled
	}
	return g.l.Unlock(context.Background(), loginKey(1, 0).Account)
}

func (g *failoverGame) save() {
	account := loginKey(1, 0).Account
	value := g.l.store.client.Get(context.Background(), g.l.keyName(&account)).Val()
	if g.saved = append(g.saved, savedValue{value, len(g.log), g.login}); len(g.saved) > 4 {
		g.saved = g.saved[1:]
	}
}

// failOver brings back one of the last saved values, on a server whose clock is behind.
func (g *failoverGame) failOver() {
	if len(g.saved) == 0 {
		return
	}
	i := g.r.IntN(len(g.saved))
	back := g.saved[i]
	g.saved = g.saved[:i+1]
	account := loginKey(1, 0).Account
	g.l.store.client.Set(context.Background(), g.l.keyName(&account), back.value, 24*time.Hour)
	g.login = back.login
	for _, p := range g.log[back.guesses:] {
		p.forgotten = true
	}
	if g.r.IntN(3) == 0 {
		g.behind += g.r.Int64N(1 << (10 + g.r.IntN(24)))
	}
}

// play makes steps random moves, and returns the first move that breaks a promise.
func (g *failoverGame) play(steps int) error {
	for i := range steps {
		var err error
		switch g.r.IntN(16) {
		case 0, 1, 2, 3, 4:
			err = g.guess()
		case 5, 6, 7, 8:
			err = g.outcome()
		case 9:
			err = g.loginOfOwner()
		case 10, 11:
			g.save()
		case 12:
			g.failOver()
		case 13:
			g.pass(g.r.Int64N(testPolicy.Window.Microseconds() >> g.r.IntN(12)))
		case 14:
			if g.r.IntN(8) == 0 && !g.noUnlock {
				err = g.unlock()
			}
		default:
			g.pass(g.r.Int64N(4_000_000))
		}
		if err != nil {
			return fmt.Errorf("move %d: %w", i, err)
		}
	}
	return nil
}

// playFailovers plays a schedule on the script. If earlier is not empty, the schedule
// begins on this script, whose errors count for nothing.
func playFailovers(t *testing.T, l *lockoutStore, earlier, source string, seed uint64) error {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 11))
	g := &failoverGame{l: l, r: r, now: epoch}
	l.store.client.FlushAll(t.Context())
	start := source
	if earlier != "" {
		start = earlier
	}
	g.set = setLoginClockKey(t, l, start)
	if err := g.loginOfOwner(); err != nil {
		return err
	}
	g.save()
	if earlier != "" {
		g.noUnlock = true
		for range 20 {
			_ = g.play(20)
		}
		g.noUnlock = false
		g.set = setLoginClockKey(t, l, source)
		g.tick()
		for _, p := range g.log {
			p.forgotten = true // how many guesses the earlier script forgot is unknown
		}
		if err := g.loginOfOwner(); err != nil {
			return err
		}
	}
	return g.play(400)
}

// versionOne is the script that could not read all values that it wrote.
func versionOne(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("testdata/lockout-1.lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// Whatever earlier value a failover brings back, no owner is kept out, and it forgets only
// the guesses that the value has not seen.
func TestLockoutSurvivesFailovers(t *testing.T) {
	t.Parallel()
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "failover")
	for seed := range uint64(60) {
		if err := playFailovers(t, l, "", lockoutSource, seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// A value of an earlier version keeps no owner out either.
func TestLockoutReadsEarlierVersions(t *testing.T) {
	t.Parallel()
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "versions")
	for seed := range uint64(60) {
		if err := playFailovers(t, l, versionOne(t), lockoutSource, seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// guessesLeft returns how many guesses from ever new addresses the account admits.
func (g *failoverGame) guessesLeft() (n int) {
	for pair := 100; ; pair++ {
		if st, err := g.begin(pair); err != nil || !st.Allowed {
			return n
		}
		n++
	}
}

// checkLostGuess plays the shortest failover: one guess is under way, the next is lost with
// the master, and its outcome reaches the replica. It returns the first broken promise.
func checkLostGuess(t *testing.T, l *lockoutStore, source string, lostPair int, o lockout.Outcome) error {
	t.Helper()
	l.store.client.FlushAll(t.Context())
	g := &failoverGame{l: l, r: rand.New(rand.NewPCG(1, 1)), now: epoch, set: setLoginClockKey(t, l, source)}
	if err := g.loginOfOwner(); err != nil {
		return err
	}
	if _, err := g.begin(1); err != nil {
		return err
	}
	if _, err := g.begin(ownersPair); err != nil { // the owner has begun to log in too
		return err
	}
	g.save()
	lost, err := g.begin(lostPair)
	if err != nil {
		return err
	}
	lost.Known = false // as after a Forget that is lost too
	g.failOver()
	if err := g.settle(lostPair, lost, o); err != nil {
		return err
	}
	if err := g.loginOfOwner(); err != nil {
		return err
	}
	if n := g.guessesLeft(); n != testPolicy.PerAccount-1 {
		return fmt.Errorf("over: %d guesses while one is under way, want %d", n, testPolicy.PerAccount-1)
	}
	return nil
}

var allOutcomes = []lockout.Outcome{lockout.Failed, lockout.Succeeded, lockout.Cancelled}

// The outcome of a guess that the server has forgotten changes no count of others.
func TestOutcomeOfALostGuess(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "lost")
	for _, o := range allOutcomes {
		for _, pair := range []int{1, 2, ownersPair} {
			if err := checkLostGuess(t, l, lockoutSource, pair, o); err != nil {
				t.Errorf("outcome %d of pair %d: %v", o, pair, err)
			}
		}
	}
}

// An account that counts fewer guesses than its pairs, as version 1 wrote it, counts at
// least the guesses of its pairs from then on.
func TestAccountsWithTooFewGuessesAreRepaired(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "repaired")
	ctx, key := context.Background(), loginKey(1, 1)
	for _, account := range []string{"\x01\x01", "\x01\x00", "\x00\x00" + strings.Repeat("\x00", 8)} {
		good := fillAccount(t, l, key) // two guesses under way from unknown addresses
		l.store.client.Set(ctx, l.keyName(&key.Account), good[:27]+account+good[27+len(account):], time.Hour)
		for method, err := range callEveryStep(l, key) {
			if err != nil {
				t.Errorf("%q: %s: %v", account, method, err)
			}
		}
		_ = l.Unlock(ctx, key.Account) // leaves the guesses under way
		n := 0
		for pair := range 20 {
			if st, err := l.Begin(ctx, loginKey(1, 100+pair), testPolicy); err == nil && st.Allowed {
				n++
			}
		}
		if n > testPolicy.PerAccount-2 {
			t.Errorf("%q: %d guesses while two are under way, want %d", account, n, testPolicy.PerAccount-2)
		}
		l.store.client.FlushAll(ctx)
	}
}

// The tests have to detect scripts that do not survive a failover.
func TestFailoversDetectBrokenLockouts(t *testing.T) {
	t.Parallel()
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "broken")
	broken := map[string]string{"version 1": versionOne(t)}
	for name, edits := range map[string][]string{
		"a lost guess frees another": {"if not wasKnown and counted then", "if not wasKnown then", " and stamp <= c.last", ""},
		"a later stamp counts":       {" and stamp <= c.last", ""},
		"time goes back":             {"if at <= latest then at = latest + 1 end", ""},
	} {
		source := strings.NewReplacer(edits...).Replace(lockoutSource)
		if source == lockoutSource {
			t.Fatalf("%s: nothing to break", name)
		}
		broken[name] = source
	}
	for name, source := range broken {
		var seen error
		for _, o := range allOutcomes {
			for _, pair := range []int{1, 2, ownersPair} {
				if seen == nil {
					seen = checkLostGuess(t, l, source, pair, o)
				}
			}
		}
		for seed := uint64(0); seed < 20 && seen == nil; seed++ {
			seen = playFailovers(t, l, "", source, seed)
		}
		if t.Logf("%s: %v", name, seen); seen == nil {
			t.Errorf("%s: not detected", name)
		}
	}
}
