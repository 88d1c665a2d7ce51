package sessionstore

import (
	"context"
	"maps"
	"time"
)

// RevokeToken implements Store.
func (m *Memory) RevokeToken(_ context.Context, tag string, token [16]byte, keep time.Duration) error {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	k := tokenKey{tag, token}
	m.tokens[k] = latest(m.tokens[k], now.Add(keep))
	return nil
}

// RevokeSubject implements Store.
func (m *Memory) RevokeSubject(_ context.Context, tag string, keep, subjectKeep time.Duration) (ended []string, _ error) {
	now := m.lock()
	defer m.mu.Unlock()
	m.sweep(now)
	for _, e := range m.sessions[tag] {
		if !e.over(now) {
			ended = append(ended, e.SID)
			m.end(e, now, keep)
		}
	}
	nb := m.notBefore[tag]
	m.notBefore[tag] = moment{latest(nb.at, now), latest(nb.until, now.Add(subjectKeep))}
	return ended, nil
}

// Check implements Store.
func (m *Memory) Check(_ context.Context, q Query) (v Verdict, _ error) {
	now := m.lock()
	defer m.mu.Unlock()
	for _, token := range q.Tokens {
		v.Token = v.Token || token != [16]byte{} && now.Before(m.tokens[tokenKey{q.Tag, token}])
	}
	if q.SID != "" {
		v.Session = now.Before(m.ended[q.SID])
		if e := m.find(q.SID, now); e != nil {
			v.Started = e.Started
		}
	}
	if nb := m.notBefore[q.Tag]; now.Before(nb.until) {
		v.NotBefore = nb.at
	}
	return v, nil
}

// sweep deletes everything whose time is over, once in as many writes as the last sweep left
// things, so that a write costs a constant time on average.
func (m *Memory) sweep(now time.Time) {
	m.writes++
	if m.writes < 256+m.swept {
		return
	}
	m.writes = 0
	nested := 0
	for tag, all := range m.sessions {
		maps.DeleteFunc(all, func(_ string, e *entry) bool { return e.over(now) })
		if nested += len(all); len(all) == 0 {
			delete(m.sessions, tag)
		}
	}
	maps.DeleteFunc(m.tokens, func(_ tokenKey, until time.Time) bool { return !now.Before(until) })
	maps.DeleteFunc(m.ended, func(_ string, until time.Time) bool { return !now.Before(until) })
	maps.DeleteFunc(m.notBefore, func(_ string, nb moment) bool { return !now.Before(nb.until) })
	maps.DeleteFunc(m.links, func(_ string, u *upstream) bool {
		maps.DeleteFunc(u.sids, func(_ string, s moment) bool { return !now.Before(s.until) })
		nested += len(u.sids)
		return len(u.sids) == 0 && !now.Before(u.ended.until)
	})
	m.swept = nested + len(m.tokens) + len(m.ended) + len(m.notBefore) + len(m.links)
}
