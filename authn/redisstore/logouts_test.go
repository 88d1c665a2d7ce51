package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/logouttest"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// TestLogoutsBehave runs the behaviours of every logoutstore.Store. On one server the clock of
// the server is moved, and on a cluster the keys are made older.
func TestLogoutsBehave(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	for name, rig := range map[string]logouttest.Rig{
		"one server": {Store: newStore(t, server.Addr, Config{}).Logouts(), Pass: clock.Shift},
		"cluster": {Store: newStoreFor(t, client, Config{}).Logouts(), Pass: func(d time.Duration) {
			for _, node := range cluster.Nodes {
				if err := age(node, d); err != nil {
					t.Fatal(err)
				}
			}
		}},
	} {
		for _, b := range logouttest.Behaviours() {
			t.Run(name+"/"+b.Name, func(t *testing.T) {
				rig.T = t
				b.Run(rig)
			})
		}
	}
}

// A failover may bring back any earlier state of a name. After the same Note, made twice, the
// name has the latest of the times that the state and the Note have, and a time to live.
func playLogoutStates(ctx context.Context, l *Logouts) error {
	const name = "name"
	base := time.UnixMilli(1_790_000_000_000)
	client := l.store.client
	for _, state := range []struct {
		at   time.Duration // after base
		keep time.Duration // 0: no entry
	}{{0, 0}, {-time.Hour, time.Minute}, {0, time.Minute}, {time.Hour, time.Minute}, {0, time.Hour}, {time.Hour, time.Millisecond * 900_000}} {
		if err := client.FlushAll(ctx).Err(); err != nil {
			return err
		}
		want, keep := base, max(10*time.Minute, state.keep)
		if state.keep > 0 {
			want = base.Add(max(0, state.at))
			if err := client.Set(ctx, l.key(name), base.Add(state.at).UnixMilli(), state.keep).Err(); err != nil {
				return err
			}
		}
		for range 2 {
			err := l.Note(ctx, name, base, 10*time.Minute)
			got, readErr := l.Noted(ctx, name)
			life := client.PTTL(ctx, l.key(name)).Val()
			if err := errors.Join(err, readErr); err != nil || !got.Equal(want) || life > keep || life < keep-10*time.Second {
				return fmt.Errorf("state %+v: %v for %v, want %v for %v: %w", state, got, life, want, keep, errors.Join(err, errors.New("another result")))
			}
		}
	}
	return nil
}

func TestLogoutsInEveryState(t *testing.T) {
	l := newStore(t, redistest.Start(t).Addr, Config{}).Logouts()
	if err := playLogoutStates(t.Context(), l); err != nil {
		t.Error(err)
	}
	// The states find a script that is broken.
	for name, change := range map[string][2]string{
		"a time goes back":       {"at = math.max(tonumber(at), tonumber(ARGV[1]))", "at = tonumber(ARGV[1])"},
		"a note twice adds":      {"at = math.max(tonumber(at), tonumber(ARGV[1]))", "at = tonumber(at) + tonumber(ARGV[1])"},
		"a life becomes shorter": {"math.max(redis.call('PTTL', key), tonumber(ARGV[2]))", "tonumber(ARGV[2])"},
		"a note never ends":      {", 'PX', string.format('%.0f', life)", ""},
	} {
		broken := *l
		source := strings.Replace(logoutsSource, change[0], change[1], 1)
		if source == logoutsSource {
			t.Fatalf("%s: the script does not have %q", name, change[0])
		}
		broken.script = redisscript.New(source, 0)
		if playLogoutStates(t.Context(), &broken) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// What Redis can hold instead of a time is an error.
func TestForeignLogoutsAreAnOutage(t *testing.T) {
	server := redistest.Start(t)
	l := newStore(t, server.Addr, Config{}).Logouts()
	for _, setup := range [][]any{{"SET", l.key("n"), "text"}, {"SET", l.key("n"), ""}, {"SET", l.key("n"), "-1"}, {"HSET", l.key("n"), "a", "1"}} {
		server.Flush()
		if _, err := server.Do(setup...); err != nil {
			t.Fatal(err)
		}
		if err := l.Note(t.Context(), "n", time.Now(), time.Minute); err == nil {
			t.Errorf("%v: Note without an error", setup)
		}
		if at, err := l.Noted(t.Context(), "n"); err == nil {
			t.Errorf("%v: %v", setup, at)
		}
	}
}
