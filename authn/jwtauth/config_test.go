package jwtauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	_, err := jwtauth.New(jwtauth.Config{})
	mwtest.Faults(t, err, "jwtauth: Issuer: is empty; ", "jwtauth: Audience: is empty; ", "jwtauth: Keys: is nil; ")

	s := signers()
	_, err = jwtauth.New(jwtauth.Config{
		Issuer: "https://issuer.example ", Audience: []string{"", "two words", "ok"}, Type: "application/at+jwt",
		Leeway: time.Minute + 1, MaxLifetime: -time.Second, ScopeClaim: "SUB", RolesClaim: "a b", TenantClaim: "Exp",
		Keys: jwks.Static(
			jwks.Key{},
			jwks.Key{ID: strings.Repeat("k", 129), Algorithm: "HS256", Public: []byte("hunter2")},
			jwks.Key{ID: "a", Algorithm: jwks.ES384, Public: s[1].public},
			jwks.Key{ID: "a", Algorithm: jwks.RS256, Public: s[0].private},
			jwks.Key{ID: "b", Algorithm: "rs256", Public: newEC(elliptic.P224()).Public()},
		),
	})
	mwtest.Faults(t, err,
		`jwtauth: Issuer: "https://issuer.example ": `,
		`jwtauth: Audience[0]: "": `, `jwtauth: Audience[1]: "two words": `,
		`jwtauth: Type: "application/at+jwt": `,
		`jwtauth: Leeway: "1m0.000000001s": `, `jwtauth: MaxLifetime: "-1s": `,
		`jwtauth: ScopeClaim: "SUB": is read as something else`, `jwtauth: RolesClaim: "a b": `, `jwtauth: TenantClaim: "Exp": is read as something else`,
		`jwtauth: Keys[0].ID: `, `jwtauth: Keys[0].Algorithm: "": `, `jwtauth: Keys[0].Public: "<nil>": is missing`,
		`jwtauth: Keys[1].ID: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…": `, `jwtauth: Keys[1].Algorithm: "HS256": whoever can verify`, `jwtauth: Keys[1].Public: "[]uint8": is not a parsed public key`,
		`jwtauth: Keys[2].Public: "*ecdsa.PublicKey": does not fit the algorithm ES384; use the algorithm ES256`,
		`jwtauth: Keys[3].Public: "*rsa.PrivateKey": is a private key; `, `jwtauth: Keys[3].ID: "a": another key has this ID; `,
		`jwtauth: Keys[4].Algorithm: "rs256": is not an algorithm`, `jwtauth: Keys[4].Public: "*ecdsa.PublicKey": is not a point on`,
	)
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a secret is in the fault")
	}
	for _, e := range mwtest.Leaves(err) {
		if c, ok := e.(*httperr.ConfigError); !ok || c.Reason == "" || c.Fix == "" {
			t.Errorf("%v is not a ConfigError with a fix", e)
		}
	}
}

func TestKeys(t *testing.T) {
	s := signers()
	r, e, d := s[0].public.(*rsa.PublicKey), s[1].public.(*ecdsa.PublicKey), s[2].public.(ed25519.PublicKey)
	ec := func(c elliptic.Curve) ecdsa.PublicKey { return newEC(c).PublicKey }
	p224 := ec(elliptic.P224())
	long := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 8192), big.NewInt(1))
	off := ec(elliptic.P224())
	off.Curve = elliptic.P256()
	overflow := ec(elliptic.P384())
	overflow.Curve = elliptic.P256()
	alien := ec(elliptic.P256())
	alien.Curve = elliptic.P256().Params()
	var typedNil *rsa.PublicKey
	for name, tc := range map[string]struct {
		alg    jwks.Algorithm
		public crypto.PublicKey
		want   string // "" accepts
	}{
		"RS256": {jwks.RS256, r, ""}, "PS512": {jwks.PS512, r, ""}, "ES256": {jwks.ES256, e, ""}, "EdDSA": {jwks.EdDSA, d, ""},
		"exponent 3":           {jwks.RS256, &rsa.PublicKey{N: r.N, E: 3}, ""},
		"RSA for ECDSA":        {jwks.ES256, r, "does not fit the algorithm ES256; use the algorithm that the issuer signs with"},
		"RSA for EdDSA":        {jwks.EdDSA, r, "does not fit"},
		"ECDSA for RSA":        {jwks.PS256, e, "does not fit the algorithm PS256; use the algorithm ES256"},
		"ECDSA for EdDSA":      {jwks.EdDSA, e, "does not fit"},
		"P-256 for ES512":      {jwks.ES512, e, "does not fit"},
		"Ed25519 for RSA":      {jwks.RS256, d, "does not fit the algorithm RS256; use the algorithm EdDSA"},
		"Ed25519 for ECDSA":    {jwks.ES256, d, "does not fit"},
		"1024 bits":            {jwks.RS256, newRSA(1024).Public(), "1024 bits can be broken"},
		"8193 bits":            {jwks.RS256, &rsa.PublicKey{N: long, E: 65537}, "8193 bits cost more"},
		"even modulus":         {jwks.RS256, &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}, "the modulus is not"},
		"negative modulus":     {jwks.RS256, &rsa.PublicKey{N: new(big.Int).Neg(r.N), E: 65537}, "the modulus is not"},
		"exponent 1":           {jwks.RS256, &rsa.PublicKey{N: r.N, E: 1}, "the exponent"},
		"even exponent":        {jwks.RS256, &rsa.PublicKey{N: r.N, E: 65536}, "the exponent"},
		"negative exponent":    {jwks.RS256, &rsa.PublicKey{N: r.N, E: -3}, "the exponent"},
		"huge exponent":        {jwks.RS256, &rsa.PublicKey{N: r.N, E: 1<<31 + 1}, "the exponent"},
		"no modulus":           {jwks.RS256, &rsa.PublicKey{E: 65537}, "has no modulus"},
		"nil RSA":              {jwks.RS256, typedNil, "has no modulus"},
		"off the curve":        {jwks.ES256, &off, "is not a point"},
		"beyond the field":     {jwks.ES256, &overflow, "is not a point"},
		"P-224":                {jwks.ES256, &p224, "is not a point"},
		"empty ECDSA":          {jwks.ES256, &ecdsa.PublicKey{}, "is not a point"},
		"no coordinates":       {jwks.ES256, &ecdsa.PublicKey{Curve: elliptic.P256()}, "is not a point"},
		"custom curve":         {jwks.ES256, &alien, "is not a point"},
		"short Ed25519":        {jwks.EdDSA, d[:31], "an Ed25519 key has 32 bytes"},
		"private RSA":          {jwks.RS256, s[0].private, "is a private key; pass its Public()"},
		"private ECDSA":        {jwks.ES256, s[1].private, "is a private key"},
		"private Ed25519":      {jwks.EdDSA, s[2].private, "is a private key"},
		"RSA by value":         {jwks.RS256, *r, "is not a parsed public key"},
		"Ed25519 by pointer":   {jwks.EdDSA, &d, "is not a parsed public key"},
		"secret":               {jwks.RS256, "hunter2", "is not a parsed public key"},
		"number":               {jwks.RS256, 7, "is not a parsed public key"},
		"missing":              {jwks.RS256, nil, "is missing"},
		"unknown algorithm":    {"none", r, "is not an algorithm"},
		"HMAC algorithm":       {"HS512", r, "whoever can verify"},
		"lower-case Ed25519ph": {"ed25519ph", d, "is not an algorithm"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s[0])
			cfg.Keys = jwks.Static(jwks.Key{ID: "k", Algorithm: tc.alg, Public: tc.public})
			_, err := jwtauth.New(cfg)
			switch {
			case tc.want == "" && err != nil, tc.want != "" && (len(mwtest.Leaves(err)) != 1 || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %q", err, tc.want)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Error("a secret is in the fault")
			}
		})
	}
}

func TestClaimNames(t *testing.T) {
	s := signers()[2]
	for name, tc := range map[string]struct {
		scope, roles, tenant string
		want                 []string // fields at fault
	}{
		"defaults":           {},
		"swapped":            {scope: "roles", roles: "scope"},
		"URLs":               {roles: "https://notes.example/roles", tenant: "https://notes.example/org"},
		"the same":           {roles: "x", tenant: "X", want: []string{"RolesClaim", "TenantClaim"}},
		"scope as roles":     {roles: "scope", want: []string{"RolesClaim"}},
		"registered":         {tenant: "cnf", want: []string{"TenantClaim"}},
		"not ASCII":          {tenant: "o\u017f", want: []string{"TenantClaim"}},
		"needs to be quoted": {scope: `a"b`, tenant: `a\b`, want: []string{"ScopeClaim", "TenantClaim"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.ScopeClaim, cfg.RolesClaim, cfg.TenantClaim = tc.scope, tc.roles, tc.tenant
			_, err := jwtauth.New(cfg)
			var prefixes []string
			for _, field := range tc.want {
				prefixes = append(prefixes, "jwtauth: "+field+": ")
			}
			mwtest.Faults(t, err, prefixes...)
		})
	}
}

func TestEmptySources(t *testing.T) {
	s := signers()[2]
	var typedNil *fakeSource
	for name, keys := range map[string]jwks.Source{"no keys": jwks.Static(), "typed nil": typedNil} {
		cfg := config(s)
		cfg.Keys = keys
		_, err := jwtauth.New(cfg)
		t.Log(name)
		mwtest.Faults(t, err, "jwtauth: Keys: ")
	}
}

// A change of the Config, or of the numbers in its keys, after New has no effect on the
// Verifier.
func TestConfigIsCopied(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		r, e, d := rsa.PublicKey{}, ecdsa.PublicKey{}, ed25519.PublicKey(nil)
		k := s.key()
		switch public := s.public.(type) {
		case *rsa.PublicKey:
			r = rsa.PublicKey{N: new(big.Int).Set(public.N), E: public.E}
			k.Public = &r
		case *ecdsa.PublicKey:
			e = *public
			k.Public = &e
		case ed25519.PublicKey:
			d = append(d, public...)
			k.Public = d
		}
		keys := []jwks.Key{k}
		cfg := config(s)
		cfg.Keys = jwks.Static(keys...)
		v := build(t, cfg)
		cfg.Audience[1], keys[0] = "changed", jwks.Key{}
		switch s.alg {
		case jwks.RS256:
			r.N.SetInt64(7)
			r.E = 1
		case jwks.ES256:
			e = ecdsa.PublicKey{}
		default:
			clear(d)
		}
		if _, err := v.Verify(context.Background(), s.good()); err != nil {
			t.Error(err)
		}
	})
}

func TestIssuersReportAllFaults(t *testing.T) {
	s := signers()[2]
	var typedNil *fakeSource
	_, err := jwtauth.New(jwtauth.Config{
		Issuer: issuer, Keys: jwks.Static(), Audience: []string{audience},
		Issuers: map[string]jwks.Source{
			"": jwks.Static(s.key()), "a b": jwks.Static(s.key()), "nil": nil, "typed nil": typedNil, "none": jwks.Static(),
			"bad": jwks.Static(s.key(), jwks.Key{ID: kid, Algorithm: "HS256", Public: "hunter2"}), "good": jwks.Static(s.key()), "own": &fakeSource{},
		},
	})
	mwtest.Faults(t, err,
		`jwtauth: Issuer: "https://issuer.example": stands beside Issuers; `, `jwtauth: Keys: stands beside Issuers; `,
		`jwtauth: Issuers[""]: is empty; `, `jwtauth: Issuers["a b"]: "a b": has a space`, `jwtauth: Issuers["nil"]: is nil; `,
		`jwtauth: Issuers["typed nil"]: is nil; `, `jwtauth: Issuers["typed nil"]: "typed nil": has a space`, `jwtauth: Issuers["none"].Keys: no token could`,
		`jwtauth: Issuers["bad"].Keys[1].ID: "key-2026-11": another key`, `jwtauth: Issuers["bad"].Keys[1].Algorithm: "HS256": whoever`,
		`jwtauth: Issuers["bad"].Keys[1].Public: "string": is not a parsed public key`,
	)
	var order []string
	for _, e := range mwtest.Leaves(err) {
		if iss, _, ok := strings.Cut(e.(*httperr.ConfigError).Field, "]"); ok {
			order = append(order, iss)
		}
	}
	if !slices.IsSorted(order) {
		t.Errorf("not sorted: %q", order)
	}
	cfg := config(s)
	cfg.Issuers = map[string]jwks.Source{}
	build(t, cfg)
}
