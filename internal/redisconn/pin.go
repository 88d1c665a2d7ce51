package redisconn

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// Pin calls f with one connection to the master that has the key, for commands that belong
// to one connection, such as a write and its WAIT. It follows no redirection of a cluster.
// If nothing could be sent on the connection, f is called again with another one, so f
// returns the error of its first command as it is, and of no later one.
func (c *Client) Pin(ctx context.Context, key string, f func(conn *redis.Conn) error) error {
	for range poolSize + 1 {
		conn, err := c.connTo(ctx, key)
		if err != nil {
			return unhide(err)
		}
		err = unhide(f(conn))
		_ = conn.Close()
		if !errors.Is(err, errUnsent) {
			return err
		}
	}
	return errUnsent
}

func (c *Client) connTo(ctx context.Context, key string) (*redis.Conn, error) {
	switch client := c.UniversalClient.(type) {
	case *redis.Client:
		return client.Conn(), nil
	case *redis.ClusterClient:
		node, err := client.MasterForKey(ctx, key)
		if err != nil {
			return nil, err
		}
		return node.Conn(), nil
	}
	return nil, errOtherClient // New makes no others
}
