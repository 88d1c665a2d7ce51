package redisconn

import (
	"context"
	"testing"
	"time"
)

// The next connection uses credentials that came too late for their own. Much later
// they are fetched again, because they may have been replaced since.
func TestOldCredentialsAreFetchedAgain(t *testing.T) {
	for want, age := range map[string]time.Duration{"late": 0, "new": lateTTL + time.Second} {
		done := make(chan struct{})
		close(done)
		a := credentialSource{
			provider:  func(context.Context) (string, string, error) { return "", "new", nil },
			unclaimed: &credentialFetch{done: done, endedAt: time.Now().Add(-age), password: "late"},
		}
		if _, got, err := a.get(t.Context()); err != nil || got != want {
			t.Errorf("after %v: %q %v, want %q", age, got, err, want)
		}
	}
}
