package fleet

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// assumedNetwork is the round trip between a process and a shard within a data centre.
const assumedNetwork = 250 * time.Microsecond

// measureCosts measures one operation under a limit on this machine.
func measureCosts(t *testing.T, limit ratelimit.Limit) Costs {
	const lone, callers, each = 4000, 64, 150
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	store := mwtest.Must[*redisstore.Store](t)(redisstore.New(client, redisstore.Config{Refusals: -1, Timeout: time.Second}))
	t.Cleanup(func() { _, _ = store.Close(), client.Close() })
	counter := mwtest.Must[ratelimit.Counter](t)(store.Open("cost", []ratelimit.Limit{limit}))
	take := func(i int) {
		k := key{byte(i), byte(i >> 8)}
		if _, err := counter.Take(context.Background(), k, 1, false); err != nil {
			t.Error(err)
		}
	}
	for i := range 200 {
		take(i)
	}
	before, script, began := processorTime(t, server), scriptTime(t, server), ownTime(t)
	trips := make([]time.Duration, lone)
	for i := range trips {
		start := time.Now()
		take(i % 200)
		trips[i] = time.Since(start)
	}
	own := ownTime(t) - began
	after, scripts := processorTime(t, server), scriptTime(t, server)
	slices.Sort(trips)
	c := Costs{
		Script: scripts.each(script), Server: (after - before) / lone, Client: own / lone, Trip: trips[lone/2], Network: assumedNetwork,
	}
	before, script = processorTime(t, server), scriptTime(t, server)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				take(i + callers*(j%3))
			}
		})
	}
	wg.Wait()
	spent, calls := processorTime(t, server)-before, scriptTime(t, server).calls-script.calls
	c.Entry = max((spent-time.Duration(calls)*c.Server)/time.Duration(max(callers*each-calls, 1)), c.Script/4)
	c.Memory = timeOfMemory(t, limit)
	return c
}

// timeOfMemory measures a decision of a Limiter without a store.
func timeOfMemory(t *testing.T, limit ratelimit.Limit) time.Duration {
	l := mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{
		Name: "api", Limits: []ratelimit.Limit{limit}, Key: ratelimit.ByClientIP, MaxKeys: 8,
	}))
	const n = 100_000
	start := time.Now()
	for range n {
		l.Take(context.Background(), ratelimit.StringKey("key"), 1)
	}
	return time.Since(start) / n
}

// A scriptUse is the use of the script, by INFO commandstats.
type scriptUse struct {
	calls int
	spent time.Duration
}

func (u scriptUse) each(before scriptUse) time.Duration {
	return (u.spent - before.spent) / time.Duration(max(u.calls-before.calls, 1))
}

var (
	statistics = regexp.MustCompile(`cmdstat_evalsha:calls=(\d+),usec=(\d+)`)
	processor  = regexp.MustCompile(`used_cpu_(?:sys|user):([0-9.]+)`)
)

func info(t *testing.T, s *redistest.Server, section string) string {
	text, err := s.Do("INFO", section)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(text)
}

func scriptTime(t *testing.T, s *redistest.Server) (u scriptUse) {
	m := statistics.FindStringSubmatch(info(t, s, "commandstats"))
	if m == nil {
		t.Fatal("no call of the script")
	}
	u.calls, _ = strconv.Atoi(m[1])
	micros, _ := strconv.Atoi(m[2])
	u.spent = time.Duration(micros) * time.Microsecond
	return u
}

// processorTime returns the processor time of the server.
func processorTime(t *testing.T, s *redistest.Server) (sum time.Duration) {
	for _, m := range processor.FindAllStringSubmatch(info(t, s, "cpu"), -1) {
		seconds, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(seconds * 1e9)
	}
	return sum
}

// ownTime returns the processor time of this process.
func ownTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
