package redisscript

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Strings calls s for keys of one slot and returns its reply, a list of strings. It sends
// the script in full if the server says that it does not know the script.
func (s *Script) Strings(ctx context.Context, conn Conn, keys []string, args ...any) ([]string, error) {
	list := make([]any, firstKey, firstKey+len(keys)+len(args))
	list[0], list[1], list[2] = "evalsha", s.digest, len(keys)
	for _, key := range keys {
		list = append(list, key)
	}
	list = append(list, args...)
	cmd := newStrings(ctx, list)
	err := conn.Process(ctx, cmd)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		list[0], list[1] = "eval", s.source
		cmd = newStrings(ctx, list)
		err = conn.Process(ctx, cmd)
	}
	if err != nil {
		return nil, err
	}
	return cmd.Val(), nil
}

func newStrings(ctx context.Context, args []any) *redis.StringSliceCmd {
	cmd := redis.NewStringSliceCmd(ctx, args...)
	cmd.SetFirstKeyPos(firstKey)
	return cmd
}
