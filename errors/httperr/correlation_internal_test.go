package httperr

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Concurrent callers get different IDs within one millisecond. Each ID is a
// UUIDv7 of that time.
func TestNewIDIsUnique(t *testing.T) {
	const each, callers = 5000, 8
	now := time.UnixMilli(1_700_000_000_123)
	ids := make([][]string, callers)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			for range each {
				ids[i] = append(ids[i], newID(now))
			}
		})
	}
	wg.Wait()
	seen, values := map[string]bool{}, [16]map[byte]bool{}
	for _, some := range ids {
		for _, id := range some {
			u, err := uuid.Parse(id)
			if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || id[:13] != "018bcfe5-687b" {
				t.Fatalf("%s: %v", id, err)
			}
			if seen[id] {
				t.Fatalf("%s twice", id)
			}
			seen[id] = true
			for i, b := range u {
				if values[i] == nil {
					values[i] = map[byte]bool{}
				}
				values[i][b] = true
			}
		}
	}
	for i := 6; i < 16; i++ {
		most := 256
		switch i {
		case 6:
			most = 16 // 4 bits are the version
		case 8:
			most = 64 // 2 bits are the variant
		}
		if len(values[i]) != most {
			t.Errorf("byte %d has %d values of %d", i, len(values[i]), most)
		}
	}
}

func TestNewIDAllocatesItsText(t *testing.T) {
	now := time.Now()
	mwtest.MaxAllocs(t, "newID", 1, func() { newID(now) })
}
