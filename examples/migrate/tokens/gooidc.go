package tokens

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// page: before
func oidcBefore(keys oidc.KeySet) http.Handler {
	v := oidc.NewVerifier(issuer, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.ES256}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := v.Verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprint(w, token.Subject)
	})
}

// page: end

// page: after
func oidcAfter(keys jwks.Source) (http.Handler, error) {
	v, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{{
		Issuer:   issuer,
		Audience: []string{audience},
		Keys:     keys, // jwks.Discover(issuer), in the place of oidc.NewProvider
	}}})
	if err != nil {
		return nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{v}})
	if err != nil {
		return nil, err
	}
	return auth.Handler(showCaller), nil
}

// page: end
