package faults

import (
	"context"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A givingTaker is a taker that also takes the units that are left, and gives units
// back. The stamp says which units these are.
type givingTaker interface {
	TakeAll(ctx context.Context, key [16]byte, n int) (granted int, stamp ratelimit.Stamp, err error)
	TakeUpTo(ctx context.Context, key [16]byte, n int) (granted int, stamp ratelimit.Stamp, err error)
	Refund(ctx context.Context, key [16]byte, n int, stamp ratelimit.Stamp) error
}

// givingTrial is a trial of callers that take and give back some of their units.
func givingTrial(stale bool) trial {
	return trial{
		plans: []plan{{40, 8, 22}, {12, 8, 16}, {60, 8, 22}},
		model: func(quota int) porcupine.Model { return countingModel(quota, stale) },
		caller: func(c caller) func() (porcupine.Operation, error) {
			g := &givingCaller{caller: c, givingTaker: c.taker.(givingTaker)}
			return g.next
		},
	}
}

type givingCaller struct {
	caller
	givingTaker
	held []holding
}

// A holding is a number of units that were granted at once and not given back yet.
type holding struct {
	n     int
	stamp ratelimit.Stamp
}

func (g *givingCaller) next() (porcupine.Operation, error) {
	dice := g.rnd.IntN(10)
	if len(g.held) > 0 && dice < 4 {
		return g.giveBack()
	}
	n, do, kind := 1+g.rnd.IntN(3), g.TakeAll, take
	if dice%3 == 0 {
		n, do, kind = 1+g.rnd.IntN(5), g.TakeUpTo, atMost
	}
	return g.attempt(move{kind, n}, func(ctx context.Context) (int, error) {
		granted, stamp, err := do(ctx, g.key, n)
		if err == nil && granted > 0 {
			g.held = append(g.held, holding{granted, stamp})
		}
		return granted, err
	})
}

// giveBack gives back some of the units of one holding. It never gives back the same
// units again, whatever the result.
func (g *givingCaller) giveBack() (porcupine.Operation, error) {
	i := g.rnd.IntN(len(g.held))
	h := &g.held[i]
	n, stamp := 1+g.rnd.IntN(h.n), h.stamp
	if h.n -= n; h.n == 0 {
		g.held[i] = g.held[len(g.held)-1]
		g.held = g.held[:len(g.held)-1]
	}
	return g.attempt(move{refund, n}, func(ctx context.Context) (int, error) {
		return 0, g.Refund(ctx, g.key, n, stamp)
	})
}

// Units that are given back while the network fails are granted to others once. A store
// that remembers refusals may refuse units that have just come back, and the check
// allows no other deviation.
func TestLinearizableRefunds(t *testing.T) {
	run := func(subjects []subject, stale bool) {
		for _, s := range subjects {
			t.Run(s.name, func(t *testing.T) {
				n := 30
				if s.calibration {
					n = 10
				}
				linearizable(t, givingTrial(stale), s, scaleBy(t, n))
			})
		}
	}
	run(soundSubjects()[:2], false)
	run(exactStores(), false)
	run(storeSubjects(), true)
}

// The check detects a refund that happens twice when its reply is lost, and a store
// that grants one unit too many to a caller that takes the units that are left, also if
// the check allows stale refusals.
func TestLinearizableRefundsDetectsMistakes(t *testing.T) {
	checkMistakes(t, givingTrial(true), []mistake{
		{refundRetries, nil, false},
		{refundRetries, resets, true},
		{clusterRefundRetries, nil, false},
		{clusterRefundRetries, resets, true},
		{oneMore, nil, true},
	})
}

// upTo grants as many units as are left, and ARGV[4] more.
const upTo = `
local used, n = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])
n = math.min(n, math.max(ARGV[2] - used, 0) + ARGV[4])
if n > 0 then redis.call('INCRBY', KEYS[1], n) end
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return n`

func (r reference) TakeAll(ctx context.Context, key [16]byte, n int) (int, ratelimit.Stamp, error) {
	granted, err := r.Take(ctx, key, n)
	return granted, ratelimit.Stamp{}, err
}

func (r reference) TakeUpTo(ctx context.Context, key [16]byte, n int) (int, ratelimit.Stamp, error) {
	granted, err := r.run(ctx, "EVAL", upTo, 1, string(key[:]), n, r.limit.quota, r.limit.window.Milliseconds(), 0)
	return granted, ratelimit.Stamp{}, err
}

func (r reference) Refund(ctx context.Context, key [16]byte, n int, _ ratelimit.Stamp) error {
	_, err := r.run(ctx, "DECRBY", string(key[:]), n)
	return err
}

// refundsTwice gives units back on the client of the user, which repeats the refund
// when the reply is lost.
type refundsTwice struct {
	reference
	user redis.UniversalClient
}

func openRefundsTwice(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return refundsTwice{reference{own, l}, user}, own.Close, nil
}

func (r refundsTwice) Refund(ctx context.Context, key [16]byte, n int, _ ratelimit.Stamp) error {
	return r.user.DecrBy(ctx, string(key[:]), int64(n)).Err()
}

// grantsOneMore grants one unit too many.
type grantsOneMore struct{ reference }

func openOneMore(user redis.UniversalClient, l limit) (taker, func() error, error) {
	own, err := ownClient(user)
	if err != nil {
		return nil, nil, err
	}
	return grantsOneMore{reference{own, l}}, own.Close, nil
}

func (g grantsOneMore) TakeUpTo(ctx context.Context, key [16]byte, n int) (int, ratelimit.Stamp, error) {
	granted, err := g.run(ctx, "EVAL", upTo, 1, string(key[:]), n, g.limit.quota, g.limit.window.Milliseconds(), 1)
	return granted, ratelimit.Stamp{}, err
}

var (
	refundRetries        = subject{name: "broken: refund retried", open: openRefundsTwice}
	clusterRefundRetries = subject{name: "broken: refund retried, cluster", cluster: true, open: openRefundsTwice}
	oneMore              = subject{name: "broken: at most, and one more", open: openOneMore}
)
