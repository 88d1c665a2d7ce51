package tokenstore

// Len returns the number of values in memory.
func (m *Memory) Len() int { return len(m.values) }
