package redisstore

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/internal/lease"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// counter implements ratelimit.Counter for one set of limits.
type counter struct {
	store     *Store
	keyPrefix string // the beginning of its keys
	layout    layout
	take      *redisscript.Script
	refund    *redisscript.Script
	reset     *redisscript.Script
	queues    []*queue      // one, or on a cluster one for each tag
	denied    *deniedCache  // nil: none
	leases    *lease.Leases // nil: none
}

func (s *Store) counter(name string, limits []ratelimit.Limit) *counter {
	c := &counter{
		store: s, keyPrefix: keyPrefix(s.prefix, name, limits), layout: newLayout(limits),
		take: redisscript.New(takeSource, takeInts), refund: redisscript.New(refundSource, giveBackInts),
		reset: redisscript.New(resetSource, giveBackInts),
	}
	c.denied, c.leases = newDeniedCache(s.refusals), newLeases(c.layout, s.leaseAmong)
	if !s.client.Cluster() {
		c.queues = []*queue{newQueue(c, "")}
		return c
	}
	for _, tag := range s.tags {
		c.queues = append(c.queues, newQueue(c, tag))
	}
	return c
}

func (c *counter) queue(key *[16]byte) *queue {
	if len(c.queues) == 1 {
		return c.queues[0]
	}
	return c.queues[tagIndex(key)]
}

// Take implements ratelimit.Counter. It returns by the deadline of ctx, and at the
// latest after twice Config.Timeout. If ctx is cancelled while its caller makes a call
// for others, that caller still waits for the call.
func (c *counter) Take(ctx context.Context, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	return c.TakeUntil(ctx, time.Now().Add(c.store.timeout), key, n, atMost)
}

// TakeUntil is Take, and returns by deadline as well. A Limiter calls it, so that its
// decisions need no context of their own.
func (c *counter) TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	if err := ctx.Err(); err != nil {
		return ratelimit.Count{}, wrap(err)
	}
	if n < 0 || n > c.layout.minQuota {
		return ratelimit.Count{}, wrap(errUnits)
	}
	now := time.Now()
	count, ok, wanted := c.leases.Spend(&key, now, n)
	if ok {
		count.Cached = true
		return count, nil
	}
	oneWillDo := n == 1 || atMost && n > 0
	if oneWillDo {
		if count, ok := c.denied.find(&key, now); ok {
			return count, nil
		}
	}
	end := c.store.deadline(ctx, now)
	if deadline.Before(end) {
		end = deadline
	}
	count, granted, err := c.queue(&key).take(ctx, now, request{key: key, n: n, atMost: atMost, deadline: end, leaseWanted: wanted.Wanted})
	c.leases.RecordReply(&key, wanted, now, count, granted)
	if err == nil {
		c.store.eviction.use(now)
	}
	if err != nil || !oneWillDo || count.Granted > 0 {
		return count, err
	}
	if atMost {
		if rest, ok := c.leases.SpendRest(&key, time.Now(), n); ok {
			return rest, nil
		}
	}
	c.denied.record(&key, now, count, c.layout.denyFor[count.Limit])
	return count, nil
}

// Refund implements ratelimit.Counter.
func (c *counter) Refund(ctx context.Context, key [16]byte, n int, stamp ratelimit.Stamp) error {
	if n < 1 || n > c.layout.minQuota || stamp.At < 0 || stamp.Life < 0 {
		return wrap(errUnits)
	}
	limits := c.layout.args
	return c.giveBack(ctx, &key, c.refund, append([]any{limits[0], int64(n), stamp.At, stamp.Life}, limits[1:]...))
}

// Reset implements ratelimit.Counter.
func (c *counter) Reset(ctx context.Context, key [16]byte) error {
	c.leases.Drop(&key)
	defer c.leases.Drop(&key) // a call meanwhile may have debited units that Redis has forgotten
	return c.giveBack(ctx, &key, c.reset, nil)
}

// giveBack runs a script that gives units back. It does so outside the queue because
// refunds and resets are rare.
func (c *counter) giveBack(ctx context.Context, key *[16]byte, s *redisscript.Script, args []any) error {
	ctx, cancel := context.WithDeadline(ctx, c.store.deadline(ctx, time.Now()))
	defer cancel()
	reply, err := s.Do(ctx, c.store.client, c.keyName(key), args...)
	if err == nil {
		err = checkGivenBack(reply)
	}
	c.denied.forget(key)
	c.store.prewarmAfter(err, 1)
	return wrap(err)
}

func (c *counter) keyName(key *[16]byte) string {
	return string(appendKey(nil, c.keyPrefix, c.store.tags[tagIndex(key)], key))
}
