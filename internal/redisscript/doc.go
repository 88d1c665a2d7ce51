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
// # How a script is sent
//
// A script is sent by its digest (EVALSHA). A server that does not know it, after a
// restart, a failover or SCRIPT FLUSH, answers NOSCRIPT; then the script is sent once
// more in full (EVAL). NOSCRIPT says that nothing was run, so this repeats nothing
// that may have happened. No other error is followed by a second attempt: a script
// whose reply was lost may have run. go-redis does not repeat the commands either,
// whatever its MaxRetries.
//
// A pipeline has no such fallback, because its replies arrive after all commands
// were sent. Do not pass a [redis.Pipeliner]: it compiles, but it only queues the
// command, and Do returns [ErrReply].
//
// # How a reply is read
//
// A script returns one string: integers of eight bytes each, big-endian, as Lua's
// struct.pack('>i8…') writes them. go-redis reads a string into memory of the caller;
// of an array it makes a slice for each call. A string that is too long for the
// memory, and a reply that is no string of that many integers, is an error.
package redisscript
