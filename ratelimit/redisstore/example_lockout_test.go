package redisstore_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// Every process that asks for "login", with the same Secret, guards the same
// accounts.
func ExampleStore_Lockout() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	store, err := redisstore.New(client, redisstore.Config{Prefix: "shop:limits"})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	logins, err := store.Lockout("login")
	if err != nil {
		panic(err)
	}
	guard, err := lockout.New(lockout.Config{Store: logins, Secret: []byte(os.Getenv("LOCKOUT_SECRET"))})
	if err != nil {
		panic(err) // every fault of the Config at once
	}

	ctx := context.Background()
	attempt, err := guard.Begin(ctx, "ann@example.com", netip.MustParseAddr("192.0.2.1"))
	if err != nil {
		fmt.Println(err) // 429 with Retry-After, or 503: answer it with httperr.Write
		return
	}
	defer attempt.Failure(ctx)
	// check the password, and then
	_ = attempt.Success(ctx)
}
