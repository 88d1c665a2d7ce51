package redisscript_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// sumEach returns the sum of ARGV[1] and the length of each key's name.
const sumEach = `
local out = {}
for i, key in ipairs(KEYS) do out[i] = struct.pack('>i8', #key + ARGV[1]) end
return table.concat(out)`

// A reused Call sends the current keys, arguments and script.
func TestCallIsReused(t *testing.T) {
	server := redistest.Start(t)
	client := dial(t, server.Addr)
	scripts := []*redisscript.Script{redisscript.New(sumEach, 1), redisscript.New("-- another\n"+sumEach, 1)}
	call := redisscript.NewCall(40)
	for _, keys := range []int{1, 40, 3, 1, 17} {
		if keys == 3 {
			server.ScriptFlush()
		}
		call.Begin(scripts[keys%2], keys)
		for i := range keys {
			call.Append(fmt.Sprint("key ", i))
		}
		call.Append(100 * keys)
		reply, err := call.Do(t.Context(), client)
		if err == nil {
			err = reply.Check(keys)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range keys {
			if want := int64(len(fmt.Sprint("key ", i)) + 100*keys); reply.Int(i) != want {
				t.Errorf("%d keys: integer %d is %d, want %d", keys, i, reply.Int(i), want)
			}
		}
	}
	call.Begin(scripts[0], 50) // more keys than the Call has memory for
	for i := range 50 {
		call.Append(fmt.Sprint("key ", i))
	}
	call.Append(0)
	if reply, err := call.Do(t.Context(), client); err == nil {
		t.Errorf("%d bytes", len(reply))
	}
}

// On a cluster each call goes to the node of its key, and each node gets the script.
func TestCallOnACluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	t.Cleanup(func() { _ = client.Close() })
	script := redisscript.New(count, 2)
	for i := range 60 {
		key := fmt.Sprint("visits ", i%30)
		if reply, err := script.Do(t.Context(), client, key, 1); err != nil || reply.Int(0) != int64(1+i/30) {
			t.Fatalf("%s: %v, %v", key, reply, err)
		}
	}
}

func TestCallAllocatesNothing(t *testing.T) {
	client := dial(t, redistest.Start(t).Addr)
	script := redisscript.New(sumEach, 1)
	call := redisscript.NewCall(1)
	ctx, key, arg := t.Context(), any([]byte("key")), any(int64(1))
	do := func() {
		call.Begin(script, 1)
		call.Append(key)
		call.Append(arg)
		if reply, err := call.Do(ctx, client); err != nil || reply.Int(0) != 4 {
			t.Fatal(reply, err)
		}
	}
	// go-redis itself allocates for a call, because it sets and clears deadlines.
	ping := redis.NewStatusCmd(ctx, "ping")
	baseline := testing.AllocsPerRun(200, func() {
		if err := client.Process(ctx, ping); err != nil {
			t.Fatal(err)
		}
	})
	mwtest.MaxAllocs(t, "a call", baseline, do)
}
