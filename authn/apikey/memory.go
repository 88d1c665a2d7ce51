package apikey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// MemoryStore is a ManagedStore in the memory of one process. It is safe for
// concurrent use. The zero MemoryStore is empty and ready. Its methods ignore their
// context.
type MemoryStore struct {
	mu      sync.RWMutex
	records map[string]Record
}

var _ ManagedStore = (*MemoryStore)(nil)

// Memory returns a store with the given records. It returns all their faults at
// once, joined, each a *httperr.ConfigError. Two records with the same ID are a
// fault; an expired record is not.
func Memory(records ...Record) (*MemoryStore, error) {
	m := new(MemoryStore)
	if err := m.Put(context.Background(), records...); err != nil {
		return nil, err
	}
	return m, nil
}

// checkAll returns the faults of records, and of two records with the same ID.
func checkAll(records []Record) error {
	f := httperr.ConfigFaults{Package: "apikey"}
	addFaults(&f, "records", records)
	return f.Err()
}

// addFaults adds the faults of records, which the text of a fault calls name.
func addFaults(f *httperr.ConfigFaults, name string, records []Record) {
	seen := make(map[string]int, len(records))
	for i, r := range records {
		path := fmt.Sprintf("%s[%d]", name, i)
		r.check(f, path+".")
		if first, twice := seen[r.ID]; twice && validID(r.ID) { // an invalid ID may be a key
			f.Add(path+".ID", r.ID, fmt.Sprintf("is also the ID of %s[%d]", name, first), "keep one of them")
		}
		seen[r.ID] = i
	}
}

// Put implements ManagedStore.
func (m *MemoryStore) Put(_ context.Context, records ...Record) error {
	if err := checkAll(records); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(records)
	return nil
}

// Replace implements ManagedStore.
func (m *MemoryStore) Replace(_ context.Context, old Record, records ...Record) error {
	if err := checkAll(records); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !canReplace(m.records, old, records) {
		return ErrChanged
	}
	m.put(records)
	return nil
}

// canReplace reports whether stored has old, or has all of records already: then the same
// Replace was made before, and its caller got no reply.
func canReplace(stored map[string]Record, old Record, records []Record) bool {
	has := func(r Record) bool {
		have, found := stored[r.ID]
		return found && equalRecords(have, r)
	}
	return has(old) || len(records) > 0 && !slices.ContainsFunc(records, func(r Record) bool { return !has(r) })
}

// put stores records. The caller holds the lock.
func (m *MemoryStore) put(records []Record) {
	if m.records == nil {
		m.records = make(map[string]Record, len(records))
	}
	for _, r := range records {
		m.records[r.ID] = r.clone()
	}
}

// Delete implements ManagedStore.
func (m *MemoryStore) Delete(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, found := m.records[id]
	delete(m.records, id)
	return found, nil
}

// Find implements Store. It never returns an error. Do not change the slices of the
// record.
func (m *MemoryStore) Find(_ context.Context, id string) (Record, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, found := m.records[id]
	return r, found, nil
}

// Records implements ManagedStore. Do not change the slices of the records.
func (m *MemoryStore) Records(context.Context) ([]Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return sortedRecords(m.records), nil
}

// sortedRecords returns the values of records, the oldest first.
func sortedRecords(records map[string]Record) []Record {
	return slices.SortedFunc(maps.Values(records), func(a, b Record) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}
