package fleet

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A Setup is the part that all scenarios share.
type Setup struct {
	Seed      uint64
	Length    time.Duration
	Processes int
	Shards    int
	Budget    time.Duration // of a decision
	Hot       Load          // one key
	Keys      Load          // many keys, Zipf-distributed
}

// A Load is the requests for one limit.
type Load struct {
	Limit ratelimit.Limit
	Keys  int
	Rate  float64 // requests a second, of all processes
	Costs Costs
	Quiet [2]time.Duration // between these times the rate is a thousandth
}

// A Scenario is one row of the table.
type Scenario struct {
	Name    string
	Leases  bool
	KillAt  time.Duration // when the master of the hot key dies; 0: never
	Gap     time.Duration // until its replica decides
	Lag     time.Duration // writes that the replica has not seen
	Restart bool          // every process restarts, one after the other

	lateLeases bool // a mistake: a lease outlives the window
	wholeQuota bool // a mistake: each process has the whole quota by itself
}

// A Result holds the figures of a scenario.
type Result struct {
	Scenario string
	Hot      Admitted
	Keys     Admitted

	Calls       float64 // of the script, in a second
	BusyCalls   int     // of the busiest shard in its busiest second
	Utilisation float64 // of that shard in its busiest second

	Median, P99, Max time.Duration // of a decision
	Memory           float64       // share of the decisions that asked no shard
	Degraded         int           // decisions without the store
	Decisions        int
	Events           int
}

// Admitted compares the admitted requests with the limit.
type Admitted struct {
	Worst     float64 // admitted/limit in the worst window of the worst key
	Bound     float64 // the promise for the worst window
	Forgotten int     // units of one key that a failover has forgotten
	Local     int     // units of one key that processes have admitted by themselves
	Over      int     // keys above the limit, plus their forgotten and local units
}

// Run runs one scenario. The same arguments give the same Result.
func Run(setup Setup, sc Scenario) Result {
	s := &sim{
		random: rand.New(rand.NewPCG(setup.Seed, 1)), processes: setup.Processes, members: map[*load][]*member{}, lag: sc.Lag,
	}
	for range setup.Shards {
		s.shards = append(s.shards, &shard{windows: map[name]*window{}})
	}
	hot, keys := s.load(0, setup, setup.Hot, sc), s.load(1, setup, setup.Keys, sc)
	for _, l := range s.loads {
		s.arrive(l)
	}
	if sc.KillAt > 0 {
		k := hot.keyOf(0)
		s.at(sc.KillAt, func() { s.kill(s.shards[tagOf(&k)*setup.Shards/tags], sc.Gap) })
	}
	if sc.Restart {
		for i := range setup.Processes {
			s.at(setup.Length/10+setup.Length*8/10*time.Duration(i)/time.Duration(setup.Processes), func() {
				for _, l := range s.loads {
					s.members[l][i] = newMember(&l.policy, s.random.Int64N)
				}
			})
		}
	}
	for s.step(setup.Length) {
	}
	r := Result{Scenario: sc.Name, Hot: hot.result(setup), Keys: keys.result(setup), Events: s.last}
	r.measure(s, setup)
	return r
}

// load adds a load to s.
func (s *sim) load(id int, setup Setup, of Load, sc Scenario) *load {
	l := &load{
		policy: newPolicy(of.Limit, setup.Processes, setup.Budget, sc.Leases), id: id, rate: of.Rate, quiet: of.Quiet, costs: of.Costs,
		admitted: make([][]time.Duration, of.Keys), forgotten: make([]int, of.Keys), local: make([]int, of.Keys),
	}
	if sc.lateLeases && l.leaseAmong > 0 {
		l.leaseWidths = []int64{100 * l.script.width}
	}
	if sc.wholeQuota {
		l.memory = memoryRule(of.Limit, 1, setup.Budget)
	}
	l.pick = func() int { return 0 }
	if of.Keys > 1 {
		zipf := rand.NewZipf(s.random, zipfSkew, 1, uint64(of.Keys-1))
		l.pick = func() int { return int(zipf.Uint64()) }
	}
	s.loads = append(s.loads, l)
	for range setup.Processes {
		s.members[l] = append(s.members[l], newMember(&l.policy, s.random.Int64N))
	}
	return l
}

const zipfSkew = 1.1

// keyOf returns a key of l. Its last bytes are its index.
func (l *load) keyOf(i int) (k key) {
	binary.BigEndian.PutUint64(k[:], (uint64(l.id)<<32+uint64(i))*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint32(k[12:], uint32(i))
	return k
}

func indexOf(k *key) int { return int(binary.BigEndian.Uint32(k[12:])) }

// result compares the admitted requests of l with its limit.
func (l *load) result(setup Setup) Admitted {
	quota, window := l.limit.Quota, l.limit.Window
	alone := setup.Processes * ((quota + setup.Processes - 1) / setup.Processes)
	var a Admitted
	for i, times := range l.admitted {
		slices.Sort(times)
		worst, from := 0, 0
		for j, at := range times {
			for at-times[from] >= window {
				from++
			}
			worst = max(worst, j-from+1)
		}
		if worst > quota+l.forgotten[i]+min(l.local[i], alone) {
			a.Over++
		}
		a.Worst = max(a.Worst, float64(worst)/float64(quota))
		a.Forgotten, a.Local = max(a.Forgotten, l.forgotten[i]), max(a.Local, l.local[i])
	}
	bound := quota + a.Forgotten
	if a.Local > 0 {
		bound += alone
	}
	a.Bound = float64(bound) / float64(quota)
	return a
}

// measure fills in the figures that belong to no load.
func (r *Result) measure(s *sim, setup Setup) {
	calls := 0
	for _, sh := range s.shards {
		for i, n := range sh.calls {
			calls += n
			if sh.busy[i].Seconds() > r.Utilisation {
				r.Utilisation, r.BusyCalls = sh.busy[i].Seconds(), n
			}
		}
	}
	r.Calls = float64(calls) / setup.Length.Seconds()
	var slow []time.Duration
	memory := 0
	for _, l := range s.loads {
		slow = append(slow, l.slow...)
		memory += l.cached
		r.Degraded += l.degraded
	}
	slices.Sort(slow)
	r.Decisions = len(slow) + memory
	r.Memory = float64(memory) / float64(r.Decisions)
	// The decisions in memory are the fastest.
	at := func(q float64) time.Duration {
		i := int(q*float64(r.Decisions-1)) - memory
		if i < 0 {
			return s.loads[0].costs.Memory
		}
		return slow[i]
	}
	r.Median, r.P99, r.Max = at(0.5), at(0.99), at(1)
}
