package redisstore

import (
	"errors"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// ErrUnavailable refuses a request that Redis could not decide, if Config.OnFailure of
// the Limiter does not admit it either: 503 with Retry-After (RFC 9110, sections 15.6.4
// and 10.2.3).
var ErrUnavailable = ratelimit.ErrUnavailable

// An Error is the reason why a [ratelimit.Counter] has decided nothing. Nothing in it
// is fit for a client.
type Error struct {
	Kind Kind
	Err  error
}

// Error reads "redisstore: deadline: i/o timeout".
func (e *Error) Error() string { return "redisstore: " + e.Kind.String() + ": " + e.Err.Error() }

// Unwrap returns the error of the network or of Redis.
func (e *Error) Unwrap() error { return e.Err }

// OfKey reports whether Redis has answered and only the value of this key is useless
// (kind "corrupt"). That is no reason to stop asking Redis, see [ratelimit.Counter].
func (e *Error) OfKey() bool { return e.Kind == kindCorrupt }

// Classify returns ErrUnavailable with err as its cause if err comes from this
// package, and nil otherwise. It fits Config.Classify of package httperr.
func Classify(err error) *httperr.Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return ErrUnavailable.With(err)
	}
	return nil
}

var errCorrupt = errors.New("the key holds something else")

// wrap returns err as an [Error] with its Kind.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Kind: kindOf(err), Err: err}
}
