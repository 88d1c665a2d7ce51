package redisstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
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

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// clusterNode starts a server in cluster mode that owns all slots between the two given
// ones, both included.
func clusterNode(t *testing.T, first, last int) *redis.Client {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(),
		"--cluster-enabled", "yes", "--cluster-port", freePort(t), "--cluster-require-full-coverage", "no")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	node := dial(t, "127.0.0.1:"+port)
	ctx := context.Background()
	await(t, "the node", func() bool { return node.Ping(ctx).Err() == nil })
	if err := node.ClusterAddSlotsRange(ctx, first, last).Err(); err != nil {
		t.Fatal(err)
	}
	await(t, "the slots", func() bool {
		return strings.Contains(node.ClusterInfo(ctx).Val(), "cluster_state:ok")
	})
	return node
}

// On a cluster every call stays in one slot, also when a later call uses its memory
// again for other keys, and the bound is the same.
func TestCluster(t *testing.T) {
	t.Parallel()
	node := clusterNode(t, 0, slotCount-1)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{node.Options().Addr}, MaxRetries: 5, ReadOnly: true})
	s := newStoreFor(t, rdb, Config{Timeout: time.Second, Refusals: -1})
	c := open(t, s, "cluster", ratelimit.PerHour(40), ratelimit.Limit{Quota: 90, Window: 24 * time.Hour})
	var granted [100]atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 100 {
				got, err := c.Take(context.Background(), keyOf((i+j)%100), 1, false)
				if err != nil {
					t.Error(err)
				}
				granted[(i+j)%100].Add(int64(got.Granted))
			}
		})
	}
	wg.Wait()
	for i := range granted {
		if n := granted[i].Load(); n != 40 {
			t.Errorf("key %d: %d granted", i, n)
		}
	}
	if n := node.DBSize(context.Background()).Val(); n != 100 {
		t.Errorf("%d keys", n)
	}
	if err := c.Refund(context.Background(), keyOf(1), 1, take(t, c, keyOf(101), 1, false).Stamp); err != nil {
		t.Error(err)
	}
	if err := c.Reset(context.Background(), keyOf(1)); err != nil {
		t.Error(err)
	}
	if got := take(t, c, keyOf(1), 1, false); got.Granted != 1 {
		t.Errorf("after Reset: %+v", got)
	}
}

// A client for one node cannot follow keys through a cluster. The error says why.
func TestClientForOneNodeOfACluster(t *testing.T) {
	t.Parallel()
	node := clusterNode(t, 0, 100)
	c := open(t, newStore(t, node.Options().Addr, Config{Timeout: time.Second}), "wrong", ratelimit.PerHour(40))
	moved := 0
	for i := range 40 {
		if _, err := c.Take(context.Background(), keyOf(i), 1, false); kind(err) == "moved" || kind(err) == "cluster_down" {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no call got an error that says why")
	}
}

// A call whose reply was lost is not sent again. The cluster client of go-redis would
// send it again.
func TestClusterSendsNothingTwice(t *testing.T) {
	t.Parallel()
	node := clusterNode(t, 0, slotCount-1)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{node.Options().Addr}})
	s := newStoreFor(t, rdb, Config{Timeout: time.Second})
	c := open(t, s, "twice", ratelimit.PerHour(1000))
	ctx := context.Background()
	take(t, c, keyOf(1), 1, false)
	// A paused server reads the command and waits with it. Then the test cuts the
	// connection. A client that sends the command again gets a reply.
	killed := 0
	for range 10 {
		done := make(chan error, 1)
		if err := node.Do(ctx, "client", "pause", 40, "write").Err(); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := c.Take(ctx, keyOf(2), 1, false)
			done <- err
		}()
		<-time.After(10 * time.Millisecond)
		_ = node.Do(ctx, "client", "kill", "type", "normal", "skipme", "yes").Err()
		if err := <-done; err != nil {
			killed++
			if k := kind(err); k != "eof" && k != "reset" {
				t.Errorf("%v", err)
			}
		}
	}
	if killed < 8 {
		t.Errorf("%d of 10 calls reported a lost reply: the others were sent again", killed)
	}
}

func TestTagsAreSpreadEvenly(t *testing.T) {
	t.Parallel()
	rdb := clusterNode(t, 0, slotCount-1)
	seen := map[string]bool{}
	for i, tag := range slotTags() {
		slot := rdb.ClusterKeySlot(context.Background(), "x{"+tag+"}y").Val()
		if len(tag) != tagSize || seen[tag] || int(slot)*tagCount/slotCount != i || slotOf(tag) != int(slot) {
			t.Errorf("part %d: tag %q in slot %d", i, tag, slot)
		}
		seen[tag] = true
	}
	var counts [tagCount]int
	for i := range 32_000 {
		k := keyOf(i)
		counts[tagIndex(&k)]++
	}
	for i, n := range counts {
		if n < 800 || n > 1200 {
			t.Errorf("part %d has %d of 32000 keys", i, n)
		}
	}
}

// A fakeSentinel names a master, and names another while the first lives on, as a
// sentinel may after a partition. It notifies no client, so a client has to ask.
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

// readCommand reads one command, and appends two empty words.
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

// keyCounts returns the number of keys of each server.
func keyCounts(t *testing.T, servers ...*redistest.Server) (n []int64) {
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

// A replaced master that lives on gets no more calls about a second after the sentinels
// have named another master. No call fails because of the switch.
func TestReplacedMasterGetsNoMoreCalls(t *testing.T) {
	t.Parallel()
	a, b := redistest.Start(t), redistest.Start(t)
	f := newFakeSentinel(t, a.Addr)
	failover := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{f.addr}})
	// A failover group behind a cluster client, as a cluster of one node.
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
		for i := range 32 { // to use several connections
			wg.Go(func() {
				take(t, c, keyOf(i), 1, false)
				if err := c.Refund(context.Background(), keyOf(i), 1, ratelimit.Stamp{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := keyCounts(t, a, b); n[0] != 32 || n[1] != 0 {
			t.Fatalf("%s: keys %v", name, n)
		}
		f.master.Store(&b.Addr)
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
			take(t, c, keyOf(0), 1, false) // never fails
		}
		before := keyCounts(t, a)[0]
		for i := range 100 {
			wg.Go(func() {
				take(t, c, keyOf(1000+i), 1, false)
				if err := c.Refund(context.Background(), keyOf(2000+i), 1, ratelimit.Stamp{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := keyCounts(t, a, b); n[0] != before || n[1] != 101 {
			t.Errorf("%s: keys %v, and %d before", name, n, before)
		}
		if err := errors.Join(s.Close(), rdb.Close()); err != nil {
			t.Error(err)
		}
	}
}
