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

// Lockout returns a Store for a [lockout.Guard]: give it as Store of
// [lockout.Config]. It connects to nothing. All processes that ask for the same
// name, in the same Redis and with the same Config.Secret there, guard the same
// accounts, whatever the limits in their Config: a change of those forgets
// nobody's failures and no known address. The error is a [httperr.ConfigError].
//
// Each step is one script on one key, and the clock of Redis decides. An account
// with failures has a key of 45 bytes and 26 more for each address that failed,
// at most PerAccount of them, until the window has passed; one whose owner has
// logged in has 34 for each known address, for KnownFor, and for each that was
// known, while its failures count. Beyond 128 of both no further address becomes
// known: only who has the password can bring that about. Nothing is merged or
// displaced, so a flood of names costs memory of the server and nobody's count;
// what bounds it is ratelimit by address, outside the login.
//
// A call ends with the Budget of the Guard or Config.Timeout, whichever is
// earlier. Its [Error] is then in the cause of lockout.ErrUnavailable.
func (s *Store) Lockout(name string) (lockout.Store, error) {
	f := httperr.ConfigFaults{Package: "ratelimit/redisstore"}
	if len(name) > 64 || !field.Token(name) || strings.ContainsAny(name, "{}") {
		f.Add("name", name, "is empty, longer than 64 characters, or not a token (RFC 9110, section 5.6.2) without braces", `write something like "login"`)
		return nil, f.Err()
	}
	// No name of a window has this as its third part, which is twelve characters there.
	return &logins{store: s, space: s.prefix + ":" + name + ":lockout:{", script: redisscript.New(lockoutSource, lockoutInts)}, nil
}

// logins implements lockout.Store.
type logins struct {
	store  *Store
	space  string // what its keys begin with
	script *redisscript.Script
}

// name has the whole hash of the account as its tag: each account is in a slot
// of its own choice, and all that is known of it in one.
func (l *logins) name(account *[16]byte) string {
	b := make([]byte, 0, 160)
	b = append(b, l.space...)
	b = base64.RawURLEncoding.AppendEncode(b, account[:])
	return string(append(b, '}'))
}

// The flags of an attempt.
const (
	wasKnown  = 1
	noAddress = 2
)

// A step is one call of the script, as the script is told it.
type step struct {
	op      any // a string; as a constant it is boxed without an allocation
	account [16]byte
	pair    [16]byte
	policy  lockout.Policy
	times   [4]int64 // of policy, microseconds
	number  int64    // a stamp, or microseconds
	flags   int64
	token   []byte
}

// pairSize is how much of the hash of a pair is stored. Without Config.Secret nobody
// can bring it about that two of the few pairs of an account share it.
const pairSize = 8

// ask runs one step. It sends it once, and a second time only to a server that
// says it has not run it.
func (l *logins) ask(ctx context.Context, s step) (lockout.State, error) {
	if err := ctx.Err(); err != nil {
		return lockout.State{}, wrap(err)
	}
	// While a call is on its way, go-redis looks at the deadline and not at whether
	// ctx was cancelled: a context that can be used again does as well.
	now := time.Now()
	bounded := deadlines.Get().(*callCtx)
	bounded.begin(now, l.store.deadline(ctx, now))
	p := &s.policy
	s.times = [...]int64{micros(p.FirstDelay), micros(p.MaxDelay), micros(p.Window), micros(p.KnownFor)}
	if *p != (lockout.Policy{}) {
		// Redis cuts its time to whole microseconds. Of two guesses that it sees
		// exactly a window apart the true distance may be almost one less.
		s.times[2]++
	}
	call := redisscript.NewCall(lockoutInts)
	call.Begin(l.script, 1)
	call.Append(l.name(&s.account), s.op, s.pair[:pairSize])
	call.Append(p.PerAddress, p.PerAccount, p.DelayAfter, &s.times[0], &s.times[1], &s.times[2], &s.times[3], p.MaxKnown)
	call.Append(&s.number, s.flags, s.token)
	reply, err := call.Do(bounded, l.store.client)
	if bounded.end() {
		deadlines.Put(bounded)
	}
	l.store.prewarmAfter(err, 1)
	if err != nil {
		return lockout.State{}, wrap(err)
	}
	return loginState(reply)
}

var deadlines = sync.Pool{New: func() any { return newCallCtx() }}

// Begin implements lockout.Store.
func (l *logins) Begin(ctx context.Context, key lockout.Key, p lockout.Policy) (lockout.State, error) {
	return l.ask(ctx, step{op: "begin", account: key.Account, pair: key.Pair, policy: p})
}

// Settle implements lockout.Store.
func (l *logins) Settle(ctx context.Context, key lockout.Key, begun lockout.State, o lockout.Outcome, p lockout.Policy) (lockout.State, error) {
	s := step{account: key.Account, pair: key.Pair, policy: p, number: begun.Stamp, flags: flagsOf(key)}
	if begun.Known {
		s.flags |= wasKnown
	}
	switch o {
	case lockout.Failed:
		s.op = "fail"
		return l.ask(ctx, s)
	case lockout.Succeeded:
		s.op = "succeed"
	case lockout.Cancelled:
		s.op = "cancel"
	default:
		return lockout.State{}, &Error{Kind: kindUnexpected, Err: fmt.Errorf("no such outcome: %d", o)}
	}
	_, err := l.ask(ctx, s)
	return lockout.State{}, err
}

func flagsOf(key lockout.Key) int64 {
	if key.NoAddress {
		return noAddress
	}
	return 0
}

// Unlock implements lockout.Store. It deletes a key whose value this package did not
// write: that account could not log in.
func (l *logins) Unlock(ctx context.Context, account [16]byte) error {
	_, err := l.ask(ctx, step{op: "unlock", account: account})
	return err
}

// Issue implements lockout.Store.
func (l *logins) Issue(ctx context.Context, account [16]byte, token [32]byte, ttl time.Duration) error {
	_, err := l.ask(ctx, step{op: "issue", account: account, number: micros(ttl), token: token[:]})
	return err
}

// Redeem implements lockout.Store. What the script compares is a keyed hash, so
// the time that takes tells nothing of the token.
func (l *logins) Redeem(ctx context.Context, key lockout.Key, token [32]byte, p lockout.Policy) (bool, error) {
	s, err := l.ask(ctx, step{op: "redeem", account: key.Account, pair: key.Pair, policy: p, flags: flagsOf(key), token: token[:]})
	return s.Allowed, err
}

// Forget implements lockout.Store.
func (l *logins) Forget(ctx context.Context, account [16]byte) error {
	_, err := l.ask(ctx, step{op: "forget", account: account})
	return err
}
