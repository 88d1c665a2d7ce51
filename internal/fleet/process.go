package fleet

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
	"github.com/go-sallyport/sallyport/internal/lease"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A policy is the configuration of one Limiter with a Store, the same in all processes.
type policy struct {
	limit       ratelimit.Limit
	script      rule
	memory      rule
	budget      time.Duration
	leaseAmong  int           // 0: no leases
	leaseWidths []int64       // of sub-buckets, in microseconds
	leaseSlots  int           // keys that may have a lease
	denyFor     time.Duration // how long a process may remember a refusal
}

func newPolicy(l ratelimit.Limit, processes int, budget time.Duration, leases bool) policy {
	p := policy{
		limit: l, script: scriptRule(l), memory: memoryRule(l, processes, budget), budget: budget, leaseSlots: 16,
	}
	micros := (int64(l.Window) + 999) / 1000
	p.denyFor = min(time.Duration((micros+olderBuckets-1)/olderBuckets)*time.Microsecond, time.Second)
	if leases && p.script.width > 0 {
		p.leaseAmong, p.leaseWidths = processes, []int64{p.script.width}
	}
	return p
}

// A member is the state of one Limiter in one process. Every time is a span since the start
// of the simulation.
//
// Leases and breaker are the code of the library. The remembered refusals and the memory are
// restated, because the library keeps them in tables with a random seed.
type member struct {
	*policy
	leases  *lease.Leases
	breaker *breaker.Breaker
	denied  map[key]time.Duration // until when a key is refused
	memory  map[key]*share
	queues  map[int]*queue
}

type key = [16]byte

// A share is the part of a quota that the memory of one process has.
type share struct {
	*window
	debt int64 // until this time the window may hold units that the store does not know of
}

func newMember(p *policy, random func(int64) int64) *member {
	m := &member{policy: p, denied: map[key]time.Duration{}, memory: map[key]*share{}, queues: map[int]*queue{}}
	m.breaker = breaker.New(breaker.Config{
		Threshold: 5, FirstPause: 100 * time.Millisecond, LastPause: 2 * time.Second,
		ProbeTimeout: 2*p.budget + 2*time.Second, Random: random,
	})
	seed := uint64(random(1 << 62))
	m.leases = lease.New(lease.Config{
		Quota: p.script.quota, Widths: p.leaseWidths, Processes: p.leaseAmong, Slots: p.leaseSlots,
		Hash: func(key [16]byte) uint64 { // FNV-1a
			h := fnv.New64a()
			_, _ = h.Write(binary.LittleEndian.AppendUint64(key[:], seed))
			return h.Sum64()
		},
	})
	return m
}

// epoch is the start of the simulation, as a time.
var epoch = time.Unix(1_800_000_000, 0)

// A decision is the answer to one request.
type decision struct {
	admitted bool
	degraded bool          // the store has not decided
	cached   bool          // the store was not asked
	left     int64         // units that are left
	at       time.Duration // when the unit counts
}

// An attempt is a request on its way.
type attempt struct {
	key     key
	at      time.Duration
	state   breaker.State
	local   *share
	counted bool // the memory has counted the unit
	inDebt  bool
	left    int64 // in memory
	lease   lease.Request
	decided func(decision, time.Duration)
}

// count is a reply of the script about one request.
type count struct {
	ratelimit.Count
	leased int
}

// begin decides a at once, or returns false: then the store has to be asked.
func (m *member) begin(a *attempt) (decision, bool) {
	a.state = m.breaker.Allow(a.at)
	s := m.memory[a.key]
	if s == nil {
		s = &share{window: newWindow(m.policy.memory)}
		m.memory[a.key] = s
	}
	a.local = s
	granted, _ := s.take(int64(a.at), 1)
	a.counted, a.left = granted == 1, int64(s.left())
	a.inDebt = int64(a.at) < s.debt
	if a.state == breaker.Open {
		if a.counted {
			m.owe(a)
		}
		return m.alone(a), true
	}
	if a.inDebt && !a.counted {
		m.breaker.Abandon(a.state, a.at)
		return m.alone(a), true
	}
	got, ok, request := m.leases.Spend(&a.key, epoch.Add(a.at), 1)
	a.lease = request
	if ok {
		got.Cached = true
		return m.answered(a, a.at, got), true
	}
	if m.denied[a.key] > a.at {
		return m.answered(a, a.at, ratelimit.Count{Cached: true}), true
	}
	return decision{}, false
}

// owe records the unit of a as debt: the store does not know of it.
func (m *member) owe(a *attempt) { a.local.debt = max(a.local.debt, int64(a.at)+m.retention()) }

// retention is the longest time for which a unit in memory can count.
func (m *member) retention() int64 {
	if m.policy.memory.width > 0 {
		return buckets * m.policy.memory.width
	}
	return m.policy.memory.life
}

// alone is the decision of the memory.
func (m *member) alone(a *attempt) decision {
	return decision{admitted: a.counted, degraded: true, left: a.left, at: a.at}
}

// reply completes a with the answer of the store.
func (m *member) reply(a *attempt, now time.Duration, c count) decision {
	m.leases.RecordReply(&a.key, a.lease, epoch.Add(a.at), c.Count, c.leased)
	if c.Granted == 0 {
		m.denied[a.key] = a.at + min(c.Wait, m.denyFor)
	}
	return m.answered(a, now, c.Count)
}

// answered makes the memory count the units that the store has granted.
func (m *member) answered(a *attempt, now time.Duration, c ratelimit.Count) decision {
	d := decision{admitted: c.Granted > 0, cached: c.Cached, left: c.Left, at: a.at}
	if c.Cached {
		m.breaker.Abandon(a.state, now)
	} else {
		m.breaker.Success(a.state)
		d.at = time.Duration(c.Stamp.At) * time.Microsecond
	}
	if a.inDebt && d.admitted {
		d.left = min(d.left, a.left)
	}
	switch {
	case a.counted && !d.admitted:
		a.local.undo(int64(a.at), 1)
	case !a.counted && d.admitted:
		a.local.advance(int64(a.at))
		a.local.add(max(int64(a.at), a.local.latest), 1)
	}
	return d
}

// fail completes a without an answer of the store.
func (m *member) fail(a *attempt, now time.Duration) decision {
	m.leases.RecordReply(&a.key, a.lease, epoch.Add(a.at), ratelimit.Count{}, 0)
	m.breaker.Failure(a.state, now, nil)
	if a.counted {
		m.owe(a)
	}
	return m.alone(a)
}
