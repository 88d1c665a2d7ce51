package faults

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// patience is the Timeout of the stores. The proofs bring deadlines of their own, and
// with a long deadline the store must wait for a busy machine.
const patience = time.Second

func storeSubjects() []subject {
	return []subject{
		{name: "redisstore", open: openStore},
		{name: "redisstore/cluster", cluster: true, open: openStore},
	}
}

// exactStores are the subjects that remember no refusals.
func exactStores() []subject {
	return []subject{
		{name: "redisstore, exact", open: openExact},
		{name: "redisstore/cluster, exact", cluster: true, open: openExact},
	}
}

type stored struct{ counter ratelimit.Counter }

func openStore(user redis.UniversalClient, l limit) (taker, func() error, error) {
	return openStored(user, l, redisstore.Config{Timeout: patience})
}

func openExact(user redis.UniversalClient, l limit) (taker, func() error, error) {
	return openStored(user, l, redisstore.Config{Timeout: patience, Refusals: -1})
}

func openStored(user redis.UniversalClient, l limit, cfg redisstore.Config) (taker, func() error, error) {
	store, err := redisstore.New(user, cfg)
	if err != nil {
		return nil, nil, err
	}
	counter, err := store.Open("faults", []ratelimit.Limit{{Quota: l.quota, Window: l.window}})
	if err != nil {
		_ = store.Close() // only the first error matters
		return nil, nil, err
	}
	return stored{counter}, store.Close, nil
}

func (s stored) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	count, err := s.counter.Take(ctx, key, n, false)
	return count.Granted, err
}

func (s stored) TakeUpTo(ctx context.Context, key [16]byte, n int) (int, ratelimit.Stamp, error) {
	count, err := s.counter.Take(ctx, key, n, true)
	return count.Granted, count.Stamp, err
}

func (s stored) TakeAll(ctx context.Context, key [16]byte, n int) (int, ratelimit.Stamp, error) {
	count, err := s.counter.Take(ctx, key, n, false)
	return count.Granted, count.Stamp, err
}

func (s stored) Refund(ctx context.Context, key [16]byte, n int, stamp ratelimit.Stamp) error {
	return s.counter.Refund(ctx, key, n, stamp)
}
