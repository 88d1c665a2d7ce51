package jwa

import "time"

// RetryError is the error of a source that will be able to decide after a time. The
// response to the request has that time in Retry-After (RFC 9110, section 10.2.3).
type RetryError struct {
	After time.Duration
	Err   error
}

func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RetryError) Unwrap() error { return e.Err }
