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
	_, err = jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{{
		Issuer: "https://issuer.example ", Audience: []string{"", "two words", "ok"}, Types: []string{"application/at+jwt"},
		Leeway: time.Minute + 1, MaxLifetime: -time.Second, ScopeClaim: "SUB", RolesClaim: "a b", TenantClaim: "Exp",
		Keys: jwks.Static(
			jwks.Key{},
			jwks.Key{ID: strings.Repeat("k", 129), Algorithm: "HS256", Public: []byte("hunter2")},
			jwks.Key{ID: "a", Algorithm: jwks.ES384, Public: s[1].public},
			jwks.Key{ID: "a", Algorithm: jwks.RS256, Public: s[0].private},
			jwks.Key{ID: "b", Algorithm: "rs256", Public: newEC(elliptic.P224()).Public()},
		),
	}}})
	mwtest.Faults(t, err,
		`jwtauth: Issuers[0].Issuer: "https://issuer.example ": `,
		`jwtauth: Issuers[0].Audience[0]: "": `, `jwtauth: Issuers[0].Audience[1]: "two words": `,
		`jwtauth: Issuers[0].Types[0]: "application/at+jwt": `, `jwtauth: Issuers[0].Kind: is empty`,
		`jwtauth: Issuers[0].Leeway: "1m0.000000001s": `, `jwtauth: Issuers[0].MaxLifetime: "-1s": `,
		`jwtauth: Issuers[0].ScopeClaim: "SUB": differs from sub by case only`, `jwtauth: Issuers[0].RolesClaim: "a b": `, `jwtauth: Issuers[0].TenantClaim: "Exp": differs from exp by case only`,
		`jwtauth: Issuers[0].Keys[0].Algorithm: "": `, `jwtauth: Issuers[0].Keys[0].Public: "<nil>": is missing`,
		`jwtauth: Issuers[0].Keys[1].ID: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…": `, `jwtauth: Issuers[0].Keys[1].Algorithm: "HS256": whoever can verify`, `jwtauth: Issuers[0].Keys[1].Public: "[]uint8": is not a parsed public key`,
		`jwtauth: Issuers[0].Keys[2].Public: "*ecdsa.PublicKey": does not fit the algorithm ES384; use the algorithm ES256`,
		`jwtauth: Issuers[0].Keys[3].Public: "*rsa.PrivateKey": is a private key; `,
		`jwtauth: Issuers[0].Keys[4].Algorithm: "rs256": is not an algorithm`, `jwtauth: Issuers[0].Keys[4].Public: "*ecdsa.PublicKey": is not a point on`,
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
			cfg.Issuers[0].Keys = jwks.Static(jwks.Key{ID: "k", Algorithm: tc.alg, Public: tc.public})
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
		"the same":           {roles: "x", tenant: "X", want: []string{"TenantClaim"}},
		"scope as roles":     {roles: "scope", want: []string{"RolesClaim"}},
		"a variant of iss":   {tenant: "Iss", want: []string{"TenantClaim"}},
		"registered":         {tenant: "cnf", want: []string{"TenantClaim"}},
		"not ASCII":          {tenant: "o\u017f", want: []string{"TenantClaim"}},
		"needs to be quoted": {scope: `a"b`, tenant: `a\b`, want: []string{"ScopeClaim", "TenantClaim"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.Issuers[0].ScopeClaim, cfg.Issuers[0].RolesClaim, cfg.Issuers[0].TenantClaim = tc.scope, tc.roles, tc.tenant
			_, err := jwtauth.New(cfg)
			var prefixes []string
			for _, field := range tc.want {
				prefixes = append(prefixes, "jwtauth: Issuers[0]."+field+": ")
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
		cfg.Issuers[0].Keys = keys
		_, err := jwtauth.New(cfg)
		t.Log(name)
		mwtest.Faults(t, err, "jwtauth: Issuers[0].Keys: ")
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
		cfg.Issuers[0].Keys = jwks.Static(keys...)
		v := build(t, cfg)
		cfg.Issuers[0].Audience[1], keys[0] = "changed", jwks.Key{}
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

// New reports the faults of every issuer, in the order of Issuers.
func TestIssuersReportAllFaults(t *testing.T) {
	s := signers()[2]
	var typedNil *fakeSource
	_, err := jwtauth.New(jwtauth.Config{
		Issuer: issuer, Keys: jwks.Static(), Audience: []string{audience},
		Issuers: []jwtauth.TrustedIssuer{
			trusting("", jwks.Static(s.key())), trusting("a b", jwks.Static(s.key())), trusting("nil", nil), trusting("typed", typedNil), trusting("none", jwks.Static()),
			trusting("bad", jwks.Static(s.key(), jwks.Key{ID: kid, Algorithm: "HS256", Public: "hunter2"})), trusting("good", jwks.Static(s.key())), trusting("own", &fakeSource{}),
		},
	})
	mwtest.Faults(t, err,
		`jwtauth: Issuers: stands beside Issuer, Audience or Keys; `,
		`jwtauth: Issuers[0].Issuer: is empty; `, `jwtauth: Issuers[1].Issuer: "a b": has a space`, `jwtauth: Issuers[2].Keys: is nil; `,
		`jwtauth: Issuers[3].Keys: is nil; `, `jwtauth: Issuers[4].Keys: no token could`,
		`jwtauth: Issuers[5].Keys[1].Algorithm: "HS256": whoever`,
		`jwtauth: Issuers[5].Keys[1].Public: "string": is not a parsed public key`,
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
}

// Each fault of a TrustedIssuer names its field, and says what to write instead.
func TestTrustedIssuerFaults(t *testing.T) {
	s := signers()[2]
	for name, tc := range map[string]struct {
		edit func(*jwtauth.TrustedIssuer)
		want []string
	}{
		"JWT alone":        {func(ti *jwtauth.TrustedIssuer) { ti.Types = []string{"JWT"} }, []string{"Kind: is empty, and tokens of other kinds have these Types too; name a claim that only access tokens"}},
		"absent typ alone": {func(ti *jwtauth.TrustedIssuer) { ti.Types = []string{"at+jwt", ""} }, []string{"Kind: is empty"}},
		"with a rule": {func(ti *jwtauth.TrustedIssuer) {
			ti.Types, ti.Kind = []string{"JWT"}, []jwtauth.ClaimRule{{Claim: "scp"}}
		}, nil},
		"any kind":          {func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.DangerouslyAnyKind = []string{"JWT"}, true }, nil},
		"at+jwt in capital": {func(ti *jwtauth.TrustedIssuer) { ti.Types = []string{"AT+JWT"} }, nil},
		"no media type": {func(ti *jwtauth.TrustedIssuer) {
			ti.Types, ti.DangerouslyAnyKind = []string{"JWT", "application/jwt", "a b", "é"}, true
		}, []string{
			`Types[1]: "application/jwt": is not a media type without its application/; use "at+jwt"`, `Types[2]: "a b": `, `Types[3]: "é": `}},
		"no audience":          {func(ti *jwtauth.TrustedIssuer) { ti.Audience = nil }, []string{"Audience: is empty; set it to the aud"}},
		"audience":             {func(ti *jwtauth.TrustedIssuer) { ti.Audience = []string{"", "a b", "ok", "a\x00"} }, []string{`Audience[0]: "": is empty, or has a space`, `Audience[1]: "a b": `, `Audience[3]: "a\x00": `}},
		"clients":              {func(ti *jwtauth.TrustedIssuer) { ti.Clients = []string{"web", ""} }, []string{`Clients[1]: "": is empty, or has a space`}},
		"fallback":             {func(ti *jwtauth.TrustedIssuer) { ti.AudienceFallback = "aud" }, []string{`AudienceFallback: "aud": is a registered claim with a meaning of its own; use another claim`}},
		"fallback in capitals": {func(ti *jwtauth.TrustedIssuer) { ti.AudienceFallback = "Client_ID" }, []string{`ClientClaim: "client_id": differs from Client_ID by case only, which a Verifier reads as well; use a claim with another name`}},
		"roles that never match": {func(ti *jwtauth.TrustedIssuer) { ti.RolesClaim = "realm_access..roles" }, []string{
			`RolesClaim: "realm_access..roles": is not the name of a claim, or a path of names with dots between; use the name of the claim as it is in a token, such as "roles"`}},
		"roles of exp":     {func(ti *jwtauth.TrustedIssuer) { ti.RolesClaim = "exp" }, []string{`RolesClaim: "exp": is a registered claim`}},
		"roles of sub":     {func(ti *jwtauth.TrustedIssuer) { ti.RolesClaim = "sub" }, []string{`RolesClaim: "sub": is a registered claim`}},
		"roles as tenant":  {func(ti *jwtauth.TrustedIssuer) { ti.RolesClaim = "org" }, []string{`TenantClaim: "org": is already read as RolesClaim; use a claim of its own`}},
		"two of one claim": {func(ti *jwtauth.TrustedIssuer) { ti.RolesClaim, ti.TenantClaim = "x.roles", "x.org" }, nil},
		"a rule and a name": {func(ti *jwtauth.TrustedIssuer) {
			ti.Kind, ti.ScopeClaim, ti.AudienceFallback, ti.ClientClaim = []jwtauth.ClaimRule{{Claim: "scp"}}, "scp", "azp", "azp"
		}, nil},
		"leeway":       {func(ti *jwtauth.TrustedIssuer) { ti.Leeway = time.Minute + 1 }, []string{`Leeway: "1m0.000000001s": is more than 1m0s; write at most 1m`}},
		"no leeway":    {func(ti *jwtauth.TrustedIssuer) { ti.Leeway = -time.Hour }, nil},
		"lifetime":     {func(ti *jwtauth.TrustedIssuer) { ti.MaxLifetime = 25 * time.Hour }, []string{`MaxLifetime: "25h0m0s": a stolen token is good for as long, and cannot be revoked; write at most 24h and let clients renew their tokens, or set DangerouslyLongLived`}},
		"largest size": {func(ti *jwtauth.TrustedIssuer) { ti.MaxToken, ti.MaxHeader = 64<<10, 64<<10 }, nil},
		"sizes": {func(ti *jwtauth.TrustedIssuer) { ti.MaxToken, ti.MaxHeader = 64<<10+1, -1 }, []string{
			`MaxToken: "65537": is not between 0 and 65536; write a number of bytes, or 0 for the default`, `MaxHeader: "-1": is not between 0 and 65536`}},
		"nil source":  {func(ti *jwtauth.TrustedIssuer) { ti.Keys = nil }, []string{"Keys: is nil; use jwks.Remote"}},
		"empty":       {func(ti *jwtauth.TrustedIssuer) { *ti = jwtauth.TrustedIssuer{} }, []string{"Issuer: is empty; ", "Keys: is nil; ", "Audience: is empty; "}},
		"not printed": {func(ti *jwtauth.TrustedIssuer) { ti.Issuer = "https://a.example\n" }, []string{`Issuer: "https://a.example\n": has a space, a control character or invalid UTF-8; write it exactly`}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := severalIssuers(s)
			tc.edit(&cfg.Issuers[1])
			for i := range tc.want {
				tc.want[i] = "jwtauth: Issuers[1]." + tc.want[i]
			}
			_, err := jwtauth.New(cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

func TestIssuersFaults(t *testing.T) {
	s := signers()[2]
	twice := severalIssuers(s)
	twice.Issuers[2].Issuer = issuer
	_, err := jwtauth.New(twice)
	mwtest.Faults(t, err, `jwtauth: Issuers[2].Issuer: "https://issuer.example": is the Issuer of two elements; merge them`)

	templates := jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{tenantConfig(s, tenantID).Issuers[0], tenantConfig(s, otherTenantID).Issuers[0]}}
	_, err = jwtauth.New(templates)
	mwtest.Faults(t, err, `jwtauth: Issuers[1].Issuer: "https://login.example/{tenantid}/v2.0": is the Issuer of two elements; merge them`)

	mixed := severalIssuers(s)
	mixed.Issuers[2].Keys = sharedSecret(kid, randomSecret(32))
	_, err = jwtauth.New(mixed)
	mwtest.Faults(t, err, "jwtauth: Issuers: mixes key families: a public key could be taken for a shared secret; make a Verifier of its own for the issuers with InsecureSharedSecrets")

	for _, cfg := range []jwtauth.Config{{Issuer: issuer}, {Audience: []string{audience}}, {Keys: jwks.Static(s.key())}} {
		cfg.Issuers = config(s).Issuers
		_, err = jwtauth.New(cfg)
		mwtest.Faults(t, err, "jwtauth: Issuers: stands beside Issuer, Audience or Keys; move these three into an element of Issuers")
	}
	_, err = jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{}})
	mwtest.Faults(t, err, "jwtauth: Issuer: is empty; ", "jwtauth: Audience: is empty; ", "jwtauth: Keys: is nil; ")
}
