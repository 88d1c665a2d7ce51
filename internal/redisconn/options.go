package redisconn

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// single returns safe options for one server, or for the master of a failover group.
func single(o redis.Options, warmer *prewarmer) *redis.Options {
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
	o.Dialer = countingDialer(dialerOf(&o), warmer.server(o.Addr))
	return &o
}

// clustered returns safe options for a cluster.
func clustered(o redis.ClusterOptions, warmer *prewarmer) *redis.ClusterOptions {
	o.NewClient = func(node *redis.Options) *redis.Client {
		node.Dialer = countingDialer(dialerOf(node), warmer.server(node.Addr))
		return redis.NewClient(node)
	}
	o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false
	o.DisableRoutingPolicies = true // each command has a key, and goes to the server of that key
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
