package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

const (
	guessedAccounts = 50
	guessers        = 4 // of each account
	// A guess begins within guessTime, and the replicas do not see the guesses of the last
	// lostTime.
	guessTime, lostTime = 900 * time.Millisecond, 400 * time.Millisecond
)

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}) }

// keptOut logs the owner of each account in, and then guesses at all accounts from other
// addresses. The primary dies before its replicas have seen the last guesses, and the
// outcomes of all guesses reach the promoted replica. keptOut returns how many owners
// cannot log in after that, with the last error.
func keptOut(t *testing.T, group *redistest.Sentinel, store lockout.Store) (owners int, last error) {
	t.Helper()
	guard, err := lockout.New(lockout.Config{Store: store, Secret: make([]byte, 32), DelayAfter: 10, Budget: patience})
	if err != nil {
		t.Fatal(err)
	}
	login := func(account int) error {
		a, err := guard.Begin(t.Context(), fmt.Sprint("owner ", account), addr(1))
		if err == nil {
			err = a.Success(t.Context())
		}
		return err
	}
	for account := range guessedAccounts {
		if err := login(account); err != nil {
			t.Fatal(err)
		}
	}
	group.AwaitOK(t)

	old, promoted := group.Primary(), make(chan struct{})
	var begun, unanswered atomic.Int64
	var wg sync.WaitGroup
	for account := range guessedAccounts {
		for i := range guessers {
			wg.Go(func() {
				<-time.After(rand.N(guessTime))
				a, err := guard.Begin(t.Context(), fmt.Sprint("owner ", account), addr(100+i))
				if err != nil {
					unanswered.Add(1)
					return
				}
				begun.Add(1)
				<-promoted
				switch i % 3 {
				case 0:
					_, err = a.Failure(t.Context())
				case 1:
					err = a.Cancel(t.Context())
				default:
					err = a.Success(t.Context())
				}
				if err != nil {
					unanswered.Add(1)
				}
			})
		}
	}
	<-time.After(guessTime - lostTime)
	setPassword := func(password string) { // with which the replicas log in to the primary
		for _, n := range group.Nodes {
			if _, err := n.Do("CONFIG", "SET", "masterauth", password); err != nil && n != old {
				t.Fatal(err)
			}
		}
	}
	setPassword("wrong")
	if _, err := old.Do("CLIENT", "KILL", "TYPE", "replica"); err != nil {
		t.Fatal(err)
	}
	<-time.After(lostTime)
	old.Stop()
	setPassword("")
	for killed := time.Now(); group.Primary() == old; <-time.After(time.Millisecond) {
		if time.Since(killed) > promotionLimit {
			t.Fatalf("no replica was promoted in %v", promotionLimit)
		}
	}
	old.Restart(t)
	group.AwaitOK(t)
	<-time.After(afterPromotion)
	close(promoted)
	wg.Wait()
	for account := range guessedAccounts {
		if err := login(account); err != nil {
			owners, last = owners+1, err
		}
	}
	t.Logf("%d guesses, %d calls without an answer, %d of %d owners kept out: %v",
		begun.Load(), unanswered.Load(), owners, guessedAccounts, last)
	if begun.Load() < guessedAccounts*guessers/2 {
		t.Error("too few guesses")
	}
	return owners, last
}

func sentinelClient(group *redistest.Sentinel) *redis.Client {
	return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: group.MasterName, SentinelAddrs: group.Addrs()})
}

// A replica takes over while all accounts are being guessed at, and has not seen the last
// guesses. No owner is kept out of a known address.
func TestSentinelLogins(t *testing.T) {
	group := redistest.StartSentinel(t)
	user := sentinelClient(group)
	store, err := redisstore.New(user, redisstore.Config{Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(store.Close(), user.Close()); err != nil {
			t.Error(err)
		}
	}()
	logins, err := store.Lockout("faults")
	if err != nil {
		t.Fatal(err)
	}
	if owners, err := keptOut(t, group, logins); owners > 0 {
		t.Errorf("%d owners kept out: %v", owners, err)
	}
}

// The same attack detects a store that takes an outcome off the account although the pair
// has not counted the guess, and then refuses the account as corrupt.
func TestSentinelLoginsDetectsMistakes(t *testing.T) {
	group := redistest.StartSentinel(t)
	user := sentinelClient(group)
	defer user.Close()
	if owners, _ := keptOut(t, group, twoCounters{user, new(atomic.Int64)}); owners == 0 {
		t.Error("no owner was kept out")
	}
}

// twoCounters counts running guesses of the account and of each pair, and settles each
// without a look at the other.
type twoCounters struct {
	client redis.UniversalClient
	stamps *atomic.Int64
}

const twoCountersScript = `
local step, pair = ARGV[1], ARGV[2]
local sum, all = 0, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= 'account' then sum = sum + all[i + 1] end
end
local account = tonumber(redis.call('HGET', KEYS[1], 'account') or 0)
if sum > account then return redis.error_reply('ERR corrupt') end
if step == 'begin' then
  redis.call('HINCRBY', KEYS[1], 'account', 1)
  redis.call('HINCRBY', KEYS[1], pair, 1)
else
  if account > 0 then redis.call('HINCRBY', KEYS[1], 'account', -1) end
  if tonumber(redis.call('HGET', KEYS[1], pair) or 0) > 0 then redis.call('HINCRBY', KEYS[1], pair, -1) end
end
return 1`

func (c twoCounters) run(ctx context.Context, step string, key lockout.Key) error {
	return c.client.Eval(ctx, twoCountersScript, []string{"account:" + strconv.Quote(string(key.Account[:]))}, step, key.Pair[:]).Err()
}

func (c twoCounters) Begin(ctx context.Context, key lockout.Key, _ lockout.Policy) (lockout.State, error) {
	return lockout.State{Allowed: true, Stamp: c.stamps.Add(1)}, c.run(ctx, "begin", key)
}

func (c twoCounters) Settle(ctx context.Context, key lockout.Key, _ lockout.State, _ lockout.Outcome, _ lockout.Policy) (lockout.State, error) {
	return lockout.State{}, c.run(ctx, "settle", key)
}

func (twoCounters) Unlock(context.Context, [16]byte) error { return nil }
func (twoCounters) Forget(context.Context, [16]byte) error { return nil }
func (twoCounters) Issue(context.Context, [16]byte, [32]byte, time.Duration) error {
	return nil
}

func (twoCounters) Redeem(context.Context, lockout.Key, [32]byte, lockout.Policy) (bool, error) {
	return false, nil
}
