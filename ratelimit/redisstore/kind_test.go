package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

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
		{reply("ERR The user executing the script can't run this command or subcommand script: x, on @user_script:46."), "no_auth"},
		{reply("ERR Protocol error: unauthenticated multibulk length"), "no_auth"},
		{reply("ERR Protocol error: unauthenticated bulk length"), "no_auth"},
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

// documentedRights are the commands in doc.go.
var documentedRights = []string{"eval", "evalsha", "time", "get", "set", "getrange", "setrange", "pexpire", "pttl", "del", "unlink"}

// useEverything makes every call of a Store once, and returns the errors.
func useEverything(t *testing.T, admin *redis.Client, user redis.UniversalClient) (limiter, logins []error) {
	t.Helper()
	s := newStoreFor(t, user, Config{Prefix: "shop:limits", Timeout: time.Second, Refusals: -1, LeaseAmong: 1})
	ctx := t.Context()
	for i, limits := range limitSets {
		c := open(t, s, fmt.Sprint("rights-", i), limits...)
		for range 2 {
			count, err := c.Take(ctx, keyOf(1), 1, false)
			limiter = append(limiter, err, c.Refund(ctx, keyOf(1), 1, count.Stamp))
		}
		_, err := c.Take(ctx, keyOf(1), 1, true)
		limiter = append(limiter, err, c.Reset(ctx, keyOf(1)), c.Reset(ctx, keyOf(1)))
		foreign := keyOf(2)
		if err := admin.Set(ctx, c.keyName(&foreign), "hello", time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		limiter = append(limiter, c.Reset(ctx, foreign))
	}
	l := newLockoutStore(t, s, "rights")
	for range 2 {
		for _, err := range callEveryStep(l, loginKey(1, 1)) {
			logins = append(logins, err)
		}
		logins = append(logins, l.Unlock(ctx, loginKey(1, 1).Account), l.Unlock(ctx, loginKey(2, 1).Account))
	}
	return limiter, logins
}

// A user with the documented rights can use everything. Without one of them some call
// fails, with a kind that says so, and so do all calls without a password.
func TestDocumentedRights(t *testing.T) {
	t.Parallel()
	server := dial(t, redistest.Start(t).Addr)
	setUser := func(rules ...any) {
		t.Helper()
		if err := server.Do(t.Context(), append([]any{"ACL", "SETUSER"}, rules...)...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	user := func(name, password string) *redis.Client {
		c := redis.NewClient(&redis.Options{Addr: server.Options().Addr, Username: name, Password: password})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, without := range append(documentedRights, "") {
		name := "limits-" + without
		rules := []any{name, "on", ">password", "~shop:limits:*"}
		for _, command := range documentedRights {
			if command != without {
				rules = append(rules, "+"+command)
			}
		}
		setUser(rules...)
		failed := 0
		limiter, logins := useEverything(t, server, user(name, "password"))
		for i, err := range append(logins, limiter...) {
			// The window scripts decide many keys in one call, and take a key that they
			// cannot read for the value of another package.
			unread := i >= len(logins) && strings.HasPrefix(without, "get") && kind(err) == "corrupt"
			if err != nil {
				failed++
			}
			if err != nil && kind(err) != "no_auth" && !unread {
				t.Errorf("without %q: %v", without, err)
			}
		}
		if (failed > 0) != (without != "") {
			t.Errorf("without %q: %d calls failed", without, failed)
		}
		if !strings.Contains(string(doc), "+"+without) {
			t.Errorf("%s is not documented", without)
		}
	}
	if err := server.ConfigSet(t.Context(), "requirepass", "secret").Err(); err != nil {
		t.Fatal(err)
	}
	admin := user("", "secret")
	limiter, logins := useEverything(t, admin, user("", ""))
	for _, err := range append(limiter, logins...) {
		if kind(err) != "no_auth" && kind(err) != "eof" && kind(err) != "reset" {
			t.Errorf("without a password: %v", err)
		}
	}
}
