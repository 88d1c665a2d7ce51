// Redis is a login service that runs in several processes. They count requests and failed logins
// together, and know the same sessions, in one Redis.
//
//	go run ./examples/redis
//
// The program starts two processes of the service, sends requests to both, and prints the answers:
// one limit, one lockout, one session, and one logout for both. It starts a redis-server of its
// own, unless there is one already:
//
//	REDIS_URL=redis://127.0.0.1:6379 go run ./examples/redis
//	go run ./examples/redis -cluster 127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002
//
// This is one process of the service, for a Redis of yours:
//
//	export REDIS_URL=redis://127.0.0.1:6379 LOCKOUT_SECRET=$(openssl rand -hex 32) SIGNING_KEY_FILE=key.pem
//	openssl genpkey -algorithm ed25519 -out key.pem
//	go run ./examples/redis -serve 127.0.0.1:8090
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

var errLogin = &httperr.Error{Status: http.StatusUnauthorized, Code: "login_failed", Message: "The account or the password is wrong."}

// demoPassword is the password of every account.
const demoPassword = "correct horse"

// service keeps its counts and its sessions in the Redis of client, and signs tokens with the key
// in keyFile. check reports whether a password is right. It must take the same time for an account
// that does not exist.
func service(client redis.UniversalClient, secret []byte, keyFile string, check func(account, password string) bool) http.Handler {
	store := must(redisstore.New(client, redisstore.Config{Prefix: "shop"})) // one server, Sentinel or Cluster
	perIP := must(ratelimit.New(ratelimit.Config{
		Name:     "address",
		Limits:   []ratelimit.Limit{ratelimit.PerSecond(10), ratelimit.PerMinute(100)}, // of all processes together
		Key:      ratelimit.ByClientIP,
		Store:    store,
		Replicas: 3, // while Redis does not answer, each of three processes admits a third
	}))
	guard := must(lockout.New(lockout.Config{
		Store:  must(store.Lockout("login")),
		Secret: secret, // the same in all processes
	}))
	users := newUsers(client, keyFile, store)
	mux := http.NewServeMux()
	mux.Handle("POST /login", perIP.Handler(httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		ctx, account := r.Context(), strings.ToLower(r.PostFormValue("account"))
		addr, _ := clientip.FromContext(ctx)
		attempt, err := guard.Begin(ctx, account, addr)
		if err != nil {
			return err // 429 with Retry-After, before a password is hashed
		}
		defer func() { _, _ = attempt.Failure(ctx) }() // counts as failed unless Success was called
		if !check(account, r.PostFormValue("password")) {
			return errLogin
		}
		_ = attempt.Success(ctx) // an error is in the record and must not lock the owner out
		return users.begin(w, r, account)
	})))
	users.routes(mux)
	errs := must(httperr.New(httperr.Config{}))
	ip := must(clientip.New(clientip.Direct())) // or list your proxies
	hdr := must(headers.New(headers.API()))
	return errs.Handler(ip.Handler(hdr.Handler(httperr.WrapMux(mux))))
}

func main() {
	cluster := flag.String("cluster", "", "addresses of some nodes of a Redis Cluster, separated by commas")
	addr := flag.String("serve", "", "be one process of the service, and listen on this address")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *addr != "" {
		err = serve(ctx, *addr, *cluster)
	} else {
		err = show(ctx, os.Stdout, os.Getenv("REDIS_URL"), *cluster)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
}

// serve is one process of the service. It prints its URL.
func serve(ctx context.Context, addr, cluster string) error {
	client, err := connect(os.Getenv("REDIS_URL"), cluster)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	handler := service(client, []byte(os.Getenv("LOCKOUT_SECRET")), os.Getenv("SIGNING_KEY_FILE"), func(_, password string) bool {
		return password == demoPassword // a real service compares a hash of the account
	})
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: listener, PlainHTTP: true}, handler)
}

// connect returns a client of one server, or of the cluster that has these nodes.
func connect(url, cluster string) (redis.UniversalClient, error) {
	if cluster != "" {
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: strings.Split(cluster, ",")}), nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w; write it as redis://127.0.0.1:6379", err)
	}
	return redis.NewClient(options), nil
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
