package redisstore

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// Lockout returns a Store for a [lockout.Guard]: give it as Store of [lockout.Config].
// It does not connect. All processes that use the same name, in the same Redis and with
// the same Config.Secret, guard the same accounts, whatever the limits in their Config.
// A change of the limits forgets no failures and no known address. The error is a
// [httperr.ConfigError].
//
// Each step is one script on one key, and the clock of Redis decides. An account with
// failures has a key of 45 bytes and 26 more for each address that failed, at most
// PerAccount of them, until the window has passed. An account whose owner has logged in
// has 34 bytes for each known address, for KnownFor, and for each address that was
// known, while its failures count. Beyond 128 of both no further address becomes known.
// Only a client that has the password can bring that about.
//
// Nothing is merged or displaced, so a flood of names costs memory of the server and no
// account's count. Limit that memory with ratelimit by address, outside the login.
//
// A call ends with the Budget of the Guard or Config.Timeout, whichever is earlier. Its
// [Error] is then in the cause of lockout.ErrUnavailable.
func (s *Store) Lockout(name string) (lockout.Store, error) {
	f := httperr.ConfigFaults{Package: "ratelimit/redisstore"}
	if len(name) > 64 || !field.Token(name) || strings.ContainsAny(name, "{}") {
		f.Add("name", name, "is empty, longer than 64 characters, or not a token (RFC 9110, section 5.6.2) without braces",
			`write something like "login"`)
		return nil, f.Err()
	}
	// The key of a window has twelve characters as its third part, so "lockout" cannot
	// collide with it.
	return &lockoutStore{
		store: s, keyPrefix: s.prefix + ":" + name + ":lockout:{",
		script: redisscript.New(lockoutSource, lockoutInts),
	}, nil
}

// lockoutStore implements lockout.Store.
type lockoutStore struct {
	store     *Store
	keyPrefix string // the beginning of its keys
	script    *redisscript.Script
}

// keyName uses the whole hash of the account as the hash tag. So each account has a
// slot independent of other accounts, and one slot holds the whole state of an account.
func (l *lockoutStore) keyName(account *[16]byte) string {
	b := make([]byte, 0, 160)
	b = append(b, l.keyPrefix...)
	b = base64.RawURLEncoding.AppendEncode(b, account[:])
	return string(append(b, '}'))
}

// The flags of an attempt.
const (
	wasKnown  = 1
	noAddress = 2
)

// A step is one call of the script: the arguments that the script gets.
type step struct {
	op         any // a string; a constant is boxed without an allocation
	account    [16]byte
	pair       [16]byte
	policy     lockout.Policy
	times      [4]int64 // the durations of policy in microseconds
	stampOrTTL int64    // a stamp, or a duration in microseconds
	flags      int64
	token      []byte
}

// pairSize is the number of bytes of the hash of a pair that are stored. Without
// Config.Secret an attacker cannot make two of the few pairs of an account share them.
const pairSize = 8

// runStep runs one step. It sends the step once, and a second time only to a server
// that says it has not run it.
func (l *lockoutStore) runStep(ctx context.Context, s step) (lockout.State, error) {
	if err := ctx.Err(); err != nil {
		return lockout.State{}, wrap(err)
	}
	// While a call is on its way, go-redis looks only at the deadline and not at the
	// cancellation of ctx. So a reusable context serves as well.
	now := time.Now()
	bounded := callCtxs.Get().(*callCtx)
	bounded.begin(now, l.store.deadline(ctx, now))
	p := &s.policy
	s.times = [...]int64{ceilMicros(p.FirstDelay), ceilMicros(p.MaxDelay), ceilMicros(p.Window), ceilMicros(p.KnownFor)}
	if *p != (lockout.Policy{}) {
		// Redis cuts its time to whole microseconds. Two guesses that Redis sees
		// exactly a window apart may in truth be almost a microsecond closer together.
		s.times[2]++
	}
	call := redisscript.NewCall(lockoutInts)
	call.Begin(l.script, 1)
	call.Append(l.keyName(&s.account), s.op, s.pair[:pairSize])
	call.Append(p.PerAddress, p.PerAccount, p.DelayAfter, &s.times[0], &s.times[1], &s.times[2], &s.times[3], p.MaxKnown)
	call.Append(&s.stampOrTTL, s.flags, s.token)
	reply, err := call.Do(bounded, l.store.client)
	if bounded.end() {
		callCtxs.Put(bounded)
	}
	l.store.prewarmAfter(err, 1)
	if err != nil {
		return lockout.State{}, wrap(err)
	}
	return loginState(reply)
}

var callCtxs = sync.Pool{New: func() any { return newCallCtx() }}

// Begin implements lockout.Store.
func (l *lockoutStore) Begin(ctx context.Context, key lockout.Key, p lockout.Policy) (lockout.State, error) {
	now, eviction := time.Now(), l.store.eviction
	if eviction.mustAskNow() {
		bounded, cancel := context.WithDeadline(ctx, l.store.deadline(ctx, now))
		defer cancel()
		ctx = bounded
		eviction.ask(ctx)
	}
	eviction.use(now)
	if fault := eviction.fault.Load(); fault != nil {
		return lockout.State{}, fault
	}
	return l.runStep(ctx, step{op: "begin", account: key.Account, pair: key.Pair, policy: p})
}

// Settle implements lockout.Store.
func (l *lockoutStore) Settle(
	ctx context.Context, key lockout.Key, begun lockout.State, o lockout.Outcome, p lockout.Policy,
) (lockout.State, error) {
	s := step{account: key.Account, pair: key.Pair, policy: p, stampOrTTL: begun.Stamp, flags: flagsOf(key)}
	if begun.Known {
		s.flags |= wasKnown
	}
	switch o {
	case lockout.Failed:
		s.op = "fail"
		return l.runStep(ctx, s)
	case lockout.Succeeded:
		s.op = "succeed"
	case lockout.Cancelled:
		s.op = "cancel"
	default:
		return lockout.State{}, &Error{Kind: kindUnexpected, Err: fmt.Errorf("no such outcome: %d", o)}
	}
	_, err := l.runStep(ctx, s)
	return lockout.State{}, err
}

func flagsOf(key lockout.Key) int64 {
	if key.NoAddress {
		return noAddress
	}
	return 0
}

// Unlock implements lockout.Store. It deletes a key whose value this package did not
// write, because that account could not log in.
func (l *lockoutStore) Unlock(ctx context.Context, account [16]byte) error {
	_, err := l.runStep(ctx, step{op: "unlock", account: account})
	return err
}

// Issue implements lockout.Store.
func (l *lockoutStore) Issue(ctx context.Context, account [16]byte, token [32]byte, ttl time.Duration) error {
	_, err := l.runStep(ctx, step{op: "issue", account: account, stampOrTTL: ceilMicros(ttl), token: token[:]})
	return err
}

// Redeem implements lockout.Store. The script compares a keyed hash, so the time of the
// comparison tells nothing about the token.
func (l *lockoutStore) Redeem(ctx context.Context, key lockout.Key, token [32]byte, p lockout.Policy) (bool, error) {
	s, err := l.runStep(ctx, step{op: "redeem", account: key.Account, pair: key.Pair, policy: p, flags: flagsOf(key), token: token[:]})
	return s.Allowed, err
}

// Forget implements lockout.Store.
func (l *lockoutStore) Forget(ctx context.Context, account [16]byte) error {
	_, err := l.runStep(ctx, step{op: "forget", account: account})
	return err
}
