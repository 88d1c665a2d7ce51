package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"

	ours_jwks "github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const bogusKids = 50

// A kidResult is the number of requests to the issuer that tokens with invented kids cause.
type kidResult struct {
	name    string
	fetches int64
}

// kids sends good tokens and then tokens with 50 different invented kids, one after another,
// and counts the requests for the key set. It fails t if ours sends more than three.
func (tab *table) kids(t *testing.T) {
	s := newSigner(t, "RS256")
	var fetches atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"})
			return
		}
		fetches.Add(1)
		_, _ = w.Write([]byte(s.jwks))
	}))
	defer server.Close()
	var all []kidResult
	for name, verify := range s.remoteVerifiers(t, server.URL+"/keys") {
		if err := verify(s.token(t)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before := fetches.Load()
		for i := range bogusKids {
			if verify(s.tokenWithKid(t, fmt.Sprintf("bogus-%d", i))) == nil {
				t.Errorf("%s: a token with an invented kid is accepted", name)
			}
		}
		all = append(all, kidResult{name, fetches.Load() - before})
		if n := all[len(all)-1].fetches; name == ours && n > 3 {
			t.Errorf("%d invented kids cause %d requests to the issuer, and 3 are promised", bogusKids, n)
		}
	}
	row(tab, fmt.Sprintf("token, %d bogus kids, requests to the issuer", bogusKids), "≤ 3", all,
		func(r kidResult) string { return r.name }, func(r kidResult) float64 { return float64(r.fetches) },
		func(r kidResult) string { return fmt.Sprint(r.fetches) })
}

// remoteVerifiers are ours and the peers that fetch the keys of an issuer, each with its
// default settings.
func (s *signer) remoteVerifiers(t *testing.T, keysURL string) map[string]func(token string) error {
	ctx := t.Context()
	source := ours_jwks.Remote(keysURL)
	t.Cleanup(func() { _ = source.Close() })
	v, err := jwtauth.New(jwtauth.Config{Issuer: tokenIssuer, Audience: []string{tokenAudience}, Keys: source})
	if err != nil {
		t.Fatal(err)
	}
	kf, err := keyfunc.NewDefaultCtx(ctx, []string{keysURL})
	if err != nil {
		t.Fatal(err)
	}
	parser := golangParser(s)
	oidcVerifier := oidc.NewVerifier(tokenIssuer, oidc.NewRemoteKeySet(ctx, keysURL),
		&oidc.Config{ClientID: tokenAudience, SupportedSigningAlgs: []string{s.alg}})
	issuer, err := url.Parse(strings.TrimSuffix(keysURL, "/keys"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := jwks.NewCachingProvider(jwks.WithIssuerURL(issuer))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(string) error{
		ours: func(token string) error { _, err := v.Verify(ctx, token); return err },
		"keyfunc": func(token string) error {
			_, err := parser.ParseWithClaims(token, new(accessClaims), kf.Keyfunc)
			return err
		},
		"go-oidc": func(token string) error { _, err := oidcVerifier.Verify(ctx, token); return err },
		"auth0":   auth0Verify(t, s, provider),
	}
}

// auth0Verify verifies with the key set of auth0's provider.
func auth0Verify(t *testing.T, s *signer, provider *jwks.CachingProvider) func(string) error {
	v := auth0Validator(t, s, func(ctx context.Context) (any, error) { return provider.KeyFunc(ctx) })
	return func(token string) error { _, err := v.ValidateToken(t.Context(), token); return err }
}

// tokenWithKid is a good token whose header names another key.
func (s *signer) tokenWithKid(t *testing.T, kid string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(s.token(t), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	parsed.Header["kid"] = kid
	text, err := parsed.SignedString(s.sign)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
