package redisstore

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
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

// A hook that is left behind ends, also where the call has no end of its own.
func TestOnConnectHasADeadline(t *testing.T) {
	var left time.Duration
	hook := onConnect(func(ctx context.Context, _ *redis.Conn) error {
		end, _ := ctx.Deadline()
		left = time.Until(end)
		return nil
	})
	if err := hook(context.WithoutCancel(t.Context()), nil); err != nil || left <= 0 || left > ioTimeout {
		t.Errorf("%v left, %v", left, err)
	}
}
