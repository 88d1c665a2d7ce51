package redisconn

import (
	"context"
	"testing"
	"time"
)

// Credentials that came too late serve the next connection, and none much later:
// they may have been replaced since.
func TestOldCredentialsAreAskedForAgain(t *testing.T) {
	for want, age := range map[string]time.Duration{"late": 0, "new": keeps + time.Second} {
		done := make(chan struct{})
		close(done)
		a := asker{
			ask:  func(context.Context) (string, string, error) { return "", "new", nil },
			late: &asked{done: done, at: time.Now().Add(-age), password: "late"},
		}
		if _, got, err := a.get(t.Context()); err != nil || got != want {
			t.Errorf("after %v: %q %v, want %q", age, got, err, want)
		}
	}
}
