// Redis is a login service that runs in several processes. They count requests
// and failed logins together, in one Redis. The README shows the part between
// the markers.
//
//	REDIS_URL=redis://127.0.0.1:6379 LOCKOUT_SECRET=$(openssl rand -hex 32) go run ./examples/redis
package main

import (
	"context"
	"fmt"
	"log"
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

// service counts in the Redis of client. check reports whether a password is
// right. It must take the same time for an account that does not exist.
func service(client redis.UniversalClient, secret []byte, check func(account, password string) bool) http.Handler {
	// README: begin
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
	login := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
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
		return nil               // or begin a session
	})
	// README: end

	errs := must(httperr.New(httperr.Config{}))
	ip := must(clientip.New(clientip.Direct())) // or list your proxies
	hdr := must(headers.New(headers.API()))
	mux := http.NewServeMux()
	mux.Handle("POST /login", login)
	return errs.Handler(ip.Handler(hdr.Handler(perIP.Handler(httperr.WrapMux(mux)))))
}

func main() {
	options := must(redis.ParseURL(os.Getenv("REDIS_URL")))
	handler := service(redis.NewClient(options), []byte(os.Getenv("LOCKOUT_SECRET")), func(account, password string) bool {
		return account == "ann" && password == "correct horse" // a real service compares a hash
	})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: "127.0.0.1:8080", PlainHTTP: true}, handler)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
