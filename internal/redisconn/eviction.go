package redisconn

import (
	"context"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// EvictionPolicy returns the maxmemory-policy of a server that may evict keys, and "" if no
// server may: maxmemory is 0, or the policy is noeviction. A server that does not tell, as
// some services that speak the protocol of Redis, may not. The error is the first error of a
// server that could not be asked.
func (c *Client) EvictionPolicy(ctx context.Context) (policy string, err error) {
	var mu sync.Mutex // several servers of a cluster are asked at a time
	err = Recovered(func() error {
		return c.prewarmer.nodes(ctx, func(ctx context.Context, node *redis.Client) error {
			info, err := node.Info(ctx, "memory").Result()
			if p := evicts(info); p != "" {
				mu.Lock()
				defer mu.Unlock()
				policy = p
			}
			return unhide(err)
		})
	})
	return policy, err
}

// evicts returns the policy in a reply to INFO memory if it may evict keys.
func evicts(info string) (policy string) {
	limited := false
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, "maxmemory:"); ok {
			limited = strings.TrimSpace(v) != "0"
		}
		if v, ok := strings.CutPrefix(line, "maxmemory_policy:"); ok {
			policy = strings.TrimSpace(v)
		}
	}
	if !limited || policy == "noeviction" {
		return ""
	}
	return policy
}
