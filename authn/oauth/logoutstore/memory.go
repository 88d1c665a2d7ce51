package logoutstore

import (
	"context"
	"sync"
	"time"
)

// Memory is a Store in the memory of one process. It is safe for concurrent use; the zero Memory
// is empty and ready. An entry takes about 150 bytes. Entries that have ended are deleted while
// others are written.
type Memory struct {
	mu      sync.Mutex
	entries map[string]entry
	writes  int // since the last sweep
	swept   int // how many entries the last sweep left
}

type entry struct{ at, until time.Time }

var _ Store = (*Memory)(nil)

// Note implements Store.
func (m *Memory) Note(_ context.Context, name string, at time.Time, keep time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now() // with the monotonic clock, so a change of the wall clock moves no end
	m.sweep(now)
	e := m.live(name, now)
	if at = at.Truncate(time.Millisecond); at.After(e.at) {
		e.at = at
	}
	if until := now.Add(keep); until.After(e.until) {
		e.until = until
	}
	m.entries[name] = e
	return nil
}

// Noted implements Store.
func (m *Memory) Noted(_ context.Context, name string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live(name, time.Now()).at, nil
}

// live returns the entry of name, which is zero if there is none or if it has ended.
func (m *Memory) live(name string, now time.Time) entry {
	if e := m.entries[name]; now.Before(e.until) {
		return e
	}
	return entry{}
}

// sweep deletes the entries that have ended, once for as many writes as the last sweep has left
// entries, so a write costs two steps of a sweep on average.
func (m *Memory) sweep(now time.Time) {
	if m.entries == nil {
		m.entries = map[string]entry{}
	}
	if m.writes++; m.writes < m.swept+64 {
		return
	}
	for name, e := range m.entries {
		if !now.Before(e.until) {
			delete(m.entries, name)
		}
	}
	m.writes, m.swept = 0, len(m.entries)
}
