package fleet

import (
	"math/rand/v2"
	"time"
)

// Costs are the times of one operation. All but Network are measured on one machine.
type Costs struct {
	Script  time.Duration // the script, within a call for one key
	Server  time.Duration // processor time of Redis for such a call, the script included
	Entry   time.Duration // processor time of Redis for each further key of a call
	Client  time.Duration // processor time of the process for such a call
	Trip    time.Duration // a whole call over the loopback interface
	Memory  time.Duration // a decision without a call
	Network time.Duration // round trip to a shard: an assumption
}

// A load is the requests for one limit.
type load struct {
	policy
	id    int
	rate  float64 // requests a second
	quiet [2]time.Duration
	costs Costs
	pick  func() int

	admitted  [][]time.Duration // for each key
	forgotten []int             // units of each key that a failover has forgotten
	local     []int             // units of each key that processes admitted by themselves
	slow      []time.Duration   // times of the decisions that asked the store
	cached    int               // decisions that did not ask the store
	degraded  int
}

// A shard is a master of the cluster: one server with one queue.
type shard struct {
	windows map[name]*window
	free    time.Duration // when it has served all calls that have arrived
	lives   int           // failovers
	down    bool
	calls   []int           // in each second
	busy    []time.Duration // in each second
	journal []debit         // as far back as a replica may lag
}

// A name tells the windows of a shard apart.
type name struct {
	load *load
	key  key
}

// A debit is in the journal of a shard until every replica has seen it.
type debit struct {
	name
	at, stamp int64 // in microseconds
	units     int
}

// A sim is one run.
type sim struct {
	random    *rand.Rand
	now       time.Duration
	events    []event
	last      int
	processes int
	members   map[*load][]*member
	loads     []*load
	shards    []*shard
	lag       time.Duration // of the replicas
}

// An event is a step at a time.
type event struct {
	at    time.Duration
	order int
	do    func()
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.order < o.order }

// at schedules a step. The events are a heap.
func (s *sim) at(t time.Duration, do func()) {
	s.last++
	e, i := event{t, s.last, do}, len(s.events)
	s.events = append(s.events, e)
	for ; i > 0 && e.before(s.events[(i-1)/2]); i = (i - 1) / 2 {
		s.events[i] = s.events[(i-1)/2]
	}
	s.events[i] = e
}

// step runs the next event, and returns false at the end.
func (s *sim) step(end time.Duration) bool {
	if len(s.events) == 0 || s.events[0].at > end {
		return false
	}
	first, n := s.events[0], len(s.events)-1
	e := s.events[n]
	s.events[n].do, s.events = nil, s.events[:n]
	for i := 0; n > 0; {
		c := 2*i + 1
		if c+1 < n && s.events[c+1].before(s.events[c]) {
			c++
		}
		if c >= n || !s.events[c].before(e) {
			s.events[i] = e
			break
		}
		s.events[i] = s.events[c]
		i = c
	}
	s.now = first.at
	first.do()
	return true
}

// arrive makes one request of l, and schedules the next one.
func (s *sim) arrive(l *load) {
	rate := l.rate
	if s.now >= l.quiet[0] && s.now < l.quiet[1] {
		rate /= 1000
	}
	s.at(s.now+time.Duration(s.random.ExpFloat64()/rate*1e9)+1, func() { s.arrive(l) })
	m := s.members[l][s.random.IntN(s.processes)]
	i := l.pick()
	a := &attempt{key: l.keyOf(i), at: s.now}
	if d, ok := m.begin(a); ok {
		s.note(l, i, d, l.costs.Memory)
		return
	}
	a.decided = func(d decision, took time.Duration) { s.note(l, i, d, took) }
	tag := tagOf(&a.key)
	q := m.queues[tag]
	if q == nil {
		q = &queue{}
		m.queues[tag] = q
	}
	q.waiting = append(q.waiting, a)
	if q.busy < q.limit() {
		q.busy++
		s.send(l, m, q, tag)
	}
}

// note records a decision.
func (s *sim) note(l *load, i int, d decision, took time.Duration) {
	if d.cached || d.degraded && took == l.costs.Memory {
		l.cached++
	} else {
		l.slow = append(l.slow, took)
	}
	if d.degraded {
		l.degraded++
	}
	if d.admitted {
		l.admitted[i] = append(l.admitted[i], d.at)
		if d.degraded {
			l.local[i]++
		}
	}
}

// send sends the next call of q to its shard.
func (s *sim) send(l *load, m *member, q *queue, tag int) {
	b := q.next(s.now, l)
	sh := s.shards[tag*len(s.shards)/tags]
	half := l.costs.Network / 2
	// A call that fails ends at the deadline of its leader, which has the latest one.
	lost := func() {
		for i, a := range b.members {
			s.at(max(a.at+m.budget, s.now), func() {
				a.decided(m.fail(a, s.now), s.now-a.at)
				if i == len(b.members)-1 {
					s.handOver(l, m, q, tag)
				}
			})
		}
	}
	s.at(s.now+l.costs.Client+half, func() {
		if sh.down {
			lost()
			return
		}
		lives := sh.lives
		s.at(sh.serve(s.now, l.costs.Server+time.Duration(len(b.entries)-1)*l.costs.Entry), func() {
			if sh.lives != lives {
				lost()
				return
			}
			counts := s.decide(sh, b)
			s.at(s.now+half, func() {
				q.record(s.now, s.now-b.sent)
				s.handOver(l, m, q, tag)
				for i, a := range b.members {
					if s.now > a.at+m.budget {
						a.decided(m.fail(a, s.now), m.budget) // it has not waited longer
					} else {
						a.decided(m.reply(a, s.now, counts[i]), s.now-a.at)
					}
				}
			})
		})
	})
}

// handOver begins the next call in place of one that has ended.
func (s *sim) handOver(l *load, m *member, q *queue, tag int) {
	if len(q.waiting) == 0 {
		q.busy--
		return
	}
	s.send(l, m, q, tag)
}

// serve returns when a call that arrives now has been served.
func (sh *shard) serve(now, service time.Duration) time.Duration {
	begin := max(now, sh.free)
	sh.free = begin + service
	for second := int(begin / time.Second); second >= len(sh.calls); {
		sh.calls, sh.busy = append(sh.calls, 0), append(sh.busy, 0)
	}
	sh.calls[begin/time.Second]++
	sh.busy[begin/time.Second] += service
	return sh.free
}

// decide runs the script, and returns its reply to each request of b.
func (s *sim) decide(sh *shard, b *batch) []count {
	all := map[*attempt]count{}
	now := s.now.Microseconds()
	for _, e := range b.entries {
		id := name{b.load, e.key}
		w := sh.windows[id]
		if w == nil {
			w = newWindow(b.load.script)
			sh.windows[id] = w
		}
		counts, granted := e.decide(w, now)
		for i, a := range e.sharers {
			all[a] = counts[i]
		}
		if granted > 0 && s.lag > 0 {
			sh.journal = append(sh.journal, debit{id, now, counts[0].Stamp.At, granted})
		}
	}
	var replies []count
	for _, a := range b.members {
		replies = append(replies, all[a])
	}
	if i := len(sh.journal) / 2; i > 1000 && sh.journal[i].at < (s.now-s.lag).Microseconds() {
		sh.journal = append(sh.journal[:0], sh.journal[i:]...)
	}
	return replies
}

// kill ends a master. A replica that has not seen the debits of the last lag takes its place
// after a gap.
func (s *sim) kill(sh *shard, gap time.Duration) {
	sh.down = true
	sh.lives++
	for _, d := range sh.journal {
		if d.at >= (s.now - s.lag).Microseconds() {
			sh.windows[d.name].undo(d.stamp, d.units)
			d.load.forgotten[indexOf(&d.key)] += d.units
		}
	}
	sh.journal = nil
	s.at(s.now+gap, func() { sh.down, sh.free = false, s.now })
}
