package redisstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit"
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
