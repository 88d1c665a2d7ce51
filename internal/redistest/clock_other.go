//go:build !linux

package redistest

import (
	"errors"
	"time"
)

// Clock is the wall clock of one server. Only Linux offers the means to move it.
type Clock struct{}

// Shift is never reached, because StartWithClock fails.
func (c *Clock) Shift(time.Duration) {}

// Stop is never reached either.
func (c *Clock) Stop() {}

func (c *Clock) env() []string { return nil }

func newClock(string) (*Clock, error) {
	return nil, errors.New("it needs the dynamic loader of Linux")
}
