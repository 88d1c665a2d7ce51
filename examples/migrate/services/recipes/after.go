package recipes

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/validate"
)

const (
	issuer = "https://recipes.example"
	week   = 7 * 24 * time.Hour
)

// Settings are the values that differ from one deployment to the next.
type Settings struct {
	Key       jwtissuer.SigningKey // of new tokens
	OldSecret []byte               // of the tokens of before
	Until     time.Time            // these are accepted
	Sink      audit.Sink
}

type after struct {
	store  *Store
	tokens *jwtissuer.Issuer
	mine   *object.Guard[Recipe, string]
}

// After is the service after the move.
func After(store *Store, s Settings) (http.Handler, error) {
	tokens, err := jwtissuer.New(jwtissuer.Config{
		Issuer: issuer, Audience: []string{issuer}, Key: s.Key,
		Lifetime: week, DangerouslyLongLived: true, // the front end cannot refresh a token yet
	})
	if err != nil {
		return nil, err
	}
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuers: []jwtauth.TrustedIssuer{{
			Issuer: issuer, Audience: []string{issuer}, Keys: tokens, MaxLifetime: week, DangerouslyLongLived: true,
		}},
		Legacy: &jwtauth.Legacy{Issuer: issuer, Secrets: []jwks.Secret{{Value: s.OldSecret}}, MaxLifetime: week, Until: s.Until},
	})
	if err != nil {
		return nil, err
	}
	required, err1 := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	optional, err2 := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}, Optional: true, ExpiredAsAnonymous: true})
	mine, err3 := object.New(object.Config[Recipe, string]{
		Name: "recipe", Wildcard: "slug",
		Load: func(_ context.Context, slug string) (Recipe, bool, error) {
			r, ok := store.recipe(slug)
			return r, ok, nil
		},
		Owner: func(r Recipe) object.Owner { return object.Owner{Subject: strconv.Itoa(r.Author)} }, Issuer: issuer, SingleTenant: true,
	})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	a := &after{store, tokens, mine}
	inventory, err := a.inventory(required, optional)
	if err != nil {
		return nil, err
	}
	return chain(tokenScheme(inventory), s.Sink)
}

// inventory lists each route with its policy.
func (a *after) inventory(required, optional *authn.Middleware) (http.Handler, error) {
	service := validate.Defaults{Status: http.StatusUnprocessableEntity}
	register, err1 := validate.New[Register](validate.Config{Defaults: service})
	add, err2 := validate.New[Add](validate.Config{Defaults: service})
	change, err3 := validate.New[Change](validate.Config{Defaults: service})
	mux, err4 := routes.New(routes.Config{Authenticate: required.Handler})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	mux.Handle(routes.Route{Pattern: "POST /api/users", Handler: validate.Handle(register, a.register), Public: "everybody may register",
		NoObject: "it makes a user, and no object of one"})
	mux.Handle(routes.Route{Pattern: "GET /api/recipes/{slug}", Handler: optional.Handler(validate.Handler(a.get)),
		Public: "recipes are public", NoObject: "each reader may read each recipe"})
	mux.Handle(routes.Route{Pattern: "POST /api/recipes", Handler: validate.Handle(add, a.add),
		AnyCaller: "each user may publish", Creates: true})
	mux.Handle(routes.Route{Pattern: "PUT /api/recipes/{slug}", Handler: validate.Handle(change, a.change), Object: a.mine,
		AnyCaller: "each user may change recipes, if they own them"})
	return mux.Build()
}

// chain puts the layers around the routes.
func chain(handler http.Handler, sink audit.Sink) (http.Handler, error) {
	errs, err1 := httperr.New(httperr.Config{Sink: sink, Encoder: byField{}})
	hdr, err2 := headers.New(headers.API())
	origins, err3 := cors.New(cors.Config{AllowAnyOrigin: true, Methods: []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Authorization", "Content-Type"}})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return errs.Handler(hdr.Handler(origins.Handler(handler))), nil
}

// tokenScheme takes "Token" for "Bearer".
func tokenScheme(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Token "); ok && len(r.Header["Authorization"]) == 1 {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		next.ServeHTTP(w, r)
	})
}
