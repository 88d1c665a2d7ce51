package sessionfaults

import (
	"context"
	crypto "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// A schedule is a random order of what the tabs of a browser, and thieves, do. Each step is
// two bytes.
type schedule []byte

// pauses are the times that may pass between two steps.
var pauses = []time.Duration{
	time.Millisecond, time.Second, 29 * time.Second, 30*time.Second - 2*time.Millisecond, 30 * time.Second, 31 * time.Second,
	10 * time.Minute, 23 * time.Hour,
}

// onRedis are the same times for a Redis whose clock is not exact.
var onRedis = []time.Duration{
	time.Millisecond, time.Second, 29 * time.Second, 30 * time.Second, 31 * time.Second, 10 * time.Minute, 23 * time.Hour,
}

// schedulePeriod is less than Config.Idle, so that no session of a schedule expires.
const schedulePeriod = 13 * day

// shuffled lets the commits of requests that read at one time come in a random order, within
// the millisecond in which they have read.
type shuffled struct {
	sessionstore.Store
	rnd *rand.Rand
	mu  *sync.Mutex
}

func (s shuffled) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	s.mu.Lock()
	d := time.Duration(s.rnd.IntN(100_000))
	s.mu.Unlock()
	time.Sleep(d)
	return s.Store.Commit(ctx, c)
}

// A performance is a schedule that is under way. The answers must be those of a reference,
// with the requests of one step in some order. Several references may fit until a later
// step tells them apart.
type performance struct {
	tb     testing.TB
	policy policy
	s      *service
	sid    string
	gate   *gate
	known  []string // the tokens that were given, in the order of the history
	fits   map[reference]bool
}

// perform follows a schedule, and returns the first step that no reference fits.
func perform(
	t *testing.T, plan schedule, pauses []time.Duration, p policy, wrap func(sessionstore.Store) sessionstore.Store,
) error {
	t.Helper()
	g := new(gate)
	mixed := shuffled{new(sessionstore.Memory), rand.New(rand.NewPCG(uint64(len(plan)), 1)), new(sync.Mutex)}
	s := newService(t, gated{wrap(mixed), g}, p)
	sid, token := s.login(t, crypto.Text())
	perf := performance{t, p, s, sid, g, []string{token}, map[reference]bool{{current: token}: true}}
	start := time.Now()
	for i := 0; i+1 < len(plan); i += 2 {
		op, arg := plan[i], int(plan[i+1])
		var err error
		switch {
		case op%8 < 3:
			err = perf.step(perf.pick(arg))
		case op%8 < 5:
			err = perf.step(perf.pick(arg), perf.pick(arg/3), perf.pick(arg/9), perf.pick(arg/27))
		default:
			if d := pauses[arg%len(pauses)]; time.Since(start)+d < schedulePeriod {
				time.Sleep(d)
			}
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i/2, err)
		}
	}
	return nil
}

// pick returns one of the known tokens, and a recent one for most numbers.
func (p *performance) pick(n int) string {
	if n%8 == 7 {
		return p.known[n/8%len(p.known)]
	}
	return p.known[max(0, len(p.known)-1-n%4)]
}

// A use is one request and its answer. lost is true for 503, which has no effect.
type use struct {
	token, next string
	lost        bool
}

// step presents tokens at one time.
func (p *performance) step(tokens ...string) error {
	time.Sleep(time.Until(time.Now().Add(time.Millisecond).Truncate(time.Millisecond)))
	now := time.Now()
	uses := make([]use, len(tokens))
	var ready, wg sync.WaitGroup
	ready.Add(len(tokens))
	p.gate.set(&ready)
	for i, token := range tokens {
		wg.Go(func() {
			next, status := p.s.refresh(presenting(token), token)
			uses[i] = use{token, next, status == http.StatusServiceUnavailable}
		})
	}
	wg.Wait()
	p.gate.set(nil)
	var fresh []string
	for _, u := range uses {
		if u.next != "" && !slices.Contains(p.known, u.next) && !slices.Contains(fresh, u.next) {
			fresh = append(fresh, u.next)
		}
	}
	if len(fresh) > 1 {
		return fmt.Errorf("%d new tokens at one time", len(fresh))
	}
	before := p.fits
	p.fits = map[reference]bool{}
	for r := range before {
		p.order(r, uses, now)
	}
	p.known = append(p.known, fresh...)
	if len(p.fits) == 0 {
		return fmt.Errorf("no order of these requests is one history: %s", p.describe(uses))
	}
	if n := p.s.thefts(p.sid); n > 1 {
		return fmt.Errorf("one theft has %d events", n)
	}
	return nil
}

// order tries every order of uses after r. A use that was lost may have no place: its session
// was used or ended meanwhile.
func (p *performance) order(r reference, uses []use, now time.Time) {
	if len(uses) == 0 {
		p.fits[r] = true
		return
	}
	for i, u := range uses {
		after, rest := r, slices.Delete(slices.Clone(uses), i, i+1)
		if u.lost || after.present(p.policy, u.token, now, u.next) {
			p.order(after, rest, now)
		}
	}
}

// describe names the tokens by their place in the history.
func (p *performance) describe(uses []use) (text string) {
	for _, u := range uses {
		text += fmt.Sprintf(" %d → %d", slices.Index(p.known, u.token), slices.Index(p.known, u.next))
		if u.lost {
			text += " (503)"
		}
	}
	return text
}

var schedulePolicies = []policy{
	{name: "default", grace: 30 * time.Second},
	{name: "LostReply 24 h", grace: 30 * time.Second, lostReply: day},
}

func sound(s sessionstore.Store) sessionstore.Store { return s }

// performRandom performs n random schedules, and returns how many fit no reference.
func performRandom(
	t *testing.T, n int, pauses []time.Duration, p policy, wrap func(sessionstore.Store) sessionstore.Store,
) (bad int, first error) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range n {
		plan := make(schedule, 2*(1+rnd.IntN(60)))
		for i := range plan {
			plan[i] = byte(rnd.Uint32())
		}
		synctest.Test(t, func(t *testing.T) {
			if err := perform(t, plan, pauses, p, wrap); err != nil {
				if bad++; first == nil {
					first = err
				}
			}
		})
	}
	return bad, first
}

// Whatever tabs and thieves do, the tokens of a session are one history with at most one
// token that is good.
func TestSchedules(t *testing.T) {
	for _, p := range schedulePolicies {
		n := 10 * families()
		bad, err := performRandom(t, n, pauses, p, sound)
		t.Logf("%-16s %d of %d schedules do not fit", p.name, bad, n)
		if bad > 0 {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

// The same on Redis.
func TestSchedulesOnRedis(t *testing.T) {
	for _, b := range backends {
		w := startWorker(t, b)
		for _, p := range schedulePolicies {
			n := families()
			bad, err := performRandom(t, n, onRedis, p, w.shuffledBubble)
			t.Logf("%-10s %-16s %d of %d schedules do not fit", b.name, p.name, bad, n)
			if bad > 0 {
				t.Errorf("%s, %s: %v", b.name, p.name, err)
			}
		}
	}
}

// shuffledBubble puts the store of the worker in the place of a memory store.
func (w *worker) shuffledBubble(s sessionstore.Store) sessionstore.Store {
	mixed := s.(shuffled)
	mixed.Store = w.bubble(nil)
	return mixed
}

// The same schedules detect each variant.
func TestSchedulesDetectsMistakes(t *testing.T) {
	lost := schedulePolicies[1]
	for _, tt := range []struct {
		name string
		wrap func(sessionstore.Store) sessionstore.Store
	}{
		{"predecessor only", func(s sessionstore.Store) sessionstore.Store { return predecessorOnly{s} }},
		{"gives a successor again", func(s sessionstore.Store) sessionstore.Store { return givesAgain{s} }},
		{"no grace", func(s sessionstore.Store) sessionstore.Store { return graceless{s} }},
		{"compares nothing", func(s sessionstore.Store) sessionstore.Store { return uncompared{s} }},
	} {
		bad, err := performRandom(t, 100, pauses, lost, tt.wrap)
		t.Logf("broken: %-24s %3d of 100 schedules do not fit: %v", tt.name, bad, err)
		if bad == 0 {
			t.Errorf("%s passes", tt.name)
		}
	}
}

// FuzzSchedules looks for a schedule that is not one history.
func FuzzSchedules(f *testing.F) {
	f.Add([]byte{0, 0, 5, 6, 0, 1, 4, 40}, false)
	f.Add([]byte{0, 0, 5, 6, 0, 1, 0, 1, 5, 4, 4, 255}, true)
	f.Fuzz(func(t *testing.T, plan []byte, lost bool) {
		p := schedulePolicies[0]
		if lost {
			p = schedulePolicies[1]
		}
		synctest.Test(t, func(t *testing.T) {
			if err := perform(t, plan[:min(len(plan), 200)], pauses, p, sound); err != nil {
				t.Error(err)
			}
		})
	})
}
