package bench

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

func decide(l *ratelimit.Limiter, key string) ratelimit.Decision {
	return l.Take(background, ratelimit.StringKey(key), 1)
}

var errDegraded = errors.New("decided without Redis")

// oursOnRedis returns our limiter on the Redis at addr, with the defaults of limiter
// and Redis except for the budget of a decision. A decision without Redis counts as a
// failure, because it is not the measured decision, except where Redis hangs.
func oursOnRedis(addr string, budget time.Duration) []peer {
	return []peer{oursWith(redisstore.Config{}, addr, budget)}
}

func oursWith(cfg redisstore.Config, addr string, budget time.Duration) peer {
	return peer{ours, realTime, func(tb testing.TB, limit int, window time.Duration) take {
		store, err := redisstore.New(dial(tb, addr), cfg)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = store.Close() })
		l, err := ratelimit.New(ratelimit.Config{
			Name:   strings.TrimSuffix(prefix(), ":"),
			Limits: []ratelimit.Limit{{Quota: limit, Window: window}}, Key: ratelimit.ByClientIP,
			Store: store, Budget: budget,
		})
		if err != nil {
			tb.Fatal(err)
		}
		return func(_ int, key string) (bool, error) {
			d := decide(l, key)
			if d.Degraded {
				return d.Allowed, errDegraded
			}
			return d.Allowed, nil
		}
	}}
}
