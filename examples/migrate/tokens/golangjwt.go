package tokens

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// page: before
type userKey struct{}

func requireUser(secret []byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims := jwt.MapClaims{}
		_, err := jwt.ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return secret, nil },
			jwt.WithValidMethods([]string{"HS256"}))
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		id, _ := claims["user_id"].(float64)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, int(id))))
	})
}

// page: end

func showUserID(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprint(w, r.Context().Value(userKey{}))
}

// page: after
func requireCaller(keys jwks.Source, secret []byte, lastOldToken time.Time) (*jwtauth.Verifier[jwtauth.NoClaims], error) {
	return jwtauth.New(jwtauth.Config{
		Issuer:   issuer, // of the new tokens: a jwtissuer.Issuer, or your identity provider
		Audience: []string{audience},
		Keys:     keys,
		Legacy: &jwtauth.Legacy{ // the users who are logged in stay so, until their token expires
			Issuer:       issuer,
			Secrets:      []jwks.Secret{{Value: secret}},
			SubjectClaim: "user_id",
			MaxLifetime:  72 * time.Hour,
			Until:        lastOldToken,
		},
	})
}

// page: end

// page: shadow
// shadow runs inside of the old middleware and refuses nothing: it reports each request that
// passes there and would not pass here.
func shadow(v *jwtauth.Verifier[jwtauth.NoClaims], auth *authn.Middleware, report func(string), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := auth.Check(r); err != nil {
			report(err.Error())
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			for _, problem := range v.Explain(r.Context(), token) {
				report("  " + problem.String()) // into your log, never into a response
			}
		}
		next.ServeHTTP(w, r)
	})
}

// page: end
