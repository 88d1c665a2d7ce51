package redisscript_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// count adds ARGV[1] to KEYS[1], and returns the sum and a number below zero.
const count = `return struct.pack('>i8i8', redis.call('INCRBY', KEYS[1], ARGV[1]), -3)`

func dial(tb testing.TB, addr string) *redis.Client {
	tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// A commandLog records the names of the sent commands.
type commandLog struct {
	redisscript.Conn
	names []string
}

func (s *commandLog) Process(ctx context.Context, cmd redis.Cmder) error {
	s.names = append(s.names, cmd.Name())
	return s.Conn.Process(ctx, cmd)
}

// A server that does not know the script gets it in full, once, and runs it once.
func TestUnknownScriptIsSentInFull(t *testing.T) {
	server := redistest.Start(t)
	conn := &commandLog{Conn: dial(t, server.Addr)}
	script := redisscript.New(count, 2)
	want := int64(0)
	for range 3 {
		server.ScriptFlush()
		for i, names := range []string{"evalsha eval", "evalsha", "evalsha"} {
			conn.names = nil
			want += 2
			reply, err := script.Do(t.Context(), conn, "visits", 2)
			if err != nil || reply.Int(0) != want || reply.Int(1) != -3 {
				t.Fatalf("%v, %v, want %d", reply, err, want)
			}
			if got := strings.Join(conn.names, " "); got != names {
				t.Errorf("call %d after the flush sent %q, want %q", i, got, names)
			}
		}
	}
}

// No other error causes a second attempt.
func TestOtherErrorsAreReturned(t *testing.T) {
	server := redistest.Start(t)
	conn := &commandLog{Conn: dial(t, server.Addr)}
	script := redisscript.New(count, 2)
	if _, err := server.Do("LPUSH", "list", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := script.Do(t.Context(), conn, "visits", 2); err != nil {
		t.Fatal(err)
	}
	conn.names = nil
	if _, err := script.Do(t.Context(), conn, "list", 2); !redis.HasErrorPrefix(err, "WRONGTYPE") && (err == nil || !strings.Contains(err.Error(), "WRONGTYPE")) {
		t.Errorf("a list: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := script.Do(ctx, conn, "visits", 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if len(conn.names) != 2 {
		t.Errorf("sent %q", conn.names)
	}
}

// A script whose reply was lost may have run, so a client with the default options does
// not send it again either.
func TestCallWithLostReplyIsNotRepeated(t *testing.T) {
	server := redistest.Start(t)
	conn := &commandLog{Conn: dial(t, server.Addr)}
	script := redisscript.New(count, 2)
	do := func() error {
		_, err := script.Do(t.Context(), conn, "visits", 1)
		return err
	}
	if err := do(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for range 5 {
		// A paused server reads the command and waits with it. Then the test cuts the
		// connection, and a second attempt would get a reply.
		if _, err := server.Do("CLIENT", "PAUSE", "100", "WRITE"); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		conn.names = nil
		go func() { done <- do() }()
		<-time.After(20 * time.Millisecond)
		if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			lost++
		}
		if len(conn.names) != 1 {
			t.Errorf("sent %q", conn.names)
		}
		<-time.After(100 * time.Millisecond)
	}
	if lost < 4 { // the machine may be busy
		t.Errorf("%d of 5 calls reported a lost reply: the others were sent again", lost)
	}
}

// A malformed reply is an error, and the connection can be used after it.
func TestMalformedReplies(t *testing.T) {
	client := dial(t, redistest.Start(t).Addr)
	for source, isErrReply := range map[string]bool{
		`return 'short'`:                     true,
		`return ''`:                          true,
		`return struct.pack('>i8', 1)`:       true,
		`return 12`:                          true,
		`return struct.pack('>i8i8i8', 1,2)`: false, // an error of Lua
		`return string.rep('x', 17)`:         true,
		`return string.rep('x', 1000)`:       false, // does not fit
		`return {1, 2}`:                      false,
		`return false`:                       false,
	} {
		reply, err := redisscript.New(source, 2).Do(t.Context(), client, "key")
		if err == nil || reply != nil || errors.Is(err, redisscript.ErrReply) != isErrReply {
			t.Errorf("%s: %q, %v", source, reply, err)
		}
		if reply, err := redisscript.New(count, 2).Do(t.Context(), client, "visits", 0); err != nil || reply.Int(0) != 0 {
			t.Fatalf("after %s: %v, %v", source, reply, err)
		}
	}
}

// A pipeline has no fallback, so it gives no reply, even to a Call that has had one
// before.
func TestPipelineGivesNoReply(t *testing.T) {
	client := dial(t, redistest.Start(t).Addr)
	script := redisscript.New(count, 2)
	call := redisscript.NewCall(2)
	for _, conn := range []redisscript.Conn{client, client.Pipeline(), client, client.TxPipeline()} {
		_, pipeline := conn.(redis.Pipeliner)
		call.Begin(script, 1)
		call.Append("visits", 1)
		reply, err := call.Do(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		if err := reply.Check(2); errors.Is(err, redisscript.ErrReply) != pipeline {
			t.Errorf("%T: %v", conn, err)
		}
		if _, err := script.Do(t.Context(), conn, "visits", 1); errors.Is(err, redisscript.ErrReply) != pipeline {
			t.Errorf("%T: %v", conn, err)
		}
	}
}

// A script with several keys returns a list of strings with any bytes, also when the server
// does not know it yet, and on a cluster.
func TestStrings(t *testing.T) {
	server := redistest.Start(t)
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	t.Cleanup(func() { _ = cluster.Close() })
	script := redisscript.New(`return {KEYS[1], KEYS[2] or '', ARGV[1], #KEYS .. ''}`, 0)
	for name, conn := range map[string]redisscript.Conn{"one": dial(t, server.Addr), "cluster": cluster} {
		for i := range 20 {
			if i == 10 {
				server.ScriptFlush()
			}
			tag := fmt.Sprint("{", i, "}")
			got, err := script.Strings(t.Context(), conn, []string{tag + "a", tag + "b"}, []byte("\x00\xff"))
			if want := []string{tag + "a", tag + "b", "\x00\xff", "2"}; err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s: %q, %v", name, got, err)
			}
		}
	}
	broken := redisscript.New(`return redis.error_reply('ERR broken')`, 0)
	if got, err := broken.Strings(t.Context(), dial(t, server.Addr), []string{"a"}); err == nil {
		t.Errorf("%q", got)
	}
}
