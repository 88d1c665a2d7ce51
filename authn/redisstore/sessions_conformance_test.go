package redisstore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/internal/sessiontest"
)

// runBehaviours runs the behaviours of every sessionstore.Store.
func runBehaviours(t *testing.T, s *Sessions, pass func(time.Duration)) {
	t.Helper()
	for _, b := range sessiontest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			b.Run(sessiontest.Rig{T: t, Store: s, Pass: pass, Tick: 400 * time.Millisecond})
		})
	}
}

// On one server the clock of the server is moved.
func TestSessionsBehave(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	runBehaviours(t, newStore(t, server.Addr, Config{}).Sessions(), clock.Shift)
}

// The servers of a cluster depend on their clocks, so there the scripts get another time.
func TestSessionsBehaveOnACluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	s := newStoreFor(t, client, Config{}).Sessions()
	runBehaviours(t, s, newScriptClock(s, cluster.Nodes).pass(t))
}

// Under sentinels each change waits for a replica.
func TestSessionsBehaveUnderSentinels(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	s := newStoreFor(t, failoverClient(sentinel), Config{Replicas: 1, ReplicaTimeout: 500 * time.Millisecond}).Sessions()
	awaitReplicas(t, s)
	runBehaviours(t, s, newScriptClock(s, sentinel.Nodes).pass(t))
}

// awaitReplicas waits until a replica acknowledges: a new one first loads the data.
func awaitReplicas(t *testing.T, s *Sessions) {
	t.Helper()
	for range 40 {
		err := s.RevokeToken(t.Context(), strings.Repeat("A", 26), [16]byte{1}, time.Second)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrNotReplicated) {
			t.Fatal(err)
		}
	}
	t.Fatal("no replica acknowledges")
}

func failoverClient(s *redistest.Sentinel) *redis.Client {
	return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.MasterName, SentinelAddrs: s.Addrs()})
}

// A scriptClock is a clock of the scripts that is ahead of the clock of the servers. It
// also makes the keys older.
type scriptClock struct {
	sessions *Sessions
	servers  []*redistest.Server
	ahead    time.Duration
}

func newScriptClock(s *Sessions, servers []*redistest.Server) *scriptClock {
	return &scriptClock{sessions: s, servers: servers}
}

func (c *scriptClock) pass(t *testing.T) func(time.Duration) {
	return func(d time.Duration) {
		c.ahead += d
		c.sessions.scripts = scriptsAhead(c.ahead)
		for _, server := range c.servers {
			if err := age(server, d); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// scriptsAhead returns the scripts with a clock that is ahead.
func scriptsAhead(d time.Duration) sessionScripts {
	ahead := func(source string) string {
		const clock = "local now = t[1] * 1000"
		if !strings.Contains(source, clock) {
			panic("the script has no clock")
		}
		return strings.Replace(source, clock, "local now = "+strconv.FormatInt(d.Milliseconds(), 10)+" + t[1] * 1000", 1)
	}
	return newSessionScripts(ahead(sessionsSource), ahead(upstreamSource), ahead(revokedSource))
}

// age shortens the time to live of all keys of a master.
func age(server *redistest.Server, d time.Duration) error {
	role, err := server.Do("ROLE")
	if err != nil || fmt.Sprint(role.([]any)[0]) != "master" {
		return err
	}
	keys, err := server.Do("KEYS", "*")
	if err != nil {
		return err
	}
	for _, key := range keys.([]any) {
		life, err := server.Do("PTTL", key)
		if err != nil {
			return err
		}
		switch left := time.Duration(life.(int64))*time.Millisecond - d; {
		case life.(int64) == -1:
			return fmt.Errorf("%s has no time to live", key)
		case left <= 0:
			_, err = server.Do("DEL", key)
		default:
			_, err = server.Do("PEXPIRE", key, left.Milliseconds())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
