package tokens

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Config configures a Keeper. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Store keeps the sealed tokens. All processes share it: package authn/redisstore has one,
	// and tokenstore.Memory is for one process. Required.
	Store tokenstore.Store

	// Keys are secrets of 32 random bytes or more, the same in all processes. The first one
	// seals; the others still open older values. To replace a key, put the new one behind it,
	// then in front of it, and remove the old one after Keep. Required.
	Keys [][]byte

	// Refresh redeems a refresh token, as the method Refresh of an oauth.Client does. It has 20
	// seconds. Required.
	Refresh func(ctx context.Context, refresh string) (oauth.Tokens, error)

	// Early is how long before its end an access token is renewed, up to 10 min. Default: 1 min.
	Early time.Duration

	// Keep is how long tokens are kept after they were saved or renewed, 1 hour to 1 year.
	// Default: 30 days.
	Keep time.Duration
}

const (
	pkg          = "tokens"
	purpose      = "sallyport oauth tokens v1"
	defaultEarly = time.Minute
	defaultKeep  = 30 * 24 * time.Hour

	refreshLimit = 20 * time.Second // for one renewal
	claimLife    = 30 * time.Second // after which the process that renews has died
)

// ErrNone: the owner has no tokens, or the provider no longer accepts them. A new login gives
// tokens.
var ErrNone = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "provider_login_required",
	Message: "This needs your consent at the identity provider. Log in there again.",
}

// A Keeper keeps tokens. It is safe for concurrent use; make one with New.
type Keeper struct {
	cfg  Config
	keys seal.Keys

	mu      sync.Mutex
	flights map[string]*flight // the renewals that are under way, by name
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a *httperr.ConfigError.
func New(cfg Config) (*Keeper, error) {
	f := httperr.ConfigFaults{Package: pkg}
	if nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is nil", "use authn/redisstore, or tokenstore.Memory for one process")
	}
	seal.Check(&f, "Keys", cfg.Keys)
	if cfg.Refresh == nil {
		f.Add("Refresh", nil, "is nil", "use the method Refresh of an oauth.Client")
	}
	if cfg.Early < 0 || cfg.Early > 10*time.Minute {
		f.Add("Early", cfg.Early, "is not between 0 and 10m0s", "leave it out for 1m0s")
	}
	if cfg.Keep != 0 && (cfg.Keep < time.Hour || cfg.Keep > 366*24*time.Hour) {
		f.Add("Keep", cfg.Keep, "is not between 1h and a year", "leave it out for 30 days")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	cfg.Early, cfg.Keep = cmp.Or(cfg.Early, defaultEarly), cmp.Or(cfg.Keep, defaultKeep)
	keys, err := seal.NewKeys(cfg.Keys, purpose)
	if err != nil {
		return nil, err
	}
	return &Keeper{cfg: cfg, keys: keys, flights: map[string]*flight{}}, nil
}
