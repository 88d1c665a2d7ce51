package jwtauth_test

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A verifier is a *jwtauth.Verifier, whatever its claims.
type verifier interface {
	Verify(ctx context.Context, token string) (*authn.Principal, error)
}

// privates has a key for each algorithm.
var privates = sync.OnceValue(func() map[jwtauth.Algorithm]crypto.PrivateKey {
	s := signers()
	all := map[jwtauth.Algorithm]crypto.PrivateKey{jwtauth.ES256: s[1].private, jwtauth.EdDSA: s[2].private}
	for _, alg := range []jwtauth.Algorithm{jwtauth.RS256, jwtauth.RS384, jwtauth.RS512, jwtauth.PS256, jwtauth.PS384, jwtauth.PS512} {
		all[alg] = s[0].private
	}
	for alg, curve := range map[jwtauth.Algorithm]elliptic.Curve{jwtauth.ES384: elliptic.P384(), jwtauth.ES512: elliptic.P521()} {
		all[alg] = newEC(curve)
	}
	return all
})

func eachAlgorithm(t *testing.T, f func(*testing.T, jwtauth.SigningKey)) {
	for alg, private := range privates() {
		t.Run(string(alg), func(t *testing.T) {
			f(t, jwtauth.SigningKey{ID: kid, Algorithm: alg, Private: private})
		})
	}
}

func issuerConfig(key jwtauth.SigningKey) jwtauth.IssuerConfig {
	return jwtauth.IssuerConfig{Issuer: issuer, Audience: []string{"other", audience}, Key: key, TenantClaim: "org"}
}

func edDSA(id string) jwtauth.SigningKey {
	k, err := jwtauth.GenerateKey(jwtauth.EdDSA)
	if err != nil {
		panic(err)
	}
	k.ID = id
	return k
}

func newIssuer(t testing.TB, cfg jwtauth.IssuerConfig) *jwtauth.Issuer {
	t.Helper()
	return mwtest.Must[*jwtauth.Issuer](t)(jwtauth.NewIssuer(cfg))
}

// verifierOf accepts what i issues.
func verifierOf(t testing.TB, i *jwtauth.Issuer) verifier {
	t.Helper()
	return build(t, jwtauth.Config{Issuer: issuer, Audience: []string{audience}, Keys: i, TenantClaim: "org"})
}

func grant() jwtauth.Grant {
	return jwtauth.Grant{
		Subject: "ann", ClientID: "web", SessionID: "s-1", Tenant: "acme", ACR: "mfa", AuthTime: time.Now().Add(-time.Hour),
		Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"admin", "editor"},
	}
}

func issue(t testing.TB, i *jwtauth.Issuer, g jwtauth.Grant) jwtauth.Issued {
	t.Helper()
	return mwtest.Must[jwtauth.Issued](t)(i.Issue(g))
}
