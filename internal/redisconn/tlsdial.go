package redisconn

import (
	"crypto/tls"
	"net"
	"reflect"
	"runtime"
	"strings"

	"github.com/redis/go-redis/v9"
)

// dialerOf returns the dialer of o. With TLS the dialer of go-redis ignores the context of
// a dial: a server that accepts connections and does not shake hands would hold each dial
// for the DialTimeout of the given client, also after Close. So dialerOf replaces that
// dialer, and no dialer that the user has set.
func dialerOf(o *redis.Options) dialer {
	if o.TLSConfig != nil && (o.Dialer == nil || isGoRedisDialer(o.Dialer)) {
		return (&tls.Dialer{NetDialer: &net.Dialer{Timeout: ioTimeout}, Config: o.TLSConfig}).DialContext
	}
	if o.Dialer == nil {
		return redis.NewDialer(o)
	}
	return o.Dialer
}

// isGoRedisDialer reports whether d was made by redis.NewDialer, by the name of its code.
func isGoRedisDialer(d dialer) bool {
	name := runtime.FuncForPC(reflect.ValueOf(d).Pointer()).Name()
	return strings.HasPrefix(name, "github.com/redis/go-redis/v9.") && strings.Contains(name, "NewDialer")
}
