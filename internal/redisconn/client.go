package redisconn

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Client is a connection pool of its own, with the options that a decision within a
// budget needs:
//
//   - The deadline of a context ends a call (by default go-redis looks at it only while it waits for a
//     connection).
//   - No command is sent twice: a script whose reply was lost has already spent.
//   - It speaks RESP2: version 3 adds push messages that the Client never uses, and with them
//     maintenance handling that stretches timeouts without telling the caller.
//   - It never asks replicas: their data is old.
//   - A new connection sends no more than it has to: each greeting is a round trip that the budget of
//     a decision pays for.
//   - Hooks and providers of the options run outside the call: see onconnect.go, credentials.go and
//     stream.go.
type Client struct {
	redis.UniversalClient
	cluster   bool
	prewarmer *prewarmer
	stop      func() error // ends the stream of credentials; nil if there is no stream
}

// Cluster reports whether keys of different slots may live on different servers.
func (c *Client) Cluster() bool { return c.cluster }

// Prewarm makes connections in the background, until each server has the given number
// in all. Call it when a call has failed for lack of time to make a connection. It
// never waits.
func (c *Client) Prewarm(connections int) { c.prewarmer.start(connections) }

// Process sends cmd once, and returns the error as the server or the network gave it.
// If nothing could be sent on a connection, go-redis has dropped that connection, and
// Process tries the next one. At worst all connections were lost together, and then a
// new connection is the last try.
func (c *Client) Process(ctx context.Context, cmd redis.Cmder) (err error) {
	for range poolSize + 1 {
		if err = c.UniversalClient.Process(ctx, cmd); err == nil {
			return nil
		}
		if err = unhide(err); !errors.Is(err, errUnsent) {
			return err
		}
	}
	return err
}

// Close closes the connections of c, and not the client from which c was made.
func (c *Client) Close() error {
	c.prewarmer.close()
	err := c.UniversalClient.Close() // and with it the connections that the prewarmer waits for
	c.prewarmer.done.Wait()
	if c.stop != nil {
		err = errors.Join(err, c.stop())
	}
	return err
}

const (
	// ioTimeout ends an operation that no context bounds, such as reading the slots of
	// a cluster in the background.
	ioTimeout = time.Second

	// poolSize is a ceiling. A connection is opened when one is missing.
	poolSize = 64
)

var (
	errNilClient   = errors.New("missing")
	errRing        = errors.New("a Ring spreads keys by the servers it reaches, so one window would be counted in two places")
	errOtherClient = errors.New("an implementation whose options are unknown, so that no call of it could be bounded")
)

// New returns a Client for the server, cluster or failover group of universal. When
// New's Client makes a connection in the background, it also loads the scripts into the
// server. New does not connect. Its error is the Reason of a ConfigError.
func New(universal redis.UniversalClient, scripts ...string) (*Client, error) {
	switch c := universal.(type) {
	case nil:
		return nil, errNilClient
	case *redis.Client:
		if c == nil {
			return nil, errNilClient
		}
		warmer := newPrewarmer(scripts)
		o := trackMaster(single(*c.Options(), warmer))
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		client := redis.NewClient(o)
		warmer.nodes = func(ctx context.Context, each func(context.Context, *redis.Client) error) error {
			return each(ctx, client)
		}
		return &Client{UniversalClient: client, prewarmer: warmer, stop: stop}, nil
	case *redis.ClusterClient:
		if c == nil {
			return nil, errNilClient
		}
		warmer := newPrewarmer(scripts)
		o := clustered(*c.Options(), warmer)
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		client := redis.NewClusterClient(o)
		warmer.nodes = client.ForEachMaster
		reload := func() { client.ReloadState(context.Background()) }
		hook := noRetry{reload: reload}
		if o.ClusterSlots != nil { // such as a failover group: no MOVED tells of a new master
			hook.beforeEach = throttled(reload)
		}
		client.OnNewNode(func(node *redis.Client) { node.AddHook(hook) })
		return &Client{UniversalClient: client, cluster: true, prewarmer: warmer, stop: stop}, nil
	case *redis.Ring:
		return nil, errRing
	default:
		return nil, errOtherClient
	}
}
