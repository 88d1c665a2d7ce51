package jwtissuer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config configures an Issuer. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Issuer is the iss of the tokens: a URL with the scheme https and without query and
	// fragment (RFC 8414, section 2). The scheme http is accepted only for a host that is
	// this machine. Required.
	Issuer string

	// Audience lists the services that the tokens are for. Required.
	Audience []string

	// Key is the first signing key, see GenerateKey and Rotate. KeyFile has the signing keys
	// in its place. One of them is required.
	Key     SigningKey
	KeyFile KeyFile

	// Lifetime is the lifetime of tokens in whole seconds, from 1 min to 1 h. Default: 15
	// min. A stolen token is valid until it expires.
	Lifetime time.Duration

	// DangerouslyLongLived accepts a Lifetime of more than 1 h. The MaxLifetime of the
	// Verifiers must be at least as long.
	DangerouslyLongLived bool

	// Ahead is the time for which a new key is published before it signs, from
	// MaxAge to 24 h. Default: 15 min. A verifier that fetches the keys less often will
	// get tokens with a key that it does not know.
	Ahead time.Duration

	// MaxAge is the time for which caches may keep the published set (RFC 9111, section
	// 5.2.2.1), in whole seconds, from 1 min to 1 h. Default: 5 min. Verifiers trust a
	// withdrawn key for that time. A verifier trusts it longer if it cannot fetch the
	// set, or has had no request since (jwks.RemoteConfig.MaxStale, jwks.RemoteKeys).
	MaxAge time.Duration

	// TenantClaim is the claim for Grant.Tenant, as in jwtauth.Config. Default: no claim,
	// and a Grant with a Tenant is refused.
	TenantClaim string

	// DangerouslyPublicClaims are names of members of Grant.Claims that sound like a
	// secret, such as device_token, although every holder of the token may read them. Names
	// are compared exactly, at any depth. Default: none.
	DangerouslyPublicClaims []string
}

const (
	defaultLifetime = 15 * time.Minute
	maxLifetime     = time.Hour
	defaultAhead    = 15 * time.Minute
	maxAhead        = 24 * time.Hour
	defaultMaxAge   = 5 * time.Minute
	maxMaxAge       = time.Hour
)

const pkg = "jwtissuer"

// Issuer signs access tokens (RFC 9068) and publishes the keys that verify them. It is
// also a jwks.Source for a Verifier in the same process, without HTTP. It is safe for
// concurrent use; make one with New.
//
// A Key is in the memory of one process. Several processes that act as one issuer must
// have the same keys, and publish the same set: give them one KeyFile.
type Issuer struct {
	keyring
	issuer          string
	audience        []string
	lifetime        time.Duration
	maxAge          string            // the value of Cache-Control
	claims          *strictjson.Index // the names of the claims, by their claim constants
	tenantClaim     string
	publicClaims    []string
	lastPublication atomic.Pointer[publication]
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Issuer, error) {
	cfg.Lifetime = cmp.Or(cfg.Lifetime, defaultLifetime)
	cfg.Ahead = cmp.Or(cfg.Ahead, defaultAhead)
	cfg.MaxAge = cmp.Or(cfg.MaxAge, defaultMaxAge)
	f := httperr.ConfigFaults{Package: pkg}
	checkURL(&f, cfg.Issuer)
	checkAudience(&f, cfg.Audience)
	i := &Issuer{
		keyring:     keyring{typ: claim.DefaultType, ahead: cfg.Ahead, overlap: cfg.Lifetime + publishGrace},
		issuer:      cfg.Issuer,
		audience:    slices.Clone(cfg.Audience),
		lifetime:    cfg.Lifetime,
		maxAge:      fmt.Sprintf("public, max-age=%d", cfg.MaxAge/time.Second),
		tenantClaim: cfg.TenantClaim,

		publicClaims: slices.Clone(cfg.DangerouslyPublicClaims),
	}
	i.init(&f, cfg.Key, cfg.KeyFile)
	checkPeriods(&f, cfg)
	names := claimNames(&f, cfg.TenantClaim)
	if err := f.Err(); err != nil {
		return nil, err
	}
	i.claims = strictjson.NewIndex(names)
	return i, nil
}

// claimNames returns the names of the claims that a Grant has fields for, and of the claims
// that a Verifier refuses or reads with another meaning.
func claimNames(f *httperr.ConfigFaults, tenant string) []string {
	names := append(slices.Clone(claim.Registered[:]), claim.DefaultClient, claim.DefaultScope, claim.DefaultRoles)
	if tenant == "" {
		return names
	}
	if path, ok := claim.Path(tenant); !ok || len(path) > 1 {
		f.Add("TenantClaim", tenant,
			"is not the name of a claim", "use printable ASCII without spaces, quotes, backslashes and dots, or a URL")
	}
	if slices.ContainsFunc(names, func(n string) bool { return field.EqualFold(n, tenant) }) {
		f.Add("TenantClaim", tenant, "has another meaning already", "use a claim of its own")
	}
	return append(names, tenant)
}

func checkURL(f *httperr.ConfigFaults, issuer string) {
	reason, fix := claim.URLFault(issuer)
	if reason == "" && strings.Contains(issuer, "?") {
		reason, fix = "has a query", "leave it out (RFC 8414, section 2)"
	}
	var shown any
	if issuer != "" && !strings.ContainsAny(issuer, "@?") { // the URL may contain a password or a key
		shown = issuer
	}
	if reason != "" {
		f.Add("Issuer", shown, reason, fix)
	}
}

func checkAudience(f *httperr.ConfigFaults, audience []string) {
	if len(audience) == 0 {
		f.Add("Audience", nil, "is empty", "name the services that the tokens are for")
	}
	for n, a := range audience {
		if !claim.Printable(a) {
			f.Add(fmt.Sprintf("Audience[%d]", n), a, "is empty, or has a space, a control character or invalid UTF-8",
				"write it exactly as the service knows itself, one entry for each name")
		}
	}
}

func checkPeriods(f *httperr.ConfigFaults, cfg Config) {
	switch d := cfg.Lifetime; {
	case d < time.Minute || d%time.Second != 0:
		f.Add("Lifetime", d, "is less than 1m0s, or not of whole seconds", "use the default of 15m")
	case d > maxLifetime && !cfg.DangerouslyLongLived:
		f.Add("Lifetime", d, "a stolen token is good for as long",
			"write at most 1h and let clients renew their tokens, or set DangerouslyLongLived")
	}
	if d := cfg.MaxAge; d < time.Minute || d > maxMaxAge || d%time.Second != 0 {
		f.Add("MaxAge", d, "is not between 1m0s and 1h0m0s, or not of whole seconds", "use the default of 5m")
	}
	if d := cfg.Ahead; d < cfg.MaxAge || d > maxAhead {
		f.Add("Ahead", d, "is not between MaxAge and 24h0m0s", "use the default of 15m, or as long as your slowest verifier keeps the keys")
	}
}
