package redisconn

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Client is a connection pool of its own, with the options that a decision
// within a budget needs:
//
//   - the deadline of a context ends a call (by default go-redis looks at it
//     only while it waits for a connection);
//   - no command is sent twice: a script whose reply was lost has spent already;
//   - RESP2: version 3 adds push messages that we never use, and with them
//     maintenance handling that stretches timeouts behind our back;
//   - replicas are never asked: their data is old;
//   - a new connection sends no more than it has to: each greeting is a round trip
//     that the budget of a decision pays for;
//   - hooks and providers of the options run apart from the call: see onconnect.go,
//     credentials.go and stream.go.
type Client struct {
	redis.UniversalClient
	cluster   bool
	prewarmer *prewarmer
	stop      func() error // ends the stream of credentials; nil if there is none
}

// Cluster reports whether keys of different slots may live on different servers.
func (c *Client) Cluster() bool { return c.cluster }

// Prewarm makes connections in the background, so many to each server in all: a call
// has failed for lack of time to make one. It never waits.
func (c *Client) Prewarm(connections int) { c.prewarmer.start(connections) }

// Process sends cmd once, and returns the error as the server or the network gave
// it. After a connection on which nothing could be sent, which
// go-redis has then dropped, it tries the next one: at most all connections were lost
// together, and a new one is of use.
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

// Close closes the connections of c, and not the client that it was made from.
func (c *Client) Close() error {
	c.prewarmer.end()
	err := c.UniversalClient.Close() // and with it the connections that the prewarmer waits for
	c.prewarmer.done.Wait()
	if c.stop != nil {
		err = errors.Join(err, c.stop())
	}
	return err
}

const (
	// ioTimeout ends what no context bounds, such as a look at the slots of a
	// cluster in the background.
	ioTimeout = time.Second

	// poolSize is a ceiling. A connection is opened when one is missing.
	poolSize = 64
)

var (
	errNilClient   = errors.New("missing")
	errRing        = errors.New("a Ring spreads keys by the servers it reaches, so one window would be counted in two places")
	errOtherClient = errors.New("an implementation whose options are unknown, so that no call of it could be bounded")
)

// New returns a Client for the server, cluster or failover group of universal. Its
// servers are told the scripts when a connection is made in the background. New
// connects to nothing. The error is the Reason of a ConfigError.
func New(universal redis.UniversalClient, scripts ...string) (*Client, error) {
	switch c := universal.(type) {
	case nil:
		return nil, errNilClient
	case *redis.Client:
		if c == nil {
			return nil, errNilClient
		}
		w := newPrewarmer(scripts)
		o := trackMaster(single(*c.Options(), w))
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		own := redis.NewClient(o)
		w.nodes = func(ctx context.Context, each func(context.Context, *redis.Client) error) error {
			return each(ctx, own)
		}
		return &Client{UniversalClient: own, prewarmer: w, stop: stop}, nil
	case *redis.ClusterClient:
		if c == nil {
			return nil, errNilClient
		}
		w := newPrewarmer(scripts)
		o := clustered(*c.Options(), w)
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		own := redis.NewClusterClient(o)
		w.nodes = own.ForEachMaster
		reload := func() { own.ReloadState(context.Background()) }
		hook := noRetry{reload: reload}
		if o.ClusterSlots != nil { // a failover group, say: no MOVED tells of a new master
			hook.each = throttled(reload)
		}
		own.OnNewNode(func(node *redis.Client) { node.AddHook(hook) })
		return &Client{UniversalClient: own, cluster: true, prewarmer: w, stop: stop}, nil
	case *redis.Ring:
		return nil, errRing
	default:
		return nil, errOtherClient
	}
}
