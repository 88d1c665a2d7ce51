package faults

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// strict counts up to a limit in one atomic step. The window is too simple for users,
// but simple enough to be right, so the proofs are calibrated with it.
const strict = `
local used, n = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])
if used + n > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], n)
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return n`

// An unrepeatedCmd is a command that is never sent a second time. ClusterClient needs
// it: it sends a command again after a lost reply whatever MaxRetries says, because it
// counts that as one of the redirections, and a cluster needs redirections.
type unrepeatedCmd struct{ *redis.Cmd }

func (unrepeatedCmd) NoRetry() bool { return true }

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
	const patience = 250 * time.Millisecond // for work that continues after a deadline
	switch user := user.(type) {
	case *redis.Client:
		return redis.NewClient(&redis.Options{
			Addr: user.Options().Addr, Dialer: user.Options().Dialer, MaxRetries: -1, ContextTimeoutEnabled: true,
			DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, DialerRetries: 1,
		}), nil
	case *redis.ClusterClient:
		o := user.Options()
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: o.Addrs, TLSConfig: o.TLSConfig, ClusterSlots: o.ClusterSlots, ContextTimeoutEnabled: true,
			DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, DialerRetries: 1,
		}), nil
	}
	return nil, fmt.Errorf("a client of type %T", user)
}

func (r reference) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return r.run(ctx, "EVAL", strict, 1, string(key[:]), n, r.limit.quota, r.limit.window.Milliseconds())
}

func (r reference) run(ctx context.Context, args ...any) (int, error) {
	cmd := unrepeatedCmd{redis.NewCmd(ctx, args...)}
	_ = r.client.Process(ctx, cmd) // the command has the same error
	n, err := cmd.Int()
	if cluster, is := r.client.(*redis.ClusterClient); is && err != nil {
		// The client looks for the new master of a slot when a node redirects it, or
		// when it tries again. A dead node does not redirect, so a command that is
		// never tried again would go to the dead node for a minute.
		cluster.ReloadState(ctx)
	}
	return n, err
}
