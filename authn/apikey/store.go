package apikey

import "context"

// Store finds records. It must be safe for concurrent use.
type Store interface {
	// Find returns the record with that ID, and false if there is none, or
	// none any more. An error means that the store could not be asked; the
	// request is then answered with 503. id is 12 characters of [0-9A-Za-z]
	// and is to be compared exactly, with upper and lower case apart. The
	// slices of the record are not changed by anybody.
	Find(ctx context.Context, id string) (Record, bool, error)
}
