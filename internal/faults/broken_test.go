package faults

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// The broken subjects follow. Each has a mistake that is easy to make, and the harness
// has to detect it.

// retryingClient runs the right script on the client of the user, which sends it again
// when the reply is lost. So the units are taken twice and granted once.
type retryingClient struct {
	client redis.UniversalClient
	limit  limit
}

func openRetryingClient(user redis.UniversalClient, l limit) (taker, func() error, error) {
	return retryingClient{user, l}, func() error { return nil }, nil
}

func (r retryingClient) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return r.client.Eval(ctx, strict, []string{string(key[:])}, n, r.limit.quota, r.limit.window.Milliseconds()).Int()
}

// twoSteps reads first and takes afterwards. Other callers take in between.
type twoSteps struct {
	client redis.UniversalClient
	limit  limit
}

func openTwoSteps(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return twoSteps{own, l}, own.Close, nil
}

func (s twoSteps) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	used, err := s.client.Get(ctx, string(key[:])).Int()
	if err != nil && err != redis.Nil {
		return 0, err
	}
	if used+n > s.limit.quota {
		return 0, nil
	}
	if err := s.client.IncrBy(ctx, string(key[:]), int64(n)).Err(); err != nil {
		return 0, err
	}
	return n, nil
}

// failOpen admits a request that it could not count.
type failOpen struct{ reference }

func openFailOpen(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return failOpen{reference{own, l}}, own.Close, nil
}

func (o failOpen) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	if granted, err := o.reference.Take(ctx, key, n); err == nil {
		return granted, nil
	}
	return n, nil
}

// timeLog keeps the times of all units, by the clock of the server, and counts the
// units of the last window.
type timeLog struct{ reference }

const pastLog = `
local t = redis.call('TIME')
local now, n = t[1] * 1000 + math.floor(t[2] / 1000), tonumber(ARGV[1])
if redis.call('ZCOUNT', KEYS[1], now - ARGV[3], now) + n > tonumber(ARGV[2]) then return 0 end
for i = 1, n do redis.call('ZADD', KEYS[1], now, t[1] .. t[2] .. i .. redis.call('ZCARD', KEYS[1])) end
return n`

func openTimeLog(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return timeLog{reference{own, l}}, own.Close, nil
}

func (g timeLog) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return g.run(ctx, "EVAL", pastLog, 1, string(key[:]), n, g.limit.quota, g.limit.window.Milliseconds())
}

// leakingStore leaves a goroutine behind with every error.
type leakingStore struct {
	reference
	forever chan struct{}
}

func openLeakingStore(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	forever := make(chan struct{})
	return leakingStore{reference{own, l}, forever}, func() error { close(forever); return own.Close() }, nil
}

func (k leakingStore) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	granted, err := k.reference.Take(ctx, key, n)
	if err != nil {
		go func() { <-k.forever }()
	}
	return granted, err
}

// unnamedErrors returns errors that hide their cause.
type unnamedErrors struct{ reference }

func openUnnamedErrors(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return unnamedErrors{reference{own, l}}, own.Close, nil
}

func (o unnamedErrors) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	granted, err := o.reference.Take(ctx, key, n)
	if err != nil {
		return 0, errors.New("take: " + err.Error())
	}
	return granted, nil
}

var (
	pastOnly       = subject{name: "broken: counts the past only", open: openTimeLog}
	leaksOnError   = subject{name: "broken: leaks on error", open: openLeakingStore}
	opaqueErrors   = subject{name: "broken: errors without a name", open: openUnnamedErrors}
	clusterAct     = subject{name: "broken: check, then act", cluster: true, open: openTwoSteps}
	sentinelOpens  = subject{name: "broken: admits on error", open: openFailOpen}
	clusterOpens   = subject{name: "broken: admits on error", cluster: true, open: openFailOpen}
	clientRetries  = subject{name: "broken: client retries", open: openRetryingClient}
	clusterRetries = subject{name: "broken: cluster client retries", cluster: true, open: openRetryingClient}
	checkThenAct   = subject{name: "broken: check, then act", open: openTwoSteps}
)
