package bench

import (
	"context"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// take decides about one request of key. worker is the number of the calling goroutine,
// 0 to maxWorkers-1, for peers that need a resource for each worker.
type take func(worker int, key string) (admitted bool, err error)

const maxWorkers = 64

// A peer is one limiter, of this library or of another.
type peer struct {
	name  string
	clock clock
	open  func(tb testing.TB, limit int, window time.Duration) take
}

// clock says on which clock the adversaries can attack a peer.
type clock int

const (
	bubble   clock = iota // made and called on the fake clock
	outside               // called on the fake clock, but made outside: it starts a goroutine that cannot be stopped
	realTime              // reads the clock without package time, or in another process
)

const ours = "sallyport"

func oursInMemory(tb testing.TB, maxKeys, limit int, window time.Duration) take {
	l, err := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{{Quota: limit, Window: window}}, Key: ratelimit.ByClientIP, MaxKeys: maxKeys,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func(_ int, key string) (bool, error) {
		return l.Take(background, ratelimit.StringKey(key), 1).Allowed, nil
	}
}

var background = context.Background()
