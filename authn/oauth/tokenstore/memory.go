package tokenstore

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// Memory is a Store in the memory of one process. It is safe for concurrent use; the zero Memory
// is empty and ready. All values end with the process. Values that have ended are deleted while
// others are written.
type Memory struct {
	mu     sync.Mutex
	values map[string]value
	writes int // since the last sweep
	swept  int // how many values the last sweep left
}

type value struct {
	bytes []byte
	until time.Time
}

var _ Store = (*Memory)(nil)

// Load implements Store.
func (m *Memory) Load(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.live(name, time.Now())), nil
}

// Swap implements Store.
func (m *Memory) Swap(_ context.Context, name string, old, next []byte, keep time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now() // with the monotonic clock, so a change of the wall clock moves no end
	if has := m.live(name, now); !bytes.Equal(has, old) && !bytes.Equal(has, next) {
		return false, nil
	}
	m.sweep(now)
	if len(next) == 0 {
		delete(m.values, name)
	} else {
		m.values[name] = value{bytes.Clone(next), now.Add(keep)}
	}
	return true, nil
}

// live returns the value of name, which is empty if it was never stored or has ended.
func (m *Memory) live(name string, now time.Time) []byte {
	if v := m.values[name]; now.Before(v.until) {
		return v.bytes
	}
	return nil
}

// sweep deletes the values that have ended, once for as many writes as the last sweep has left
// values.
func (m *Memory) sweep(now time.Time) {
	if m.values == nil {
		m.values = map[string]value{}
	}
	if m.writes++; m.writes < m.swept+64 {
		return
	}
	for name, v := range m.values {
		if !now.Before(v.until) {
			delete(m.values, name)
		}
	}
	m.writes, m.swept = 0, len(m.values)
}
