package logoutstore

// Len returns the number of entries in memory.
func (m *Memory) Len() int { return len(m.entries) }
