package redisstore_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// Every process that opens "login" with these limits shares one window.
func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	store, err := redisstore.New(client, redisstore.Config{Prefix: "shop:limits"})
	if err != nil {
		panic(err) // every fault of the Config at once
	}
	defer store.Close()

	login, err := store.Open("login", []ratelimit.Limit{ratelimit.PerMinute(5), ratelimit.PerHour(30)})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Millisecond)
	defer cancel()
	count, err := login.Take(ctx, [16]byte{192, 0, 2, 1}, 1, false)
	fmt.Println(count.Granted == 1, count.Left, count.Wait, err)
}

// Every process that opens "login" with the same Secret guards the same accounts.
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
