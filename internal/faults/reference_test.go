package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// strict counts up to a limit in one atomic step. It is too simple a window to
// offer to anybody, and simple enough to be right, which is what the proofs are
// calibrated with.
const strict = `
local used, n = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])
if used + n > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], n)
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return n`

// once is a command that is never sent a second time. ClusterClient needs that:
// it sends a command again after a lost reply whatever MaxRetries says, because
// that counts as one of the redirections, and those a cluster cannot do without.
type once struct{ *redis.Cmd }

func (once) NoRetry() bool { return true }

// reference runs the script once, within the deadline, on a client of its own.
type reference struct {
	client redis.UniversalClient
	limit  limit
}

func openReference(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return reference{own, l}, own.Close, nil
}

func ownClient(user redis.UniversalClient) (redis.UniversalClient, error) {
	const patience = 250 * time.Millisecond // for what goes on behind a deadline
	switch user := user.(type) {
	case *redis.Client:
		return redis.NewClient(&redis.Options{
			Addr: user.Options().Addr, Dialer: user.Options().Dialer, MaxRetries: -1, ContextTimeoutEnabled: true,
			DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, DialerRetries: 1,
		}), nil
	case *redis.ClusterClient:
		o := user.Options()
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: o.Addrs, ClusterSlots: o.ClusterSlots, ContextTimeoutEnabled: true,
			DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, DialerRetries: 1,
		}), nil
	}
	return nil, fmt.Errorf("a client of type %T", user)
}

func (r reference) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return r.run(ctx, "EVAL", strict, 1, string(key[:]), n, r.limit.quota, r.limit.window.Milliseconds())
}

func (r reference) run(ctx context.Context, args ...any) (int, error) {
	cmd := once{redis.NewCmd(ctx, args...)}
	_ = r.client.Process(ctx, cmd) // the same error as that of the command
	n, err := cmd.Int()
	if cluster, is := r.client.(*redis.ClusterClient); is && err != nil {
		// The client looks for the new master of a slot when a node redirects it,
		// or when it tries again. A dead node does not redirect, so that a command
		// that is never tried again would be sent there for a minute.
		cluster.ReloadState(ctx)
	}
	return n, err
}
