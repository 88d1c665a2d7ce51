package routes_test

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// asAnn runs next as the principal ann, with the scopes of the header Scopes. A request without
// that header is anonymous.
func asAnn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Layers", "authenticate")
		if scopes := r.Header["Scopes"]; scopes != nil {
			r = r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Kind: "jwt", Issuer: "i", Subject: "ann", Scopes: scopes}))
		}
		next.ServeHTTP(w, r)
	})
}

// layer adds its name to the header Layers, and runs next.
type layer string

func (l layer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Layers", string(l))
		next.ServeHTTP(w, r)
	})
}

func (l layer) Policy() string { return string(l) }

// guard is the guard of an object. It admits each caller.
type guard struct {
	layer
	describe object.Description
}

func (g guard) Description() object.Description { return g.describe }

// done is the innermost handler.
var done = layer("handler").Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))

func newMux(t testing.TB, cfg routes.Config, all ...routes.Route) *routes.Mux {
	t.Helper()
	m := mwtest.Must[*routes.Mux](t)(routes.New(cfg))
	for _, r := range all {
		m.Handle(r)
	}
	return m
}

func build(t testing.TB, m *routes.Mux) http.Handler {
	t.Helper()
	return mwtest.Must[http.Handler](t)(m.Build())
}

// withRead returns r with a principal that has the scope read.
func withRead(r *http.Request) *http.Request {
	return r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Kind: "jwt", Issuer: "i", Subject: "ann", Scopes: []string{"read"}}))
}
