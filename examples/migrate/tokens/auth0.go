package tokens

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
	"github.com/go-sallyport/sallyport/authz"
)

const auth0Domain = "tenant.eu.auth0.com"

// page: before
type permissions struct {
	Permissions []string `json:"permissions"`
}

func (permissions) Validate(context.Context) error { return nil }

func auth0Before(keys func(context.Context) (any, error)) (http.Handler, error) {
	iss := url.URL{Scheme: "https", Host: auth0Domain, Path: "/"}
	v, err := validator.New(validator.WithKeyFunc(keys), validator.WithAlgorithm(validator.ES256),
		validator.WithIssuer(iss.String()), validator.WithAudience(audience),
		validator.WithCustomClaims(func() *permissions { return new(permissions) }))
	if err != nil {
		return nil, err
	}
	m, err := jwtmiddleware.New(jwtmiddleware.WithValidator(v))
	if err != nil {
		return nil, err
	}
	return m.CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := jwtmiddleware.GetClaims[*validator.ValidatedClaims](r.Context())
		if err != nil || !slices.Contains(c.CustomClaims.(*permissions).Permissions, "read:notes") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprint(w, c.RegisteredClaims.Subject)
	})), nil
}

// page: end

// page: after
func auth0After(keys jwks.Source) (*jwtauth.Verifier[jwtauth.NoClaims], http.Handler, error) {
	tenant := idp.Auth0(auth0Domain, audience)
	tenant.RolesClaim = "permissions"
	if keys != nil {
		tenant.Keys = keys // only in tests: the default fetches the keys of the tenant
	}
	v, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{tenant}})
	if err != nil {
		return nil, nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{v}})
	if err != nil {
		return nil, nil, err
	}
	read, err := authz.New(authz.Config{Require: authz.AnyRole("read:notes")})
	if err != nil {
		return nil, nil, err
	}
	return v, auth.Handler(read.Handler(showCaller)), nil
}

// page: end
