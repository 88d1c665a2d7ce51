package bench

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const oursCached = "sallyport, cached"

func ourGuard(t testing.TB, name string, s *signer, cache int) guard {
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{ourVerifier(t, s, cache)}})
	if err != nil {
		t.Fatal(err)
	}
	return guard{name, m.Handler, func(r *http.Request) string {
		p, _ := authn.FromContext(r.Context())
		return p.Subject
	}}
}

func ourVerifier(t testing.TB, s *signer, cache int) authn.Authenticator {
	source := jwks.Static(jwks.Key{ID: tokenKey, Algorithm: jwks.Algorithm(s.alg), Public: s.public})
	if s.public == nil {
		source = jwks.InsecureSharedSecrets(jwks.Secret{ID: tokenKey, Value: s.verify.([]byte)})
	}
	v, err := jwtauth.New(jwtauth.Config{Issuer: tokenIssuer, Audience: []string{tokenAudience}, Keys: source, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const oursVerdict = "sallyport, verdict"

// rejectToken measures our rejection of a bad token without the response. The response
// has a challenge, an identifier and an envelope, and does not depend on the layer that
// refuses.
func rejectToken(t testing.TB, s *signer, token string) contender {
	v, r := ourVerifier(t, s, 0), withToken(token)
	return contender{oursVerdict, func(int, int) (bool, error) {
		_, err := v.Authenticate(r)
		if !errors.Is(err, authn.ErrInvalid) {
			return true, err
		}
		return false, nil
	}}
}

// bearerMiddleware is the middleware that users write for a library without one.
func bearerMiddleware[T any](name string, verify func(ctx context.Context, token string) (T, error), subject func(T) string) guard {
	type key struct{}
	return guard{name, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
			if !ok || !strings.EqualFold(scheme, "Bearer") {
				http.Error(w, "unauthorized", http.StatusUnauthorized)
				return
			}
			v, err := verify(r.Context(), token)
			if err != nil {
				http.Error(w, "unauthorized", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, v)))
		})
	}, func(r *http.Request) string {
		v, _ := r.Context().Value(key{}).(T)
		return subject(v)
	}}
}
