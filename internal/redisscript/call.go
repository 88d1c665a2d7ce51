package redisscript

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// A Call holds the arguments and the reply of one script call at a time. The caller may
// use it again when the call is over. On Redis Cluster all its calls must be for keys
// of one slot, because go-redis keeps the slot in a command.
type Call struct {
	cmd    command
	script *Script
	keys   int64
	buf    []byte
}

// NewCall returns a Call for replies of up to integers integers.
func NewCall(integers int) *Call {
	return &Call{
		cmd: command{args: make([]any, 0, 20)},          // a longer call grows it once
		buf: make([]byte, intSize*integers+len("\r\n")), // go-redis reads the line end too if there is room
	}
}

// firstKey is the index of the first key among the arguments.
const firstKey = 3

// Begin starts the arguments of a call of s for a number of keys, at least one. Append
// the keys next, and then the arguments.
func (c *Call) Begin(s *Script, keys int) {
	c.script, c.keys = s, int64(keys)
	c.cmd.args = append(c.cmd.args[:0], "evalsha", s.digest, &c.keys)
}

// Append adds keys or arguments. Do not change them before Do returns.
func (c *Call) Append(values ...any) { c.cmd.args = append(c.cmd.args, values...) }

// Do sends the call and returns its reply. The next call overwrites the reply. Do sends
// the script in full if the server says that it does not know the script.
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

// A command has different arguments each time it is sent. go-redis reads only the name
// and the first key from the arguments with which the command was made.
type command struct {
	*redis.ZeroCopyStringCmd
	args []any
}

// Args returns the arguments of the current call.
func (c *command) Args() []any { return c.args }
