// Package redisscript calls Lua scripts on Redis and reads their replies.
//
// # Use
//
//	var add = redisscript.New(`
//	local n = redis.call('INCRBY', KEYS[1], ARGV[1])
//	return struct.pack('>i8i8', n, redis.call('PTTL', KEYS[1]))`, 2) // two integers
//
//	reply, err := add.Do(ctx, client, "visits", 1)
//	if err != nil {
//		return err
//	}
//	visits, ttl := reply.Int(0), reply.Int(1)
//
// A caller on a hot path keeps a [Call] and uses its memory again: then a call
// allocates nothing. [Reply.Check] tells whether a reply has the expected length.
//
// # Threat
//
// A client that repeats a call after a lost reply runs the script twice.
//
// # Invariant
//
// A script is sent by its digest (EVALSHA). A server that does not know the digest, after
// a restart, a failover or SCRIPT FLUSH, answers NOSCRIPT. Then the script is sent once
// more in full (EVAL). NOSCRIPT says that the script did not run, so this repeats nothing
// that may have happened. No other error causes a second attempt, because a script whose
// reply was lost may have run. go-redis does not repeat the commands either, whatever its
// MaxRetries.
//
// A pipeline has no such fallback, because its replies arrive after all commands were
// sent. Do not pass a [redis.Pipeliner]: it compiles, but it only queues the command, and
// Do returns [ErrReply].
//
// # How a reply is read
//
// A script returns one string: integers of eight bytes each, big-endian, as Lua's
// struct.pack('>i8…') writes them. go-redis reads a string into memory of the caller, but
// makes a slice for each array. A string that is too long for the memory is an error, and
// so is a reply that is not a string of exactly that many integers.
//
// # Place in the chain
//
// A package with scripts holds one Script for each source, and passes a Conn that does not
// retry.
package redisscript
