package watch

import (
	"hash/maphash"
	"unsafe"
)

// SeriesBytes is the size of the series of one subject.
const SeriesBytes = unsafe.Sizeof(series{})

// Places returns the number of subjects of a scope that have series of their own,
// and the number of shared series.
func (w *Watcher) Places(scope Scope) (own, shared int) {
	for i := range w.tables[scope].shards {
		sh := &w.tables[scope].shards[i]
		sh.mu.Lock()
		own += len(sh.slots)
		if len(sh.index) != len(sh.slots) {
			panic("index and slots differ")
		}
		shared += len(sh.shared)
		sh.mu.Unlock()
	}
	return own, shared
}

// Owns reports whether the subject has series of its own.
func (w *Watcher) Owns(scope Scope, name string) bool {
	hash := maphash.String(w.seed, name)
	if scope == Principal {
		hash = maphash.Comparable(w.seed, [2]string{"", name})
	}
	t := &w.tables[scope]
	_, ok := t.shards[hash&uint64(len(t.shards)-1)].index[hash]
	return ok
}
