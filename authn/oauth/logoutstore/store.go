package logoutstore

import (
	"context"
	"time"
)

// Store remembers times by name. It must be safe for concurrent use. A name is 1 to 64 bytes of
// [A-Za-z0-9_-]. Times have milliseconds, and are after 1970.
type Store interface {
	// Note stores at under name, unless a later time is stored there. The entry then lives for
	// keep at least, which is more than 0.
	Note(ctx context.Context, name string, at time.Time, keep time.Duration) error

	// Noted returns the time under name. It is zero without an entry.
	Noted(ctx context.Context, name string) (time.Time, error)
}
