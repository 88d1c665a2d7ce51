package redisscript

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// A Script is the source of a Lua script and its digest. It may be used by many
// goroutines at once.
type Script struct {
	source string
	digest any // a string, boxed once
}

// New returns the script with this source. It sends nothing.
func New(source string) *Script {
	return &Script{source: source, digest: redis.NewScript(source).Hash()}
}

// Source returns the text that New was given.
func (s *Script) Source() string { return s.source }

// A Conn sends one command and waits for its reply: a [redis.Client] or a
// [redis.ClusterClient], and no pipeline.
type Conn interface {
	Process(ctx context.Context, cmd redis.Cmder) error
}

// Do calls s for one key, and returns its reply of so many integers.
func (s *Script) Do(ctx context.Context, conn Conn, integers int, key string, args ...any) (Reply, error) {
	c := NewCall(integers)
	c.Begin(s, 1)
	c.Append(key)
	c.Append(args...)
	reply, err := c.Do(ctx, conn)
	if err == nil {
		err = reply.Check(integers)
	}
	if err != nil {
		return nil, err
	}
	return reply, nil
}
