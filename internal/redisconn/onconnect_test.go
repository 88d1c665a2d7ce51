package redisconn

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A hook that is left behind ends, even if the context of its call has no deadline.
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
