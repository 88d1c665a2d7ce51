package main

import (
	"errors"
	"io/fs"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/redisstore"
)

// openStore opens the store that the environment names. It makes a file that does not
// exist yet. The URL of Redis may hold a password, so it is not a flag, which other users
// of the machine could see.
func openStore(getenv func(string) string) (store apikey.ManagedStore, close func() error, err error) {
	path, url := getenv("APIKEYS_FILE"), getenv("REDIS_URL")
	switch {
	case (path == "") == (url == ""):
		return nil, nil, errors.New("set APIKEYS_FILE or REDIS_URL, and not both")
	case path != "":
		if err := apikey.CreateFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, nil, err
		}
		file, err := apikey.NewFile(apikey.FileConfig{Path: path})
		return file, func() error { return nil }, err
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, nil, errors.New("REDIS_URL is not the URL of a Redis, such as redis://localhost:6379/0") // err may hold the password
	}
	client := redis.NewClient(options)
	shared, err := redisstore.New(client, redisstore.Config{Prefix: prefix, Timeout: time.Second})
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return shared.APIKeys(), func() error { return errors.Join(shared.Close(), client.Close()) }, nil
}
