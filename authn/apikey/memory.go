package apikey

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// MemoryStore is a Store in the memory of one process. It is safe for
// concurrent use. The zero MemoryStore is empty and ready.
type MemoryStore struct {
	mu      sync.RWMutex
	records map[string]Record
}

// Memory returns a store with the given records. It returns all their faults at
// once, joined, each a *httperr.ConfigError. Two records with the same ID are a
// fault; an expired record is not.
func Memory(records ...Record) (*MemoryStore, error) {
	m := new(MemoryStore)
	if err := m.Put(records...); err != nil {
		return nil, err
	}
	return m, nil
}

// Put adds the records all at once. A record replaces the stored record with the
// same ID. If one of the records has a fault, Put changes nothing and returns the
// errors that Memory returns.
func (m *MemoryStore) Put(records ...Record) error {
	f := httperr.ConfigFaults{Package: "apikey"}
	seen := make(map[string]int, len(records))
	for i, r := range records {
		path := fmt.Sprintf("records[%d]", i)
		r.check(&f, path+".")
		if first, twice := seen[r.ID]; twice && validID(r.ID) { // an invalid ID may be a key
			f.Add(path+".ID", r.ID, fmt.Sprintf("is also the ID of records[%d]", first), "keep one of them")
		}
		seen[r.ID] = i
	}
	if err := f.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = make(map[string]Record, len(records))
	}
	for _, r := range records {
		m.records[r.ID] = r.clone()
	}
	return nil
}

// Delete removes a record, and so revokes its key at once. It reports whether the
// record existed.
func (m *MemoryStore) Delete(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, found := m.records[id]
	delete(m.records, id)
	return found
}

// Find implements Store. It never returns an error. Do not change the slices of the
// record.
func (m *MemoryStore) Find(_ context.Context, id string) (Record, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, found := m.records[id]
	return r, found, nil
}
