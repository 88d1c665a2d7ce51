//go:build !redisstore

package bench

import (
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

func decide(l *ratelimit.Limiter, key string) ratelimit.Decision {
	return l.Take(ratelimit.StringKey(key))
}

// oursOnRedis is nobody without the build tag.
func oursOnRedis(string, time.Duration) []peer { return nil }
