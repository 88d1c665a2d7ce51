package redisstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A fakeSentinel names a master, and takes another while the first lives on, as
// it may after a partition. Nobody is told: who wants to know must ask.
type fakeSentinel struct {
	addr   string
	master atomic.Pointer[string]
}

func newFakeSentinel(t *testing.T, master string) *fakeSentinel {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	f := &fakeSentinel{addr: l.Addr().String()}
	f.master.Store(&master)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *fakeSentinel) serve(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		words, err := readCommand(r)
		if err != nil {
			_ = c.Close()
			return
		}
		switch strings.ToLower(words[0] + " " + words[1]) {
		case "sentinel get-master-addr-by-name":
			host, port, _ := net.SplitHostPort(*f.master.Load())
			_, _ = fmt.Fprintf(c, "*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(host), host, len(port), port)
		case "sentinel sentinels", "sentinel replicas":
			_, _ = io.WriteString(c, "*0\r\n")
		default:
			_, _ = io.WriteString(c, "-ERR unknown command\r\n")
		}
	}
}

// command reads one, and adds an empty word.
func readCommand(r *bufio.Reader) (words []string, err error) {
	number := func() int {
		var s string
		if s, err = r.ReadString('\n'); err != nil || len(s) < 3 {
			return 0
		}
		n, _ := strconv.Atoi(strings.TrimSpace(s[1:]))
		return n
	}
	for n := number(); n > 0 && err == nil; n-- {
		b := make([]byte, number()+2)
		if _, err = io.ReadFull(r, b); err == nil {
			words = append(words, string(b[:len(b)-2]))
		}
	}
	return append(words, "", ""), err
}

// sizes is how many keys each server has.
func sizes(t *testing.T, servers ...*redistest.Server) (n []int64) {
	t.Helper()
	for _, s := range servers {
		v, err := s.Do("DBSIZE")
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, v.(int64))
	}
	return n
}

// A master that was replaced and lives on is not asked any more, a second or so
// after the sentinels have named another, and no call fails for it.
func TestReplacedMasterIsLeft(t *testing.T) {
	t.Parallel()
	a, b := redistest.Start(t), redistest.Start(t)
	f := newFakeSentinel(t, a.Addr)
	failover := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{f.addr}})
	// A failover group that is spoken to as a cluster of one.
	slots := redis.NewClusterClient(&redis.ClusterOptions{ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
		return []redis.ClusterSlot{{End: 16383, Nodes: []redis.ClusterNode{{Addr: *f.master.Load()}}}}, nil
	}})
	for name, rdb := range map[string]redis.UniversalClient{"client": failover, "cluster": slots} {
		f.master.Store(&a.Addr)
		a.Flush()
		b.Flush()
		s, err := New(rdb, Config{Timeout: time.Second, Refusals: -1})
		if err != nil {
			t.Fatal(err)
		}
		c := open(t, s, "switch", ratelimit.PerHour(1_000_000))
		var wg sync.WaitGroup
		for i := range 32 { // several connections
			wg.Go(func() {
				take(t, c, keyOf(i), 1, false)
				if err := c.Refund(context.Background(), keyOf(i), 1, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := sizes(t, a, b); n[0] != 32 || n[1] != 0 {
			t.Fatalf("%s: keys %v", name, n)
		}
		f.master.Store(&b.Addr)
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
			take(t, c, keyOf(0), 1, false) // never fails
		}
		before := sizes(t, a)[0]
		for i := range 100 {
			wg.Go(func() {
				take(t, c, keyOf(1000+i), 1, false)
				if err := c.Refund(context.Background(), keyOf(2000+i), 1, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := sizes(t, a, b); n[0] != before || n[1] != 101 {
			t.Errorf("%s: keys %v, and %d before", name, n, before)
		}
		if err := errors.Join(s.Close(), rdb.Close()); err != nil {
			t.Error(err)
		}
	}
}
