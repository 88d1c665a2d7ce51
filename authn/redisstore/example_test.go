package redisstore_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/redisstore"
)

func Example() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{Prefix: "notes:authn"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	records := store.APIKeys()
	keys, err := apikey.New(apikey.Config{Store: records, Prefix: "notes", Env: "live"})
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = auth // mux.Handle("GET /notes", auth.Handler(listNotes))

	// A leaked key is refused by the next request to any process.
	if found, err := records.Delete(context.Background(), "3kTMd0bQxW9a"); err == nil && found {
		fmt.Println("revoked")
	}
}
