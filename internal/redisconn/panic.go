package redisconn

import (
	"errors"
	"fmt"
)

// ErrPanicked is the error of a hook or provider that panicked.
var ErrPanicked = errors.New("panic in an option of the client")

// Recovered runs f and turns its panic into an error. In a goroutine that this package
// started, the panic would end the process.
func Recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrPanicked, p)
		}
	}()
	return f()
}
