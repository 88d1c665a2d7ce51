package main

import (
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"

	authnredis "github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// stores keep what all processes of the service should share.
type stores struct {
	limits   ratelimit.Store // nil is the memory of this process
	sessions sessionstore.Store
}

// newStores returns stores in the Redis that REDIS_URL names, so that all processes count
// together and know the same sessions. Without REDIS_URL each process has its own memory.
func newStores(logger *slog.Logger) stores {
	s := stores{sessions: new(sessionstore.Memory)}
	url := os.Getenv("REDIS_URL")
	if url == "" {
		return s
	}
	options := must(redis.ParseURL(url))
	logger.Info("limits and sessions are in Redis", "address", options.Addr)
	client := redis.NewClient(options)
	s.limits = must(redisstore.New(client, redisstore.Config{Prefix: "notes"}))
	s.sessions = must(authnredis.New(client, authnredis.Config{Prefix: "notes:authn"})).Sessions()
	return s
}
