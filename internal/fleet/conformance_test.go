package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// A spyStore notes the time for which the script has decided.
type spyStore struct {
	*redisstore.Store
	counter *spyCounter
}

type spyCounter struct {
	ratelimit.Counter
	key   key
	asked bool
	stamp int64
}

func (s *spyStore) Open(name string, limits []ratelimit.Limit) (ratelimit.Counter, error) {
	c, err := s.Store.Open(name, limits)
	s.counter = &spyCounter{Counter: c}
	return s.counter, err
}

func (c *spyCounter) TakeUntil(ctx context.Context, end time.Time, k [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	taker := c.Counter.(interface {
		TakeUntil(context.Context, time.Time, [16]byte, int, bool) (ratelimit.Count, error)
	})
	got, err := taker.TakeUntil(ctx, end, k, n, atMost)
	c.key, c.asked, c.stamp = k, err == nil && !got.Cached, got.Stamp.At
	return got, err
}

// A server is a real Redis that a bubble of virtual time can end and start again. Its clock
// moves when the bubble moves it.
type server struct {
	*redistest.Server
	clock   *redistest.Clock
	restart chan bool // false: end it
	done    chan bool
}

func startServer(t *testing.T) *server {
	s := &server{restart: make(chan bool), done: make(chan bool)}
	s.Server, s.clock = redistest.StartWithClock(t)
	s.clock.Stop()
	go func() {
		for again := range s.restart {
			if s.Stop(); again {
				s.Restart(t)
			}
			s.done <- true
		}
	}()
	t.Cleanup(func() {
		close(s.restart)
		// Package redisstore keeps waiters in a pool. Those of a bubble must not be used outside:
		// two collections empty a pool.
		runtime.GC()
		runtime.GC()
	})
	return s
}

func (s *server) change(again bool) {
	s.restart <- again
	<-s.done
}

const (
	replicaProcesses = 4
	realBudget       = time.Second
	conformanceSeeds = 4
	conformanceSteps = 1500 // decisions with one seed
)

// firstDifference makes the same decisions with real Limiters, one for each process, on a real
// Redis, and with the model. It returns the first difference, and the number of decisions
// of each kind.
func firstDifference(t *testing.T, s *server, limit ratelimit.Limit, seed uint64, change func(*policy)) (difference string, kinds map[string]int) {
	kinds = map[string]int{}
	s.change(true) // an earlier comparison leaves counts, or no server
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 2))
		p := newPolicy(limit, replicaProcesses, realBudget, true)
		change(&p)
		var limiters []*ratelimit.Limiter
		var spies []*spyStore
		var members []*member
		start := time.Now()
		for range replicaProcesses {
			client := redis.NewClient(&redis.Options{Addr: s.Addr})
			store, err := redisstore.New(client, redisstore.Config{Prefix: fmt.Sprint("fleet", seed), LeaseAmong: replicaProcesses, Timeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _, _ = store.Close(), client.Close() }()
			spies = append(spies, &spyStore{Store: store})
			limiters = append(limiters, mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{
				Name: "api", Limits: []ratelimit.Limit{limit}, Key: ratelimit.ByClientIP, Store: spies[len(spies)-1],
				Replicas: replicaProcesses, Budget: realBudget, MaxKeys: 8,
			})))
			members = append(members, newMember(&p, random.Int64N))
		}
		counts := newWindow(p.script)
		pass := func(d time.Duration) {
			time.Sleep(d)
			s.clock.Shift(d)
		}
		up := true
		for i := range conformanceSteps {
			switch n := random.IntN(600); {
			case i == 600: // the server ends, and with it all counts
				s.change(false)
				up, counts = false, newWindow(p.script)
			case i == 900:
				s.change(true)
				up = true
				pass(3 * time.Second) // longer than every pause of a breaker
			case !up && i%60 == 59:
				pass(3 * time.Second) // the next request of each process is a probe
			case !up: // no pause ends
				pass(time.Duration(random.Int64N(500)) * time.Microsecond)
			case n == 0:
				pass(limit.Window + time.Duration(random.Int64N(int64(limit.Window))).Truncate(time.Microsecond))
			case n < 12: // a part of the units leaves the window
				pass(time.Duration(random.Int64N(int64(limit.Window / 2))).Truncate(time.Microsecond))
			case n < 18:
				pass(time.Duration(random.Int64N(int64(limit.Window / 64))).Truncate(time.Microsecond))
			default:
				pass(time.Duration(random.Int64N(int64(limit.Window / 40_000))).Truncate(time.Microsecond))
			}
			process := random.IntN(replicaProcesses)
			if random.IntN(2) == 0 {
				process = 0 // which becomes hot
			}
			spy := spies[process].counter
			spy.asked = false
			real := limiters[process].Take(t.Context(), ratelimit.StringKey("key"), 1)
			got, kind := replay(members[process], &attempt{key: spy.key, at: time.Since(start)}, spy, counts, up)
			kinds[kind]++
			want := decision{admitted: real.Allowed, degraded: real.Degraded, left: int64(real.Remaining)}
			same := got.admitted == want.admitted && got.degraded == want.degraded && (got.left == want.left || !real.Allowed)
			if !same || kind == "another" {
				difference = fmt.Sprintf("decision %d, %s: model %+v, real %+v (%v)", i, kind, got, want, real.Err)
				return
			}
		}
	})
	return difference, kinds
}

// replay makes the decision with the model. The kind "another" says that only the model has
// asked the store, or only the real process.
func replay(m *member, a *attempt, spy *spyCounter, counts *window, up bool) (d decision, kind string) {
	d, known := m.begin(a)
	switch {
	case known && spy.asked:
		return d, "another"
	case known && d.degraded:
		return d, "alone"
	case known && d.admitted:
		return d, "lease"
	case known:
		return d, "remembered"
	case !up:
		return m.fail(a, a.at), "failed"
	case !spy.asked:
		return d, "another"
	}
	e := &entry{key: a.key, sharers: []*attempt{a}, wanted: a.lease.Wanted}
	replies, granted := e.decide(counts, spy.stamp)
	if granted == 0 {
		kind = "refused"
	} else if kind = "granted"; granted > 1 {
		kind = "leased"
	}
	return m.reply(a, a.at, replies[0]), kind
}

var conformanceLimits = []ratelimit.Limit{
	{Quota: 400, Window: time.Minute}, {Quota: 300, Window: 10 * time.Second}, {Quota: 100, Window: 10 * time.Second},
}

// The model and the real library on a real Redis make the same decisions: with leases, with
// remembered refusals, during an outage that forgets all counts, and after it.
func TestModelIsTheLibrary(t *testing.T) {
	s := startServer(t)
	all := map[string]int{}
	for i, limit := range conformanceLimits {
		for seed := range uint64(conformanceSeeds) {
			difference, kinds := firstDifference(t, s, limit, 10*uint64(i)+seed, func(*policy) {})
			if difference != "" {
				t.Fatalf("%v, seed %d: %s", limit, seed, difference)
			}
			for kind, n := range kinds {
				all[kind] += n
				all["decisions"] += n
			}
		}
	}
	t.Logf("%v", all)
	for _, kind := range strings.Fields("granted refused leased lease remembered failed alone") {
		if all[kind] < 20 {
			t.Errorf("only %d decisions of the kind %q", all[kind], kind)
		}
	}
	mwtest.Publish(t, "fleet.compared", all["decisions"])
}

// The comparison detects a model that is wrong in a small way.
func TestModelDetectsMistakes(t *testing.T) {
	s := startServer(t)
	for name, change := range map[string]func(*policy){
		"leases end early":            func(p *policy) { p.leaseWidths = []int64{p.script.width / 2} },
		"leases end late":             func(p *policy) { p.leaseWidths = []int64{p.script.width * 2} },
		"no leases":                   func(p *policy) { p.leaseAmong = 0 },
		"one more unit":               func(p *policy) { p.script.quota++ },
		"units leave early":           func(p *policy) { p.script.width -= p.script.width / 20 },
		"refusals are not remembered": func(p *policy) { p.denyFor = 0 },
		"the memory has all":          func(p *policy) { p.memory.quota *= replicaProcesses },
	} {
		t.Run(name, func(t *testing.T) {
			found := false
			for seed := uint64(100); seed < 130 && !found; seed++ { // a mistake may need a rare time
				difference, _ := firstDifference(t, s, conformanceLimits[0], seed, change)
				found = difference != ""
			}
			if !found {
				t.Error("not detected")
			}
		})
	}
}
