package authz_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func build(t testing.TB, cfg authz.Config) *authz.Middleware {
	t.Helper()
	return mwtest.Must[*authz.Middleware](t)(authz.New(cfg))
}

func principal(scopes, roles []string) *authn.Principal {
	return &authn.Principal{Kind: "jwt", Issuer: "https://id.example", Subject: "ann", Scopes: scopes, Roles: roles}
}

func withScopes(scopes ...string) *authn.Principal { return principal(scopes, nil) }
func withRoles(roles ...string) *authn.Principal   { return principal(nil, roles) }

// request returns a request of p, or a request without a principal if p is nil.
func request(p *authn.Principal) *http.Request {
	r := httptest.NewRequest("POST", "/notes", nil)
	if p == nil {
		return r
	}
	return r.WithContext(authn.NewContext(context.Background(), p))
}

// authenticated runs next with p as the principal of every request. If p is nil, it
// returns next, as for a route without authn.
func authenticated(p *authn.Principal, next http.Handler) http.Handler {
	if p == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(authn.NewContext(r.Context(), p)))
	})
}
