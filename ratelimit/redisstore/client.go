package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A client is a connection pool of our own, with the options that a decision
// within a budget needs:
//
//   - the deadline of a context ends a call (by default go-redis looks at it
//     only while it waits for a connection);
//   - no command is sent twice: a script whose reply was lost has spent already;
//   - RESP2: version 3 adds push messages that we never use, and with them
//     maintenance handling that stretches timeouts behind our back;
//   - replicas are never asked: what they know is old;
//   - a new connection says no more than it has to: each word is a round trip
//     that the budget of a decision pays for;
//   - what the options bring with them runs apart from the call: see hooks.go,
//     and credentials.go and stream.go for what logs in.
type client struct {
	redis.UniversalClient
	cluster bool
	warmer  *warmer
	stop    func() error // ends the stream of credentials; nil if there is none
}

// Process sends cmd once. Of a connection that was of no use, which go-redis then
// has dropped, and on which nothing was sent, the next one is tried: those that
// were lost together are as many as there are, and one that is new is of use.
func (c *client) Process(ctx context.Context, cmd redis.Cmder) (err error) {
	for range poolSize + 1 {
		if err = c.UniversalClient.Process(ctx, cmd); err == nil || !errors.Is(unseal(err), errUnsent) {
			return err
		}
	}
	return err
}

// Close closes what newClient has made.
func (c *client) Close() error {
	c.warmer.end()
	err := c.UniversalClient.Close() // and with it what the warmer waits for
	c.warmer.done.Wait()
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

// newClient makes a safe client of its own for the server, cluster or failover
// group that universal speaks to. It connects to nothing. The error says in
// words for a ConfigError why universal will not do.
func newClient(universal redis.UniversalClient) (*client, error) {
	switch c := universal.(type) {
	case nil:
		return nil, errNilClient
	case *redis.Client:
		if c == nil {
			return nil, errNilClient
		}
		w := newWarmer()
		o := follow(single(*c.Options(), w))
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		own := redis.NewClient(o)
		w.nodes = func(ctx context.Context, each func(context.Context, *redis.Client) error) error {
			return each(ctx, own)
		}
		return &client{UniversalClient: own, warmer: w, stop: stop}, nil
	case *redis.ClusterClient:
		if c == nil {
			return nil, errNilClient
		}
		w := newWarmer()
		o := clustered(*c.Options(), w)
		var stop func() error
		if stream := newStream(o.StreamingCredentialsProvider); stream != nil {
			o.StreamingCredentialsProvider, stop = stream, stream.close
		}
		own := redis.NewClusterClient(o)
		w.nodes = own.ForEachMaster
		reload := func() { own.ReloadState(context.Background()) }
		hook := once{reload: reload}
		if o.ClusterSlots != nil { // as of a failover group: no MOVED tells of a new master
			hook.each = seldom(reload)
		}
		own.OnNewNode(func(node *redis.Client) { node.AddHook(hook) })
		return &client{UniversalClient: own, cluster: true, warmer: w, stop: stop}, nil
	case *redis.Ring:
		return nil, errRing
	default:
		return nil, errOtherClient
	}
}

func single(o redis.Options, w *warmer) *redis.Options {
	o.OnConnect = onConnect(o.OnConnect)
	o.CredentialsProvider, o.CredentialsProviderContext = nil, credentials(o.CredentialsProvider, o.CredentialsProviderContext)
	o.Protocol = 2
	o.DisableIdentity = true
	o.MaintNotificationsConfig = nil
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = ioTimeout, ioTimeout, ioTimeout, ioTimeout
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = poolSize, 0, 0, 0
	o.MaxConcurrentDials, o.PipelinePoolSize, o.PoolFIFO = 0, -1, false
	o.ReadBufferSize, o.WriteBufferSize = 0, 0
	o.Limiter, o.AutoPipelineOptions, o.PushNotificationProcessor = nil, nil, nil
	o.ClientSideCache, o.ClientSideCacheConfig = nil, nil
	o.Dialer = dialing(o.Dialer, w.known(o.Addr))
	return &o
}

func clustered(o redis.ClusterOptions, w *warmer) *redis.ClusterOptions {
	o.NewClient = func(node *redis.Options) *redis.Client {
		if node.Dialer == nil {
			node.Dialer = redis.NewDialer(node)
		}
		node.Dialer = dialing(node.Dialer, w.known(node.Addr))
		return redis.NewClient(node)
	}
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false
	o.DisableRoutingPolicies = true // each of our commands has a key, and goes where that lives
	o.MaxRedirects = 3
	o.MinRetryBackoff, o.MaxRetryBackoff = time.Millisecond, 8*time.Millisecond
	o.OnConnect = onConnect(o.OnConnect)
	o.CredentialsProvider, o.CredentialsProviderContext = nil, credentials(o.CredentialsProvider, o.CredentialsProviderContext)
	o.Protocol = 2
	o.DisableIdentity = true
	o.MaintNotificationsConfig = nil
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = ioTimeout, ioTimeout, ioTimeout, ioTimeout
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = poolSize, 0, 0, 0
	o.MaxConcurrentDials, o.PipelinePoolSize, o.PoolFIFO = 0, -1, false
	o.ReadBufferSize, o.WriteBufferSize = 0, 0
	o.AutoPipelineOptions, o.PushNotificationProcessor = nil, nil
	return &o
}
