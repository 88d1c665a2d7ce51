package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// ErrNotReplicated is the error of a change of a session, or of a revocation, that the master
// has applied, while fewer than Config.Replicas are known to have it. It counts as long as
// the master lives. The caller may make the same call again: that waits for the replicas
// again, and changes nothing else.
var ErrNotReplicated = errors.New("redisstore: applied by the master, and not known to be on enough replicas")

var errMoved = errors.New("the cluster has moved the key meanwhile")

// call calls a script, whose reply is a list of strings.
func (s *Store) call(ctx context.Context, script *redisscript.Script, keys []string, args ...any) (reply []string, err error) {
	if err := s.checkEviction(ctx); err != nil {
		return nil, err
	}
	err = s.do(ctx, func(ctx context.Context) (err error) {
		reply, err = script.Strings(ctx, s.client, keys, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.checkFormat(keys[0], reply)
}

// checkFormat checks the outcome of a script.
func (s *Store) checkFormat(key string, reply []string) ([]string, error) {
	switch {
	case len(reply) == 0:
		return nil, errReply
	case reply[0] == "format":
		return nil, fmt.Errorf("redisstore: %s has another format, perhaps of a newer version of this package", key)
	}
	return reply, nil
}

// write calls a script that changes something, and waits for the replicas. Every script of
// the package writes also when it finds its change made, so WAIT covers the earlier call.
func (s *Store) write(ctx context.Context, script *redisscript.Script, keys []string, args ...any) ([]string, error) {
	if s.replicas == 0 {
		return s.call(ctx, script, keys, args...)
	}
	if err := s.checkEviction(ctx); err != nil {
		return nil, err
	}
	var reply []string
	var have int64
	var waitErr error // no fault of the master, which has answered
	err := s.doWithin(ctx, s.timeout+s.replicaTimeout, func(ctx context.Context) error {
		err := s.client.Pin(ctx, keys[0], func(conn *redis.Conn) (err error) {
			if reply, err = script.Strings(ctx, conn, keys, args...); err == nil {
				have, waitErr = s.wait(ctx, conn)
			}
			return err
		})
		if redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK") {
			// The cluster client follows, and learns where the key is.
			if reply, err = script.Strings(ctx, s.client, keys, args...); err == nil {
				waitErr = errMoved
			}
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case waitErr != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotReplicated, waitErr)
	case have < int64(s.replicas):
		return nil, fmt.Errorf("%w: %d of %d", ErrNotReplicated, have, s.replicas)
	}
	return s.checkFormat(keys[0], reply)
}

// wait returns the number of replicas that have what conn has written.
func (s *Store) wait(ctx context.Context, conn *redis.Conn) (int64, error) {
	limit := s.replicaTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)-replyTime)
	}
	cmd := redis.NewIntCmd(ctx, "wait", s.replicas, max(limit.Milliseconds(), 1)) // 0 would be for ever
	err := conn.Process(ctx, cmd)
	return cmd.Val(), err
}

// replyTime is left to the reply of WAIT. Redis may answer a WAIT that fails 100 ms late.
const replyTime = 5 * time.Millisecond
