package plants

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
)

const issuer = "https://plants.example"

// Settings are the values that differ from one deployment to the next.
type Settings struct {
	KeyFile   string    // the private key of new tokens
	OldSecret []byte    // of the tokens of before
	Until     time.Time // these are accepted
	Sink      audit.Sink
}

// After is the service after the move.
func After(store *Store, s Settings) (http.Handler, error) {
	tokens, err := jwtissuer.New(jwtissuer.Config{Issuer: issuer, Audience: []string{issuer}, KeyFile: jwtissuer.KeyFile{Path: s.KeyFile}})
	if err != nil {
		return nil, err
	}
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer: issuer, Audience: []string{issuer}, Keys: tokens,
		Legacy: &jwtauth.Legacy{
			Issuer: issuer, Secrets: []jwks.Secret{{Value: s.OldSecret}}, SubjectClaim: "user_id",
			MaxLifetime: 24 * time.Hour, Until: s.Until,
		},
	})
	if err != nil {
		return nil, err
	}
	auth, err1 := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	gardens, err2 := object.New(object.Config[Garden, int]{
		Name: "garden", Parse: strconv.Atoi,
		Load:  func(_ context.Context, id int) (Garden, bool, error) { g, ok := store.garden(id); return g, ok, nil },
		Owner: func(g Garden) object.Owner { return object.Owner{Subject: strconv.Itoa(g.Owner)} }, Issuer: issuer, SingleTenant: true,
	})
	plants, err3 := object.New(object.Config[Plant, int]{ // the owner of the garden owns the plant: a join in a database
		Name: "plant", Parse: strconv.Atoi,
		Load: func(_ context.Context, id int) (Plant, bool, error) { p, ok := store.plant(id); return p, ok, nil },
		Owner: func(p Plant) object.Owner {
			g, _ := store.garden(p.Garden)
			return object.Owner{Subject: strconv.Itoa(g.Owner)}
		},
		Issuer: issuer, SingleTenant: true,
	})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	a := &after{store, tokens, gardens, plants}
	r := mux.NewRouter()
	r.Use(routers.Gorilla)
	r.NotFoundHandler = httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrNotFound })
	r.MethodNotAllowedHandler = routers.GorillaNotAllowed(r)
	r.Handle("/users", validate.Handler(a.register)).Methods("POST")
	private := r.NewRoute().Subrouter()
	private.Use(auth.Handler)
	private.Handle("/gardens", validate.Handler(a.addGarden)).Methods("POST")
	private.Handle("/gardens/{id}", gardens.Handler(validate.Handler(a.getGarden))).Methods("GET")
	private.Handle("/gardens/{id}/plants", gardens.Handler(validate.Handler(a.addPlant))).Methods("POST")
	private.Handle("/plants", validate.Handler(a.listPlants)).Methods("GET")
	private.Handle("/plants/{id}", plants.Handler(validate.Handler(a.removePlant))).Methods("DELETE")
	return chain(r, s.Sink)
}

// chain puts the layers around the router.
func chain(router http.Handler, sink audit.Sink) (http.Handler, error) {
	errs, err1 := httperr.New(httperr.Config{Sink: sink})
	ip, err2 := clientip.New(clientip.Direct())
	hdr, err3 := headers.New(headers.API())
	origins, err4 := cors.New(cors.Config{
		Origins: []string{"https://plants.example"}, Methods: []string{"DELETE"}, RequestHeaders: []string{"Authorization", "Content-Type"},
		ExposeOwn: true,
	})
	limit, err5 := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{{Quota: 40, Window: 8 * time.Second}}, // rate 5, burst 40: see the page about limits
		Key:    ratelimit.ByClientIP,
	})
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	return errs.Handler(ip.Handler(hdr.Handler(origins.Handler(limit.Handler(router))))), nil
}
