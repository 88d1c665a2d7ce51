package apikey

import "context"

// Store finds records. It must be safe for concurrent use.
type Store interface {
	// Find returns the record with the given ID. It returns false if the store does
	// not have the record or has deleted it. An error means that the store did not
	// answer; the response to the request is then 503. id is 12 characters of
	// [0-9A-Za-z]. The store must compare it exactly and distinguish upper and lower
	// case. The slices of the record are shared: neither the store nor a caller may
	// change them.
	Find(ctx context.Context, id string) (Record, bool, error)
}
