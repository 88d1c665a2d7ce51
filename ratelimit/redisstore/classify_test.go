package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind Kind
	}{
		{context.Canceled, Canceled},
		{context.DeadlineExceeded, Deadline},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, Deadline},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, Deadline},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, Refused},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, Refused},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, Reset},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, Reset},
		{net.ErrClosed, Reset},
		{io.EOF, EOF},
		{fmt.Errorf("x: %w", io.ErrUnexpectedEOF), EOF},
		{redis.ErrPoolTimeout, Pool},
		{redis.ErrPoolExhausted, Pool},
		{redis.ErrClosed, Closed},
		{reply("ERR max number of clients reached"), Pool},
		{reply("CLUSTERDOWN The cluster is down"), Down},
		{reply("MASTERDOWN Link with MASTER is down"), Down},
		{reply("MOVED 866 127.0.0.1:1"), Moved},
		{reply("ASK 866 127.0.0.1:1"), Moved},
		{reply("TRYAGAIN Multiple keys request during rehashing of slot"), Moved},
		{redis.ErrCrossSlot, Moved},
		{reply("READONLY You can't write against a read only replica."), ReadOnly},
		{reply("ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write"), ReadOnly},
		{reply("LOADING Redis is loading the dataset in memory"), Loading},
		{reply("BUSY Redis is busy running a script."), Loading},
		{redis.ErrNoScript, NoScript},
		{reply("OOM command not allowed when used memory > 'maxmemory'."), OOM},
		{reply("NOAUTH Authentication required."), NoAuth},
		{reply("WRONGPASS invalid username-password pair"), NoAuth},
		{reply("NOPERM this user has no permissions"), NoAuth},
		{reply("WRONGTYPE Operation against a key"), Corrupt},
		{errCorrupt, Corrupt},
		{reply("ERR unknown command"), Unexpected},
		{errors.New("other"), Unexpected},
	} {
		if got := kind(wrap(c.err)); got != c.kind {
			t.Errorf("%v: %s, want %s", c.err, got, c.kind)
		}
		if got := kind(wrap(fmt.Errorf("outer: %w", once{reload: func() {}}.seal(once{reload: func() {}}.seal(c.err))))); got != c.kind {
			t.Errorf("sealed %v: %s, want %s", c.err, got, c.kind)
		}
		if !errors.Is(wrap(c.err), c.err) {
			t.Errorf("%v is lost", c.err)
		}
	}
	if wrap(nil) != nil || (once{}).seal(nil) != nil {
		t.Error("an error from nothing")
	}
}

// What a real server says when it will not, and never a grant.
func TestServerRefuses(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		prepare []string
		kind    Kind
	}{
		"replica": {[]string{"replicaof", "127.0.0.1", "1"}, ReadOnly},
		"memory":  {[]string{"config", "set", "maxmemory", "1"}, OOM},
		"login":   {[]string{"config", "set", "requirepass", "x"}, NoAuth},
		"rights":  {[]string{"acl", "setuser", "default", "-eval", "-evalsha"}, NoAuth},
	} {
		rdb := dial(t, redistest.Start(t).Addr)
		args := []any{}
		for _, a := range c.prepare {
			args = append(args, a)
		}
		if err := rdb.Do(ctx, args...).Err(); err != nil {
			t.Fatal(err)
		}
		counter := open(t, newStore(t, rdb.Options().Addr, Config{}), "refuse", ratelimit.PerHour(20))
		got, err := counter.Take(ctx, keyOf(1), 1, false)
		if kind(err) != c.kind || got.Granted != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
