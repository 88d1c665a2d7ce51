package redisstore

import (
	"time"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// This file reads the replies of all scripts. Each reply is a row of integers. The
// first comment of each script gives their meaning.

const (
	takeInts     = 5            // of take.lua, for each key
	takeSize     = 8 * takeInts // in bytes
	giveBackInts = 1            // of refund.lua and reset.lua
	lockoutInts  = 4            // of lockout.lua
)

// takeCount returns the count that take.lua replied for the key with index i.
func takeCount(r redisscript.Reply, i int) (ratelimit.Count, error) {
	first := r.Int(takeInts * i)
	if first < 0 {
		return ratelimit.Count{}, &Error{Kind: kindCorrupt, Err: errCorrupt}
	}
	return ratelimit.Count{
		Granted: takeGranted(r, i), Limit: int(first & 7), Left: r.Int(takeInts*i + 1),
		Wait:  time.Duration(r.Int(takeInts*i+2)) * time.Microsecond,
		Stamp: ratelimit.Stamp{At: r.Int(takeInts*i + 3), Life: r.Int(takeInts*i + 4)},
	}, nil
}

// takeGranted returns the units that take.lua debited for the key with index i,
// including the units of a lease.
func takeGranted(r redisscript.Reply, i int) int { return int(r.Int(takeInts*i) >> 3) }

// checkGivenBack returns an error unless refund.lua or reset.lua replied that it has
// done its work.
func checkGivenBack(r redisscript.Reply) error {
	if r.Int(0) != 0 {
		return errCorrupt
	}
	return nil
}

// The bits of the first integer that lockout.lua replies.
const (
	bitAllowed = 1 << iota
	bitKnown
	bitLocked
)

// loginState returns the state that lockout.lua replied.
func loginState(r redisscript.Reply) (lockout.State, error) {
	if err := r.Check(lockoutInts); err != nil {
		return lockout.State{}, wrap(err)
	}
	const all = bitAllowed | bitKnown | bitLocked
	bits, failures, wait, stamp := r.Int(0), r.Int(1), r.Int(2), r.Int(3)
	switch {
	case bits == -1:
		return lockout.State{}, &Error{Kind: kindCorrupt, Err: errCorrupt}
	case bits&^all != 0 || failures < 0 || wait < 0 || stamp < 0:
		return lockout.State{}, &Error{Kind: kindUnexpected, Err: redisscript.ErrReply}
	}
	return lockout.State{
		Allowed: bits&bitAllowed != 0, Known: bits&bitKnown != 0, Locked: bits&bitLocked != 0,
		Failures: int(failures), Wait: time.Duration(wait) * time.Microsecond, Stamp: stamp,
	}, nil
}
