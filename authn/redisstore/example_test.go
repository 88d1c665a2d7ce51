package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/authn/session"
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

// Two processes with this code share their sessions.
func ExampleStore_Sessions() {
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "main", SentinelAddrs: []string{"localhost:26379"}})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{Prefix: "notes:authn", Replicas: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	sessions, err := session.New(session.Config{
		Store:  store.Sessions(),
		Issuer: "https://notes.example",
		Issue: func(context.Context, session.Session) (string, time.Time, error) {
			return "an access token", time.Now().Add(15 * time.Minute), nil
		},
		Grant: func(_ context.Context, s session.Session) (session.Rights, error) {
			return session.Rights{Scopes: s.Scopes}, nil
		},
		CrossOrigin: http.NewCrossOriginProtection(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	revocation, err := session.NewRevocation(session.RevocationConfig{Store: store.Sessions()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = revocation // jwtauth.Config{Revoked: revocation.Revoked}

	// After a reset of the password: no token of the user is good at any process.
	n, err := sessions.RevokeSubject(context.Background(), "ann")
	if errors.Is(err, redisstore.ErrNotReplicated) {
		n, err = sessions.RevokeSubject(context.Background(), "ann") // waits for the replicas again
	}
	if err == nil {
		fmt.Println("sessions ended:", n)
	}
}
