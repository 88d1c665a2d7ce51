package faults

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// The broken subjects follow. Each is a mistake that is easy to make, and the
// harness has to find it.

// retried runs the right script on the client of the user, which sends it again
// when the reply is lost: the units are taken twice and granted once.
type retried struct {
	client redis.UniversalClient
	limit  limit
}

func openRetried(user redis.UniversalClient, l limit) (taker, func() error, error) {
	return retried{user, l}, func() error { return nil }, nil
}

func (r retried) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return r.client.Eval(ctx, strict, []string{string(key[:])}, n, r.limit.quota, r.limit.window.Milliseconds()).Int()
}

// twoSteps looks first and takes afterwards; others do so in between.
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

// opens admits what it could not count.
type opens struct{ reference }

func openOpens(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return opens{reference{own, l}}, own.Close, nil
}

func (o opens) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	if granted, err := o.reference.Take(ctx, key, n); err == nil {
		return granted, nil
	}
	return n, nil
}

// logged keeps the times of all units, by the clock of the server, and counts
// those of the last window.
type logged struct{ reference }

const pastLog = `
local t = redis.call('TIME')
local now, n = t[1] * 1000 + math.floor(t[2] / 1000), tonumber(ARGV[1])
if redis.call('ZCOUNT', KEYS[1], now - ARGV[3], now) + n > tonumber(ARGV[2]) then return 0 end
for i = 1, n do redis.call('ZADD', KEYS[1], now, t[1] .. t[2] .. i .. redis.call('ZCARD', KEYS[1])) end
return n`

func openLogged(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return logged{reference{own, l}}, own.Close, nil
}

func (g logged) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	return g.run(ctx, "EVAL", pastLog, 1, string(key[:]), n, g.limit.quota, g.limit.window.Milliseconds())
}

// leaks leaves a goroutine behind with every error.
type leaks struct {
	reference
	forever chan struct{}
}

func openLeaks(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	forever := make(chan struct{})
	return leaks{reference{own, l}, forever}, func() error { close(forever); return own.Close() }, nil
}

func (k leaks) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	granted, err := k.reference.Take(ctx, key, n)
	if err != nil {
		go func() { <-k.forever }()
	}
	return granted, err
}

// opaque says that something is wrong, and not what.
type opaque struct{ reference }

func openOpaque(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return opaque{reference{own, l}}, own.Close, nil
}

func (o opaque) Take(ctx context.Context, key [16]byte, n int) (int, error) {
	granted, err := o.reference.Take(ctx, key, n)
	if err != nil {
		return 0, errors.New("take: " + err.Error())
	}
	return granted, nil
}

var (
	pastOnly       = subject{name: "broken: counts the past only", open: openLogged}
	leaksOnError   = subject{name: "broken: leaks on error", open: openLeaks}
	opaqueErrors   = subject{name: "broken: errors without a name", open: openOpaque}
	clusterAct     = subject{name: "broken: check, then act", cluster: true, open: openTwoSteps}
	sentinelOpens  = subject{name: "broken: admits on error", open: openOpens}
	clusterOpens   = subject{name: "broken: admits on error", cluster: true, open: openOpens}
	clientRetries  = subject{name: "broken: client retries", open: openRetried}
	clusterRetries = subject{name: "broken: cluster client retries", cluster: true, open: openRetried}
	checkThenAct   = subject{name: "broken: check, then act", open: openTwoSteps}
)
