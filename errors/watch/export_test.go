package watch

import (
	"hash/maphash"
	"unsafe"
)

// SeriesBytes is the size of the series of one subject.
const SeriesBytes = unsafe.Sizeof(series{})

// Places returns how many subjects of a scope have series of their own, and
// how many shared series there are.
func (w *Watcher) Places(scope Scope) (own, shared int) {
	for i := range w.tables[scope].shards {
		sh := &w.tables[scope].shards[i]
		sh.mu.Lock()
		own += len(sh.places)
		if len(sh.index) != len(sh.places) {
			panic("index and places differ")
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
