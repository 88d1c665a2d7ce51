// Package express is the code of the page about moving from Express: each snippet beside the
// same on this library. README.md is the page, and peers has the snippets for Node.
package express

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
	"github.com/go-sallyport/sallyport/validate"
)

// page: tokens
func authenticate(keys jwks.Source) (*authn.Middleware, error) {
	v, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{{
		Issuer: "https://issuer.example", Audience: []string{"https://shop.example"}, Keys: keys,
		Types: []string{"JWT"},                                              // as jsonwebtoken writes it
		Kind:  []jwtauth.ClaimRule{{Claim: "type", In: []string{"access"}}}, // or the claim that tells them from refresh tokens
	}}})
	if err != nil {
		return nil, err
	}
	return authn.New(authn.Config{Authenticators: []authn.Authenticator{v}})
}

// page: end

// page: scopes
func requireScope() (*authz.Middleware, error) {
	return authz.New(authz.Config{Require: authz.Scopes("orders:read")})
}

// page: end

type order struct{ ID, Owner string }

// page: ownership
func ownOrder(load func(ctx context.Context, id string) (*order, bool, error)) (*object.Guard[*order, string], error) {
	return object.New(object.Config[*order, string]{
		Name:         "order",
		Load:         load,
		Owner:        func(o *order) object.Owner { return object.Owner{Subject: o.Owner} },
		Issuer:       "https://issuer.example",
		SingleTenant: true,
	})
}

// page: end

// page: helmet
func secure() (*headers.Middleware, error) { return headers.New(headers.Browser()) }

// page: end

// page: cors
func origins() (*cors.Middleware, error) {
	return cors.New(cors.Config{Origins: []string{"https://app.example"}, RequestHeaders: []string{"Content-Type"}, Credentials: true})
}

// page: end

// page: limits
func limiters() (general, login *ratelimit.Limiter, err error) {
	general, err1 := ratelimit.New(ratelimit.Config{
		Name: "general", Limits: []ratelimit.Limit{{Quota: 100, Window: 15 * time.Minute}}, Key: ratelimit.ByClientIP,
	})
	login, err2 := ratelimit.New(ratelimit.Config{
		Name: "login", Limits: []ratelimit.Limit{ratelimit.PerMinute(5)}, Key: ratelimit.ByClientIP,
		RefundIf: ratelimit.Succeeded, // only failures count
	})
	return general, login, errors.Join(err1, err2)
}

// page: end

// page: redis
func shared(client redis.UniversalClient) (*ratelimit.Limiter, error) {
	store, err := redisstore.New(client, redisstore.Config{Prefix: "shop"})
	if err != nil {
		return nil, err
	}
	return ratelimit.New(ratelimit.Config{
		Name: "general", Limits: []ratelimit.Limit{ratelimit.PerMinute(100)}, Key: ratelimit.ByClientIP, Store: store,
	})
}

// page: end

// page: schema
type newOrder struct {
	SKU      string `json:"sku" validate:"required,sku"`
	Quantity int    `json:"quantity" validate:"required,min=1,max=99"`
	Email    string `json:"email" mod:"trim,lower" validate:"required,email"`
	Note     string `json:"note,omitempty" validate:"max=200"`
}

func createOrder() (http.Handler, error) {
	s, err := validate.New[newOrder](validate.Config{Patterns: map[string]string{"sku": "[A-Z]{3}[0-9]{4}"}})
	if err != nil {
		return nil, err
	}
	return validate.Handle(s, func(_ context.Context, in *newOrder) (*newOrder, error) { return in, nil }), nil
}

// page: end

// page: errors
func outermost(log *slog.Logger) (*httperr.Middleware, error) {
	return httperr.New(httperr.Config{Logger: log}) // envelope, correlation ID, panics, one record per request
}

// page: end

// page: view
type user struct {
	ID           int    `json:"id" view:"public"`
	Name         string `json:"name" view:"public"`
	PasswordHash string `json:"password_hash"`
	SSN          string `json:"ssn"` // a new column is in no view
}

func showUser(load func(r *http.Request) *user) (http.Handler, error) {
	v, err := view.New[user](view.Config{})
	if err != nil {
		return nil, err
	}
	return httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return v.Write(w, r, http.StatusOK, load(r))
	}), nil
}

// page: end
