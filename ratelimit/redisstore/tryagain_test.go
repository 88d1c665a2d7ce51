package redisstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// startSlotMove begins to move the slot of a tag from its master to another, moves only
// the given keys, and does not finish.
func startSlotMove(t *testing.T, cluster *redistest.Cluster, tag string, keys ...string) {
	t.Helper()
	do := func(s *redistest.Server, args ...any) any {
		reply, err := s.Do(args...)
		if err != nil {
			t.Fatal(args, err)
		}
		return reply
	}
	slot := slotOf(tag)
	i := 0
	for (i+1)*slotCount/3 <= slot {
		i++
	}
	from, to := cluster.Nodes[i], cluster.Nodes[(i+1)%3]
	do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", do(from, "CLUSTER", "MYID"))
	do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", do(to, "CLUSTER", "MYID"))
	host, port, _ := strings.Cut(to.Addr, ":")
	for _, key := range keys {
		do(from, "MIGRATE", host, port, key, 0, 1000)
	}
}

// While a slot is being moved, some of its keys are on the old node, some on the new
// one, and some are new. A call for all of them decides each key once, and so does each
// later call.
func TestKeysOfASlotBeingMoved(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	s := newStoreFor(t, rdb, Config{Timeout: time.Second, Refusals: -1})
	c := open(t, s, "moving", ratelimit.PerHour(40))
	const part = 3
	var keys [][16]byte
	for i := 0; len(keys) < 30; i++ {
		if k := keyOf(i); tagIndex(&k) == part {
			keys = append(keys, k)
		}
	}
	var moved []string
	for i := range 20 {
		if take(t, c, keys[i], 1, false); i < 10 {
			moved = append(moved, c.keyName(&keys[i]))
		}
	}
	bad := keys[29]
	if err := rdb.Set(context.Background(), c.keyName(&bad), "hello", 0).Err(); err != nil {
		t.Fatal(err)
	}
	startSlotMove(t, cluster, s.tags[part], append(moved, c.keyName(&bad))...)
	both := []string{moved[0], c.keyName(&keys[20])}
	if err := rdb.Eval(context.Background(), "return 1", both).Err(); !redis.IsTryAgainError(err) {
		t.Fatalf("the slot is not being moved: %v", err)
	}
	b := newBatch(c.queues[part])
	for round := range 3 {
		var ws []*waiter
		for _, k := range keys {
			ws = append(ws, &waiter{request: request{key: k, n: 1}})
			b.add(ws[len(ws)-1])
		}
		begin := time.Now()
		b.deadline = begin.Add(time.Second)
		if b.err = b.run(begin); b.err != nil {
			t.Fatal(b.err)
		}
		for i, w := range ws {
			got, err := b.result(w)
			if w.key == bad {
				if kind(err) != "corrupt" {
					t.Errorf("%+v, %v", got, err)
				}
				continue
			}
			want := int64(39 - round)
			if i < 20 {
				want--
			}
			if err != nil || got.Granted != 1 || got.Left != want {
				t.Errorf("round %d, key %d: %+v, %v; want %d left", round, i, got, err, want)
			}
		}
		b.reset()
	}
	if _, err := c.Take(context.Background(), keys[25], 1, false); err != nil {
		t.Error(err)
	}
	// An error for one key fails no other key, and the split call ends in time.
	for _, k := range keys {
		b.add(&waiter{request: request{key: k, n: 1}})
	}
	b.deadline = time.Now().Add(-time.Second)
	b.ctx.begin(time.Now(), b.deadline)
	b.splitOnTryAgain()
	for _, e := range b.entries[:b.used] {
		if kind(e.err) != "deadline" {
			t.Errorf("%v", e.err)
		}
	}
}
