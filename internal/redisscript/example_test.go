package redisscript_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisscript"
)

func Example() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", MaxRetries: -1})
	defer client.Close()
	visit := redisscript.New(`
local n = redis.call('INCRBY', KEYS[1], ARGV[1])
return struct.pack('>i8i8', n, redis.call('PTTL', KEYS[1]))`, 2)

	reply, err := visit.Do(context.Background(), client, "visits", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("visits:", reply.Int(0), "milliseconds to live:", reply.Int(1))
}
