package tokenstore

import (
	"context"
	"time"
)

// Store keeps values by name. It must be safe for concurrent use. A name is 1 to 64 bytes of
// [A-Za-z0-9_-]. A value has any bytes, at most 64 KiB; an empty or nil value means that the name has no value.
// The slices that a store takes and returns belong to the receiver.
type Store interface {
	// Load returns the value under name. It is empty if the name has no value.
	Load(ctx context.Context, name string) ([]byte, error)

	// Swap stores next under name for keep, if the value there is old, byte by byte. It reports
	// whether it did. An empty old stands for no value, and an empty next deletes the value. If
	// the value is next already, Swap reports true: a retry has found its change made.
	Swap(ctx context.Context, name string, old, next []byte, keep time.Duration) (bool, error)
}
