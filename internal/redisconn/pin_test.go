package redisconn

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// The commands of one Pin use one connection, to the master that has the key.
func TestPin(t *testing.T) {
	cluster := redistest.StartCluster(t)
	for name, universal := range map[string]redis.UniversalClient{
		"one":     redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr}),
		"cluster": redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()}),
	} {
		defer universal.Close()
		c := mwtest.Must[*Client](t)(New(universal))
		defer c.Close()
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			err := c.Pin(t.Context(), key, func(conn *redis.Conn) error {
				before, beforeErr := conn.ClientID(t.Context()).Result()
				err := conn.Set(t.Context(), key, "value", 0).Err()
				after, afterErr := conn.ClientID(t.Context()).Result()
				if before != after {
					t.Errorf("%s: two connections", name)
				}
				return errors.Join(beforeErr, err, afterErr)
			})
			if err != nil {
				t.Errorf("%s: %s: %v", name, key, err)
			}
		}
	}
}

// A connection on which nothing could be sent is replaced, and any other error is not tried
// again.
func TestPinTriesUnsentAgain(t *testing.T) {
	server := redistest.Start(t)
	universal := redis.NewClient(&redis.Options{Addr: server.Addr})
	defer universal.Close()
	c := mwtest.Must[*Client](t)(New(universal))
	defer c.Close()
	calls := 0
	err := c.Pin(t.Context(), "key", func(conn *redis.Conn) error {
		if calls++; calls < 3 {
			return errUnsent
		}
		return conn.Set(t.Context(), "key", "value", 0).Err()
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	broken := errors.New("broken")
	calls = 0
	if err := c.Pin(t.Context(), "key", func(*redis.Conn) error { calls++; return broken }); !errors.Is(err, broken) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	calls = 0
	if err := c.Pin(t.Context(), "key", func(*redis.Conn) error { calls++; return errUnsent }); err == nil || calls != poolSize+1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
