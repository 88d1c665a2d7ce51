package apikey

import (
	"context"
	"errors"
)

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

// ManagedStore is a Store whose records an operator can change. MemoryStore, FileStore
// and redisstore.APIKeys implement it. After an error of Put, Replace or Delete the
// change may have been made or not, unless the error is a fault of the records or
// ErrChanged.
type ManagedStore interface {
	Store

	// Put stores all records at once, or no record. A record replaces the stored
	// record with the same ID. Faults of the records are returned at once, joined, each
	// a *httperr.ConfigError.
	Put(ctx context.Context, records ...Record) error

	// Replace is Put if the store still has exactly the record old, and otherwise fails
	// with ErrChanged. With Put, a rotation could bring back a key that another
	// operator has revoked since the record was read. If the store has all of records
	// already, Replace succeeds: after an error that leaves the outcome open, call it
	// again with the same records.
	Replace(ctx context.Context, old Record, records ...Record) error

	// Delete removes a record, and so revokes its key. It reports whether the record
	// existed.
	Delete(ctx context.Context, id string) (bool, error)

	// Records returns all records, the oldest first.
	Records(ctx context.Context) ([]Record, error)
}

// ErrChanged is the error of Replace if the store no longer has the old record. Read the
// record again, and decide again.
var ErrChanged = errors.New("apikey: the record has been changed or deleted since it was read")
