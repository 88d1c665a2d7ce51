package redisconn

import (
	"testing"
	"time"
)

func await(t *testing.T, sign string, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); <-time.After(5 * time.Millisecond) {
		if time.Since(begin) > 5*time.Second {
			t.Fatalf("no sign of %s", sign)
		}
	}
}
