package redisscript

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// A Call holds the arguments and the reply of one script call at a time. It may be
// used again when the call is over, on Redis Cluster only for keys of the same slot,
// because go-redis keeps in a command which slot it goes to.
type Call struct {
	cmd    command
	script *Script
	keys   int64
	buf    []byte
}

// NewCall returns a Call for replies of up to integers integers.
func NewCall(integers int) *Call {
	return &Call{
		cmd: command{args: make([]any, 0, 20)},          // more grow it once
		buf: make([]byte, intSize*integers+len("\r\n")), // go-redis reads the line end along if there is room
	}
}

// firstKey is the index of the first key among the arguments.
const firstKey = 3

// Begin starts the arguments of a call of s for a number of keys, at least one. The
// keys follow with Append, and then the arguments.
func (c *Call) Begin(s *Script, keys int) {
	c.script, c.keys = s, int64(keys)
	c.cmd.args = append(c.cmd.args[:0], "evalsha", s.digest, &c.keys)
}

// Append adds keys or arguments. They are used until Do returns.
func (c *Call) Append(values ...any) { c.cmd.args = append(c.cmd.args, values...) }

// Do sends the call and returns its reply, which is overwritten by the next. It sends
// the script in full if the server says that it does not know it.
func (c *Call) Do(ctx context.Context, conn Conn) (Reply, error) {
	if c.cmd.ZeroCopyStringCmd == nil {
		c.cmd.ZeroCopyStringCmd = c.newCommand(ctx, c.cmd.args[:firstKey+1:firstKey+1])
	}
	c.cmd.SetVal(0)
	err, size := conn.Process(ctx, &c.cmd), c.cmd.Val
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		full := c.newCommand(ctx, append([]any{"eval", c.script.source}, c.cmd.args[2:]...))
		err, size = conn.Process(ctx, full), full.Val
	}
	if err != nil {
		return nil, err
	}
	return Reply(c.buf[:size()]), nil
}

func (c *Call) newCommand(ctx context.Context, args []any) *redis.ZeroCopyStringCmd {
	cmd := redis.NewZeroCopyStringCmd(ctx, c.buf, args...)
	cmd.SetFirstKeyPos(firstKey)
	return cmd
}

// A command has other arguments each time it is sent. go-redis reads only the name
// and the first key from the arguments that the command was made with.
type command struct {
	*redis.ZeroCopyStringCmd
	args []any
}

// Args returns the arguments of the current call.
func (c *command) Args() []any { return c.args }
