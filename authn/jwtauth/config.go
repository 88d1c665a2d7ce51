package jwtauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config configures a Verifier. The zero Config is refused: Audience, and
// Issuer with Keys or Issuers, have no default that is safe.
type Config struct {
	_ [0]func()

	// Issuer is the iss of accepted tokens, compared exactly: a slash at the
	// end counts. Required, unless there are Issuers.
	Issuer string

	// Audience has the names that this service goes by. A token is accepted if
	// one of them is its aud, or a member of it, compared exactly. Required:
	// without it, a token that a user gave to any other service of the issuer
	// would be good here (RFC 8725, section 3.9).
	Audience []string

	// Keys finds the keys of Issuer. Required, unless there are Issuers.
	Keys jwks.Source

	// Issuers has the sources of the keys of several issuers, by their iss,
	// which is compared exactly. It takes the place of Issuer and Keys. A key of
	// one issuer never verifies a token of another, whatever its kid, and a
	// token of an issuer that is not among them costs no look at a source.
	Issuers map[string]jwks.Source

	// Type is the typ of accepted tokens, without "application/"; in a token it
	// may have that, and be in any case. Default: "at+jwt" (RFC 9068, section
	// 4). It keeps ID tokens, logout tokens and the like of the same issuer
	// from being taken for access tokens.
	//
	// For an issuer that does not follow RFC 9068, set "JWT". Its ID tokens may
	// have that type too, so then no client may be registered with it under an
	// ID that is in Audience.
	Type string

	// Leeway is how far the clock of the issuer may be off, 0 to 60 s. Default:
	// 0, for it extends the life of each stolen token, and clocks that NTP
	// keeps do not need it: an issuer writes whole seconds, rounded down.
	Leeway time.Duration

	// MaxLifetime is the longest time from iat to exp that is accepted, up to
	// 24 h. Default: 1 h. It bounds what an issuer that is set up wrongly, or a
	// stolen token, can do: nothing else ends it, for nobody is asked about it.
	MaxLifetime time.Duration

	// DangerouslyLongLived accepts a MaxLifetime of more than 24 h, for an
	// issuer that cannot be told to give its tokens less. A token that is stolen
	// is then good for as long.
	DangerouslyLongLived bool

	// ScopeClaim is the claim that holds scopes, as a string with spaces
	// between them or an array of strings. Default: "scope" (RFC 9068, section
	// 2.2.3). Some issuers call it "scp". Only one is ever read: of two that
	// differ, neither can be believed.
	ScopeClaim string

	// RolesClaim is the claim that holds roles, an array of strings. Default:
	// "roles" (RFC 9068, section 2.2.3.1).
	RolesClaim string

	// TenantClaim is the claim that holds the tenant, a string. Default: none
	// is read, for none is registered.
	TenantClaim string

	// Revoked reports whether a token that is good otherwise has been revoked,
	// by its TokenID, SessionID or Subject. It is asked last, for each request,
	// also about a token that is remembered, with the context of the request.
	// True refuses the token with ErrRevoked as the cause; an error is an outage
	// and answered with 503. It must not change p. Nil is off: a token is good
	// until it expires.
	Revoked func(ctx context.Context, p *authn.Principal) (bool, error)

	// Cache is how many verified tokens are remembered, 0 to 1 Mi. Default: 0,
	// none. A remembered token is not verified again, but nothing that can
	// change is: see the package comment. Each takes the memory of its claims
	// two or three times and about 1 KiB. Twice the number of tokens that are in
	// use at one time makes it rare that two compete for one place.
	//
	// The requests with one token then share one Principal.
	Cache int
}

const (
	defaultLifetime = time.Hour
	maxLifetime     = 24 * time.Hour
)

// compile sets all of v that does not depend on C, and adds what is wrong with
// cfg.
func (v *verifier) compile(f *httperr.ConfigFaults, cfg Config) {
	v.audience = slices.Clone(cfg.Audience)
	v.typ = cmp.Or(cfg.Type, claim.DefaultType)
	v.leeway = cfg.Leeway
	v.maxLifetime = cmp.Or(cfg.MaxLifetime, defaultLifetime)
	v.revoked = cfg.Revoked
	v.setIssuers(f, cfg)
	checkIdentity(f, cfg)
	checkDurations(f, cfg)
	v.claims = strictjson.NewIndex(claim.Names(f, cfg.ScopeClaim, cfg.RolesClaim, cfg.TenantClaim))
	v.cache = newCache(f, cfg.Cache)
	v.refuse = v.refusals(len(cfg.Issuers) > 0)
}

func checkIdentity(f *httperr.ConfigFaults, cfg Config) {
	if len(cfg.Audience) == 0 {
		f.Add("Audience", nil, "is empty", "set it to the aud that your issuer gives tokens for this service")
	}
	for i, a := range cfg.Audience {
		if !claim.Printable(a) {
			f.Add(fmt.Sprintf("Audience[%d]", i), a, "is empty, or has a space, a control character or invalid UTF-8", "write it exactly as in the aud of a token, one entry for each name")
		}
	}
	if t := cfg.Type; t != "" && !field.Token(t) {
		f.Add("Type", t, "is not a media type without its application/", `use "at+jwt", or "JWT" for an issuer that does not follow RFC 9068`)
	}
}

func checkDurations(f *httperr.ConfigFaults, cfg Config) {
	if cfg.Leeway < 0 || cfg.Leeway > claim.MaxLeeway {
		f.Add("Leeway", cfg.Leeway, "is not between 0 and 1m0s", "write at most 1m; keep the clocks by NTP")
	}
	switch {
	case cfg.MaxLifetime < 0:
		f.Add("MaxLifetime", cfg.MaxLifetime, "is negative", "use a positive duration, or 0 for 1h0m0s")
	case cfg.MaxLifetime > maxLifetime && !cfg.DangerouslyLongLived:
		f.Add("MaxLifetime", cfg.MaxLifetime, "a stolen token is good for as long, and cannot be revoked", "write at most 24h and let clients renew their tokens, or set DangerouslyLongLived")
	}
}
