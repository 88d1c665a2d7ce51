package apikeytest_test

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/apikeytest"
)

// failing returns the names of the behaviours that the store does not have.
func failing(t *testing.T, open func() (store, other apikey.ManagedStore)) (names []string) {
	for _, b := range apikeytest.Behaviours() {
		synctest.Test(t, func(t *testing.T) {
			store, other := open()
			if err := b.Run(apikeytest.Rig{T: t, Store: store, Other: other}); err != nil {
				names = append(names, b.Name)
			}
		})
	}
	return names
}

func TestMemoryStoreBehaves(t *testing.T) {
	if names := failing(t, func() (_, _ apikey.ManagedStore) { m := new(apikey.MemoryStore); return m, m }); names != nil {
		t.Errorf("failed: %q", names)
	}
}

// A broken store is a MemoryStore with one fault.
type broken struct {
	apikey.MemoryStore
	find    func(*apikey.MemoryStore, string) (apikey.Record, bool, error)
	change  func(*apikey.Record)
	skip    bool // Put stores records one by one
	replace bool // Replace does not compare
	once    bool // Replace fails if old is no longer there, whatever the reason
	keep    bool // Delete does nothing
	reverse bool // Records is in the wrong order
}

func (b *broken) Find(ctx context.Context, id string) (apikey.Record, bool, error) {
	if b.find != nil {
		return b.find(&b.MemoryStore, id)
	}
	return b.MemoryStore.Find(ctx, id)
}

func (b *broken) Put(ctx context.Context, records ...apikey.Record) error {
	for i := range records {
		if b.change != nil {
			b.change(&records[i])
		}
		if b.skip {
			_ = b.MemoryStore.Put(ctx, records[i])
		}
	}
	return b.MemoryStore.Put(ctx, records...)
}

func (b *broken) Replace(ctx context.Context, old apikey.Record, records ...apikey.Record) error {
	if b.replace {
		return b.MemoryStore.Put(ctx, records...)
	}
	if have, _, _ := b.MemoryStore.Find(ctx, old.ID); b.once && !reflect.DeepEqual(have, old) {
		return apikey.ErrChanged
	}
	return b.MemoryStore.Replace(ctx, old, records...)
}

func (b *broken) Delete(ctx context.Context, id string) (bool, error) {
	if b.keep {
		return true, nil
	}
	return b.MemoryStore.Delete(ctx, id)
}

func (b *broken) Records(ctx context.Context) ([]apikey.Record, error) {
	all, err := b.MemoryStore.Records(ctx)
	if b.reverse && len(all) > 1 {
		all[0], all[1] = all[1], all[0]
	}
	return all, err
}

// cached remembers each record that it has found, as a cache without an end does.
func cached() func(*apikey.MemoryStore, string) (apikey.Record, bool, error) {
	var seen sync.Map
	return func(m *apikey.MemoryStore, id string) (apikey.Record, bool, error) {
		if r, ok := seen.Load(id); ok {
			return r.(apikey.Record), true, nil
		}
		r, found, err := m.Find(context.Background(), id)
		if found {
			seen.Store(id, r)
		}
		return r, found, err
	}
}

func TestBrokenStoresAreDetected(t *testing.T) {
	for name, tc := range map[string]struct {
		store func() *broken
		fails string // part of the name of a behaviour
	}{
		"a cache": {func() *broken { return &broken{find: cached()} }, "a revoked key"},
		"seconds": {func() *broken {
			return &broken{change: func(r *apikey.Record) { r.ExpiresAt = r.ExpiresAt.Truncate(time.Second) }}
		}, "as it was put"},
		"a second longer": {func() *broken {
			return &broken{change: func(r *apikey.Record) { r.ExpiresAt = r.ExpiresAt.Add(time.Second) }}
		}, "the instant of its end"},
		"one after the other":   {func() *broken { return &broken{skip: true} }, "all records or none"},
		"no comparison":         {func() *broken { return &broken{replace: true} }, "brings back"},
		"no comparison, change": {func() *broken { return &broken{replace: true} }, "another change"},
		"no comparison, races":  {func() *broken { return &broken{replace: true} }, "many rotations"},
		"a lost reply":          {func() *broken { return &broken{once: true} }, "can be repeated"},
		"no deletion":           {func() *broken { return &broken{keep: true} }, "a revoked key"},
		"no order":              {func() *broken { return &broken{reverse: true} }, "the oldest first"},
		"a lost field":          {func() *broken { return &broken{change: func(r *apikey.Record) { r.Roles = nil }} }, "as it was put"},
		"without case": {func() *broken {
			return &broken{find: func(m *apikey.MemoryStore, id string) (apikey.Record, bool, error) {
				all, _ := m.Records(context.Background())
				for _, r := range all {
					if strings.EqualFold(r.ID, id) {
						return r, true, nil
					}
				}
				return apikey.Record{}, false, nil
			}}
		}, "compared exactly"},
	} {
		names := failing(t, func() (_, _ apikey.ManagedStore) { s := tc.store(); return s, s })
		if !strings.Contains(strings.Join(names, "; "), tc.fails) {
			t.Errorf("%s: only these behaviours fail: %q", name, names)
		}
	}
}
