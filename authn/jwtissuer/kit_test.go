package jwtissuer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://api.example"
	kid      = "key-2026-11"
)

// A verifier is a *jwtauth.Verifier with any type of claims.
type verifier interface {
	Verify(ctx context.Context, token string) (*authn.Principal, error)
}

// A signer is a key pair of one kind.
type signer struct {
	private crypto.Signer
	public  crypto.PublicKey
}

// signers has an RSA key, a P-256 key and an Ed25519 key. They are made once, because
// generating RSA keys is slow.
var signers = sync.OnceValue(func() (all []signer) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	for _, k := range []crypto.Signer{newRSA(2048), newEC(elliptic.P256()), ed} {
		all = append(all, signer{k, k.Public()})
	}
	return all
})

func newRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func newEC(c elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

func decode(s string) string { b, _ := base64.RawURLEncoding.DecodeString(s); return string(b) }

// trusting returns a Config that reads every claim of a Grant.
func trusting(keys jwks.Source) jwtauth.Config {
	return jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{{
		Issuer: issuer, Audience: []string{audience}, Keys: keys, RolesClaim: "roles", TenantClaim: "org", Leeway: -1,
	}}}
}

func build(t testing.TB, cfg jwtauth.Config) *jwtauth.Verifier[jwtauth.NoClaims] {
	t.Helper()
	return mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(cfg))
}

// privateKeys has a key for each algorithm.
var privateKeys = sync.OnceValue(func() map[jwks.Algorithm]crypto.PrivateKey {
	s := signers()
	all := map[jwks.Algorithm]crypto.PrivateKey{jwks.ES256: s[1].private, jwks.EdDSA: s[2].private}
	for _, alg := range []jwks.Algorithm{jwks.RS256, jwks.RS384, jwks.RS512, jwks.PS256, jwks.PS384, jwks.PS512} {
		all[alg] = s[0].private
	}
	for alg, curve := range map[jwks.Algorithm]elliptic.Curve{jwks.ES384: elliptic.P384(), jwks.ES512: elliptic.P521()} {
		all[alg] = newEC(curve)
	}
	return all
})

func eachAlgorithm(t *testing.T, f func(*testing.T, jwtissuer.SigningKey)) {
	for alg, private := range privateKeys() {
		t.Run(string(alg), func(t *testing.T) {
			f(t, jwtissuer.SigningKey{ID: kid, Algorithm: alg, Private: private})
		})
	}
}

func issuerConfig(key jwtissuer.SigningKey) jwtissuer.Config {
	return jwtissuer.Config{Issuer: issuer, Audience: []string{"other", audience}, Key: key, TenantClaim: "org"}
}

func edDSA(id string) jwtissuer.SigningKey {
	k, err := jwtissuer.GenerateKey(jwks.EdDSA)
	if err != nil {
		panic(err)
	}
	k.ID = id
	return k
}

func newIssuer(t testing.TB, cfg jwtissuer.Config) *jwtissuer.Issuer {
	t.Helper()
	return mwtest.Must[*jwtissuer.Issuer](t)(jwtissuer.New(cfg))
}

// verifierOf returns a verifier that accepts the tokens of i.
func verifierOf(t testing.TB, i *jwtissuer.Issuer) verifier {
	t.Helper()
	return mwtest.Must[*jwtauth.Verifier[detailed]](t)(jwtauth.NewTyped[detailed](trusting(i)))
}

// detailed reads the one claim of Grant.Claims that a Verifier refuses if nothing reads it.
type detailed struct {
	Details json.RawMessage `json:"authorization_details"`
}

func grant() jwtissuer.Grant {
	return jwtissuer.Grant{
		Subject: "ann", ClientID: "web", SessionID: "s-1", Tenant: "acme", ACR: "mfa", AuthTime: time.Now().Add(-time.Hour),
		Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"admin", "editor"},
	}
}

func issue(t testing.TB, i *jwtissuer.Issuer, g jwtissuer.Grant) jwtissuer.Issued {
	t.Helper()
	return mwtest.Must[jwtissuer.Issued](t)(i.Issue(g))
}
