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
		kind string
	}{
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "deadline"},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, "deadline"},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, "deadline"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "refused"},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "refused"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "reset"},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, "reset"},
		{net.ErrClosed, "reset"},
		{io.EOF, "eof"},
		{fmt.Errorf("x: %w", io.ErrUnexpectedEOF), "eof"},
		{redis.ErrPoolTimeout, "pool"},
		{redis.ErrPoolExhausted, "pool"},
		{redis.ErrClosed, "closed"},
		{reply("ERR max number of clients reached"), "pool"},
		{reply("CLUSTERDOWN The cluster is down"), "cluster_down"},
		{reply("MASTERDOWN Link with MASTER is down"), "cluster_down"},
		{reply("MOVED 866 127.0.0.1:1"), "moved"},
		{reply("ASK 866 127.0.0.1:1"), "moved"},
		{reply("TRYAGAIN Multiple keys request during rehashing of slot"), "moved"},
		{redis.ErrCrossSlot, "moved"},
		{reply("READONLY You can't write against a read only replica."), "read_only"},
		{reply("ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write"), "read_only"},
		{reply("LOADING Redis is loading the dataset in memory"), "loading"},
		{reply("BUSY Redis is busy running a script."), "loading"},
		{redis.ErrNoScript, "no_script"},
		{reply("OOM command not allowed when used memory > 'maxmemory'."), "oom"},
		{reply("NOAUTH Authentication required."), "no_auth"},
		{reply("WRONGPASS invalid username-password pair"), "no_auth"},
		{reply("NOPERM this user has no permissions"), "no_auth"},
		{reply("WRONGTYPE Operation against a key"), "corrupt"},
		{errCorrupt, "corrupt"},
		{reply("ERR unknown command"), "unexpected"},
		{errors.New("other"), "unexpected"},
	} {
		if got := kind(wrap(c.err)); got != c.kind {
			t.Errorf("%v: %s, want %s", c.err, got, c.kind)
		}
		if !errors.Is(wrap(c.err), c.err) {
			t.Errorf("%v is lost", c.err)
		}
	}
	if wrap(nil) != nil {
		t.Error("wrap(nil) is an error")
	}
}

// A real server that refuses gives the documented kind and never a grant.
func TestServerRefuses(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		prepare []string
		kind    string
	}{
		"replica": {[]string{"replicaof", "127.0.0.1", "1"}, "read_only"},
		"memory":  {[]string{"config", "set", "maxmemory", "1"}, "oom"},
		"login":   {[]string{"config", "set", "requirepass", "x"}, "no_auth"},
		"rights":  {[]string{"acl", "setuser", "default", "-eval", "-evalsha"}, "no_auth"},
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

// Each kind has a name of its own. Its predicates say whether to look at the network or
// at the configuration, and whether a second attempt may spend twice.
func TestKindPredicates(t *testing.T) {
	const unreachable, misconfigured, mayHaveRun = 1, 2, 4
	want := map[string]int{
		"canceled": mayHaveRun, "deadline": unreachable | mayHaveRun, "reset": unreachable | mayHaveRun, "eof": unreachable | mayHaveRun,
		"refused": unreachable, "pool": unreachable, "cluster_down": unreachable, "loading": unreachable,
		"moved": misconfigured, "read_only": misconfigured, "no_script": misconfigured, "oom": misconfigured, "no_auth": misconfigured, "evicts": misconfigured,
		"closed": 0, "corrupt": 0, "unexpected": mayHaveRun,
	}
	for i := range kinds {
		k, got := Kind(i), 0
		for bit, is := range map[int]bool{unreachable: k.Unreachable(), misconfigured: k.Misconfigured(), mayHaveRun: k.MayHaveRun()} {
			if is {
				got |= bit
			}
		}
		if w, ok := want[k.String()]; !ok || got != w {
			t.Errorf("kind %d, %q: %03b, want %03b", k, k, got, w)
		}
		delete(want, k.String())
	}
	if len(want) > 0 {
		t.Errorf("no such kinds: %v", want)
	}
	if (Kind(0)).String() != "unexpected" {
		t.Error("the zero Kind is not unexpected")
	}
}
