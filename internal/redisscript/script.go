package redisscript

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// A Script is the source of a Lua script and its digest. Many goroutines may use it at
// once.
type Script struct {
	source   string
	digest   any // a string, boxed once
	integers int // in a reply about one key
}

// New returns the script with this source, whose reply about one key has the given
// number of integers. New sends nothing.
func New(source string, integers int) *Script {
	return &Script{source: source, digest: redis.NewScript(source).Hash(), integers: integers}
}

// Source returns the text that was passed to New.
func (s *Script) Source() string { return s.source }

// A Conn sends one command and waits for its reply: a [redis.Client] or a
// [redis.ClusterClient]. Do not pass a [redis.Pipeliner]: it compiles, but it only
// queues the command.
type Conn interface {
	Process(ctx context.Context, cmd redis.Cmder) error
}

// Do calls s for one key and returns its reply.
func (s *Script) Do(ctx context.Context, conn Conn, key string, args ...any) (Reply, error) {
	c := NewCall(s.integers)
	c.Begin(s, 1)
	c.Append(key)
	c.Append(args...)
	reply, err := c.Do(ctx, conn)
	if err == nil {
		err = reply.Check(s.integers)
	}
	if err != nil {
		return nil, err
	}
	return reply, nil
}
