package redisconn

import (
	"testing"
	"time"
)

func await(t *testing.T, event string, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); <-time.After(5 * time.Millisecond) {
		if time.Since(begin) > 5*time.Second {
			t.Fatalf("timed out waiting for %s", event)
		}
	}
}
