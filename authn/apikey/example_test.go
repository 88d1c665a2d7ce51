package apikey_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
)

func Example() {
	var store apikey.MemoryStore
	keys, err := apikey.New(apikey.Config{Store: &store, Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s may %v", p.Subject, p.Scopes)
	}))

	// Once, before the key is given to its holder.
	key, record, err := keys.Generate(apikey.Record{
		Subject:   "nightly-backup",
		Scopes:    []string{"notes:read"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		ExpiresAt: time.Now().AddDate(0, 3, 0),
	})
	if err != nil {
		panic(err)
	}
	if err := store.Put(context.Background(), record); err != nil {
		panic(err)
	}

	for _, k := range []string{key, key + "x"} {
		r := httptest.NewRequest("GET", "/notes", nil) // from 192.0.2.1
		r.Header.Set("X-API-Key", k)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header()["Www-Authenticate"])
	}

	// Later: a new key, while the old key stays valid for another week.
	_, next, previous, err := keys.Rotate(record, time.Now().AddDate(0, 3, 0), 7*24*time.Hour)
	if err != nil {
		panic(err)
	}
	fmt.Println(store.Replace(context.Background(), record, next, previous))
	// Output:
	// 200 []
	// 401 [ApiKey]
	// <nil>
}

// A job that runs once a day rotates the keys that are older than 60 days. The old key stays
// valid for a week.
func ExampleDue() {
	folder, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "keys.json")
	if err := apikey.CreateFile(path); err != nil {
		panic(err)
	}
	store, err := apikey.NewFile(apikey.FileConfig{Path: path})
	if err != nil {
		panic(err)
	}
	keys, err := apikey.New(apikey.Config{Store: store, Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_, record, err := keys.Generate(apikey.Record{Subject: "nightly-backup", DangerouslyAnyAddress: true, ExpiresAt: time.Now().AddDate(0, 3, 0)})
	if err != nil {
		panic(err)
	}
	record.CreatedAt = time.Now().AddDate(0, 0, -61) // as if 61 days had passed
	if err := store.Put(ctx, record); err != nil {
		panic(err)
	}

	for range 2 { // today and tomorrow
		records, err := store.Records(ctx)
		if err != nil {
			panic(err)
		}
		for _, old := range apikey.Due(60*24*time.Hour, records) {
			_, next, previous, err := keys.Rotate(old, time.Now().AddDate(0, 3, 0), 7*24*time.Hour)
			if err != nil {
				panic(err)
			}
			if err := store.Replace(ctx, old, next, previous); err != nil {
				panic(err) // ErrChanged: the key was revoked meanwhile; any other error: repeat the call
			}
			fmt.Println("rotated the key of", old.Subject) // and the new key goes to its holder
		}
	}
	// Output:
	// rotated the key of nightly-backup
}

// A service that already has keys accepts them until it has given out new ones.
func ExampleConfig_legacy() {
	// The database of the team: hashes of the old keys.
	old := map[[32]byte]apikey.Record{
		sha256.Sum256([]byte("s3cr3t-of-2019")): {
			ID: "customer-7", Subject: "customer-7", DangerouslyAnyAddress: true, ExpiresAt: time.Now().AddDate(0, 1, 0),
		},
	}
	keys, err := apikey.New(apikey.Config{
		Store: new(apikey.MemoryStore), Prefix: "notes", Env: "live",
		Legacy: func(_ context.Context, key string) (apikey.Record, bool, error) {
			hash := sha256.Sum256([]byte(key))
			record, found := old[hash]
			record.Hash = hash
			return record, found, nil
		},
	})
	if err != nil {
		panic(err)
	}
	for _, key := range []string{"s3cr3t-of-2019", "s3cr3t-of-2020"} {
		r := httptest.NewRequest("GET", "/notes", nil)
		r.Header.Set("X-API-Key", key)
		p, err := keys.Authenticate(r)
		fmt.Println(p != nil, err)
	}
	// Output:
	// true <nil>
	// false invalid_credentials: apikey: unknown key or wrong secret
}

// The log shows the keys that are in use, each of them once an hour.
func ExampleLastUse() {
	keys, err := apikey.New(apikey.Config{Store: new(apikey.MemoryStore), Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{
		Authenticators: []authn.Authenticator{keys},
		Observe: apikey.LastUse(time.Hour, func(keyID string, at time.Time) {
			slog.Info("API key in use", "id", keyID)
		}),
	})
	fmt.Println(auth != nil, err)
	// Output: true <nil>
}

// A secret scanner finds the keys of the service by this pattern.
func ExampleAuthenticator_Pattern() {
	keys, err := apikey.New(apikey.Config{Store: new(apikey.MemoryStore), Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	fmt.Println(keys.Pattern())
	// Output: notes_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}
}

// A key without networks and without an end would be good everywhere and for ever.
func Example_incorrect() {
	keys, err := apikey.New(apikey.Config{Store: new(apikey.MemoryStore), Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	_, _, err = keys.Generate(apikey.Record{Subject: "nightly-backup", Scopes: []string{"notes:read"}})
	fmt.Println(err)
	// Output:
	// apikey: Networks: is empty, so that the key could not be used from anywhere; list the networks of its holder, or set DangerouslyAnyAddress
	// apikey: ExpiresAt: is missing; a key that never ends is found sooner or later; set it, and rotate the key before
}
