package sessionstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a Store in the memory of one process. All sessions end with the process, and so do
// the revocations: an access token that was revoked before a restart is good after it, until
// it expires. It is safe for concurrent use; the zero Memory is empty and ready. Each session
// takes about 1 KiB; sessions, links and revocations whose time is over are deleted while
// others are written.
type Memory struct {
	mu        sync.Mutex
	base      time.Time                    // the monotonic clock starts here
	sessions  map[string]map[string]*entry // by tag and session ID
	tokens    map[tokenKey]time.Time       // when a revocation ends
	ended     map[string]time.Time         // by session ID
	notBefore map[string]moment            // by tag
	links     map[string]*upstream
	writes    int // since the last sweep
	swept     int // how many things the last sweep left
}

type entry struct {
	Record
	sealedUntil time.Time
}

type tokenKey struct {
	tag   string
	token [16]byte
}

// A moment is remembered until a later one.
type moment struct{ at, until time.Time }

type upstream struct {
	ended moment
	sids  map[string]moment // the beginning of each session
}

var _ Store = (*Memory)(nil)

// lock locks m and returns the time, which never runs back.
func (m *Memory) lock() time.Time {
	m.mu.Lock()
	if m.base.IsZero() {
		m.base = time.Now()
		m.sessions = map[string]map[string]*entry{}
		m.tokens = map[tokenKey]time.Time{}
		m.ended = map[string]time.Time{}
		m.notBefore = map[string]moment{}
		m.links = map[string]*upstream{}
	}
	return m.base.Add(time.Since(m.base)).Round(0).Truncate(time.Millisecond)
}

// Create implements Store.
func (m *Memory) Create(_ context.Context, c Creation) (Created, error) {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	tag := c.SID[:TagLen]
	if e := m.sessions[tag][c.SID]; e != nil {
		return Created{Started: e.Started, Expires: e.Expires}, nil
	}
	live := m.live(tag, now)
	var ended []string
	if excess := len(live) - c.Max + 1; c.Max > 0 && excess > 0 {
		if c.Refuse {
			return Created{Full: true}, nil
		}
		slices.SortFunc(live, func(a, b *entry) int {
			return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.SID, b.SID))
		})
		for _, e := range live[:excess] {
			ended = append(ended, e.SID)
			m.end(e, now, c.Keep)
		}
	}
	started := now
	if nb := m.notBefore[tag]; now.Before(nb.until) && !started.After(nb.at) {
		started = nb.at.Add(time.Millisecond)
	}
	e := &entry{Record: Record{
		SID: c.SID, Data: bytes.Clone(c.Data), State: bytes.Clone(c.State),
		Started: started, LastUsed: started, Ends: started.Add(c.Absolute),
	}}
	e.use(started, c.Idle, c.Access)
	if m.sessions[tag] == nil {
		m.sessions[tag] = map[string]*entry{}
	}
	m.sessions[tag][c.SID] = e
	return Created{Started: e.Started, Expires: e.Expires, Ended: ended}, nil
}

// use records a use of the session at now.
func (e *entry) use(now time.Time, idle, access time.Duration) {
	e.LastUsed, e.Expires = now, now.Add(idle)
	if e.Expires.After(e.Ends) {
		e.Expires = e.Ends
	}
	if until := now.Add(access); access > 0 && until.After(e.AccessUntil) {
		e.AccessUntil = until
	}
}

// live returns the sessions of a subject that have not expired.
func (m *Memory) live(tag string, now time.Time) (all []*entry) {
	for _, e := range m.sessions[tag] {
		if now.Before(e.Expires) {
			all = append(all, e)
		}
	}
	return all
}

// find returns a session that is not over, or nil.
func (m *Memory) find(sid string, now time.Time) *entry {
	e := m.sessions[sid[:TagLen]][sid]
	if e == nil || e.over(now) {
		return nil
	}
	return e
}

// over reports whether neither the session nor one of its access tokens is good.
func (e *entry) over(now time.Time) bool {
	return !now.Before(e.Expires) && !now.Before(e.AccessUntil)
}

// record returns a copy of the session for a caller.
func (e *entry) record(now time.Time) Record {
	if !now.Before(e.sealedUntil) {
		e.Sealed = nil
	}
	r := e.Record
	r.Data, r.State, r.Sealed, r.Now = bytes.Clone(r.Data), bytes.Clone(r.State), bytes.Clone(r.Sealed), now
	return r
}

// Read implements Store.
func (m *Memory) Read(_ context.Context, sid string) (Record, bool, error) {
	now := m.lock()
	defer m.mu.Unlock()
	e := m.find(sid, now)
	if e == nil {
		return Record{}, false, nil
	}
	return e.record(now), true, nil
}

// Commit implements Store.
func (m *Memory) Commit(_ context.Context, c Commit) (Record, Outcome, error) {
	now := m.lock()
	defer m.mu.Unlock()
	e := m.find(c.SID, now)
	if e == nil || !now.Before(e.Expires) {
		return Record{}, Ended, nil
	}
	if c.New == nil && c.Access == 0 && now.Sub(e.LastUsed) < c.Every {
		return e.record(now), Applied, nil
	}
	e.use(now, c.Idle, c.Access)
	outcome := Applied
	switch {
	case c.New == nil:
	case !bytes.Equal(e.State, c.Old):
		outcome = Conflict
	default:
		e.State = bytes.Clone(c.New)
		if c.Rotates {
			e.Rotated, e.Sealed, e.sealedUntil = now, bytes.Clone(c.Sealed), now.Add(c.SealedFor)
		}
	}
	return e.record(now), outcome, nil
}

// End implements Store.
func (m *Memory) End(_ context.Context, sids []string, keep time.Duration) (ended []string, _ error) {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	for _, sid := range sids {
		if e := m.find(sid, now); e != nil {
			ended = append(ended, sid)
			m.end(e, now, keep)
		}
	}
	return ended, nil
}

// end deletes a session and revokes its access tokens.
func (m *Memory) end(e *entry, now time.Time, keep time.Duration) {
	tag := e.SID[:TagLen]
	m.ended[e.SID] = latest(now.Add(keep), e.AccessUntil)
	if delete(m.sessions[tag], e.SID); len(m.sessions[tag]) == 0 {
		delete(m.sessions, tag)
	}
}

// List implements Store.
func (m *Memory) List(_ context.Context, tag string) (all []Record, now time.Time, _ error) {
	now = m.lock()
	defer m.mu.Unlock()
	for _, e := range m.sessions[tag] {
		if !e.over(now) {
			r := e.record(now)
			r.Sealed = nil
			all = append(all, r)
		}
	}
	return all, now, nil
}

// Link implements Store.
func (m *Memory) Link(_ context.Context, l Link) (time.Time, error) {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	u := m.upstream(l.Upstream)
	u.sids[l.SID] = moment{l.Started, now.Add(l.Keep)}
	if !now.Before(u.ended.until) {
		return time.Time{}, nil
	}
	return u.ended.at, nil
}

// Linked implements Store.
func (m *Memory) Linked(_ context.Context, upstream string, until time.Time, keep time.Duration) (sids []string, _ error) {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	u := m.upstream(upstream)
	u.ended.until = latest(u.ended.until, now.Add(keep))
	u.ended.at = latest(u.ended.at, until)
	for sid, started := range u.sids {
		if now.Before(started.until) && !started.at.After(until) {
			sids = append(sids, sid)
		}
	}
	return sids, nil
}

func (m *Memory) upstream(key string) *upstream {
	u := m.links[key]
	if u == nil {
		u = &upstream{sids: map[string]moment{}}
		m.links[key] = u
	}
	return u
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
