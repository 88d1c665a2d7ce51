package lockout

import (
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// checkStore adds the faults of the store and of the fields that depend on it. cfg must
// be the configuration without defaults: a caller that sets a field without effect
// believes in a bound, or in a store, that does not exist.
func (cfg *Config) checkStore(f *httperr.ConfigFaults) {
	if cfg.Store != nil && nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is a nil pointer or function", "leave it out for the memory of this process")
	}
	switch {
	case cfg.MaxAccounts < 0 || cfg.MaxAccounts > maxAccounts:
		f.Add("MaxAccounts", cfg.MaxAccounts, fmt.Sprintf("not between 1 and %d", maxAccounts), "leave it out for 16384")
	case cfg.MaxAccounts != 0 && cfg.Store != nil:
		f.Add("MaxAccounts", cfg.MaxAccounts,
			"has no meaning with a Store, which has room of its own",
			"leave out one of the two")
	}
	switch {
	case cfg.Budget != 0 && (cfg.Budget < time.Millisecond || cfg.Budget > time.Minute):
		f.Add("Budget", cfg.Budget,
			fmt.Sprintf("not between %v and %v", time.Millisecond, time.Minute),
			"leave it out for 250ms")
	case cfg.Budget != 0 && cfg.Store == nil:
		f.Add("Budget", cfg.Budget, "has no meaning without Store", "set Store, or leave it out")
	}
	switch {
	case cfg.Secret == nil && cfg.Store != nil:
		f.Add("Secret", nil,
			"missing: other processes would not find what this one has counted",
			"give all of them the same 32 random bytes")
	case cfg.Secret != nil && len(cfg.Secret) < minSecret:
		f.Add("Secret", nil,
			fmt.Sprintf("%d bytes: an account could be found by trying", len(cfg.Secret)),
			"make 32 bytes with crypto/rand and keep them with your other secrets")
	}
}
