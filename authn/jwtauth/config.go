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

// Config configures a Verifier. The zero Config is refused: Audience, and Issuer with
// Keys or Issuers, have no safe default.
type Config struct {
	_ [0]func()

	// Issuer is the iss of accepted tokens. It is compared exactly: a slash at the end
	// counts. Required, unless Issuers is set.
	Issuer string

	// Audience lists the names of this service. A token is accepted if its aud is one of
	// them, or has one of them as a member, compared exactly. Required: without it, this
	// service would accept a token that a user gave to any other service of the issuer
	// (RFC 8725, section 3.9).
	Audience []string

	// Keys is the source of the keys of Issuer. Required, unless Issuers is set.
	Keys jwks.Source

	// Issuers maps the iss of each issuer to the source of its keys. The iss is compared
	// exactly. Issuers replaces Issuer and Keys. A key of one issuer never verifies a
	// token of another issuer, even if both keys have the same kid. A token of an issuer
	// that is not in Issuers causes no call of a source.
	Issuers map[string]jwks.Source

	// Type is the typ of accepted tokens, without "application/". The typ of a token may
	// have that prefix, and its case does not matter. Default: "at+jwt" (RFC 9068,
	// section 4). The default refuses ID tokens, logout tokens and other kinds of token
	// of the same issuer.
	//
	// For an issuer that does not follow RFC 9068, set "JWT". The ID tokens of such an
	// issuer may have that type too, so no client may be registered with it under an ID
	// that is in Audience.
	Type string

	// Leeway is the accepted difference to the clock of the issuer, 0 to 60 s. Default:
	// 0. A leeway extends the life of each stolen token, and clocks that NTP keeps do not
	// need it: an issuer writes whole seconds, rounded down.
	Leeway time.Duration

	// MaxLifetime is the longest accepted time from iat to exp, up to 24 h. Default: 1 h.
	// It bounds the harm that a stolen token or a wrongly configured issuer can do.
	// Without Config.Revoked nothing else ends a token before its exp.
	MaxLifetime time.Duration

	// DangerouslyLongLived accepts a MaxLifetime of more than 24 h, for an issuer that
	// cannot issue shorter tokens. A stolen token is then valid for that time.
	DangerouslyLongLived bool

	// ScopeClaim is the claim that holds scopes: a string with spaces between them, or an
	// array of strings. Default: "scope" (RFC 9068, section 2.2.3). Some issuers call it
	// "scp". The Verifier reads only one claim: if two claims differ, it could trust
	// neither.
	ScopeClaim string

	// RolesClaim is the claim that holds roles, an array of strings. Default: "roles"
	// (RFC 9068, section 2.2.3.1).
	RolesClaim string

	// TenantClaim is the claim that holds the tenant, a string. Default: no tenant is
	// read, because no such claim is registered.
	TenantClaim string

	// Revoked reports whether an otherwise valid token has been revoked, by its TokenID,
	// SessionID or Subject. It is the last check of each request, with the context of the
	// request, and also runs for a token in the cache. True refuses the token with
	// ErrRevoked as the cause. An error is an outage and is answered with 503. Revoked
	// must not change p. Nil is off: a token is valid until it expires.
	Revoked func(ctx context.Context, p *authn.Principal) (bool, error)

	// Cache is the number of verified tokens to remember, 0 to 1 Mi. Default: 0, which is
	// off. The signature of a remembered token is not verified again, but everything that
	// can change is checked again: see the package comment. Each token takes two or three
	// times the memory of its claims and about 1 KiB. Set Cache to twice the number of
	// tokens that are in use at one time, so that two of them rarely compete for one
	// slot.
	//
	// The requests with one token then share one Principal.
	Cache int
}

const (
	defaultLifetime = time.Hour
	maxLifetime     = 24 * time.Hour
)

// compile sets the fields of v that do not depend on C, and adds the faults of cfg.
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
	v.refuse = v.buildRefusals(len(cfg.Issuers) > 0)
}

func checkIdentity(f *httperr.ConfigFaults, cfg Config) {
	if len(cfg.Audience) == 0 {
		f.Add("Audience", nil, "is empty", "set it to the aud that your issuer gives tokens for this service")
	}
	for i, a := range cfg.Audience {
		if !claim.Printable(a) {
			f.Add(fmt.Sprintf("Audience[%d]", i), a, "is empty, or has a space, a control character or invalid UTF-8",
				"write it exactly as in the aud of a token, one entry for each name")
		}
	}
	if t := cfg.Type; t != "" && !field.Token(t) {
		f.Add("Type", t, "is not a media type without its application/",
			`use "at+jwt", or "JWT" for an issuer that does not follow RFC 9068`)
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
		f.Add("MaxLifetime", cfg.MaxLifetime, "a stolen token is good for as long, and cannot be revoked",
			"write at most 24h and let clients renew their tokens, or set DangerouslyLongLived")
	}
}
