// Chi puts the layers in front of a chi router. It is a module of its own, so
// that chi is no dependency of the library. The README shows this file.
package main

import (
	"context"
	"log"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/validate"
)

// Note is the body of POST /notes, and its response. A member that it does not declare is refused.
type Note struct {
	Title string `json:"title" validate:"required,min=1,max=200"`
}

func createNote(_ context.Context, in *Note) (*Note, error) { return in, nil } // authn.FromContext has the caller

func service(trusted jwtauth.TrustedIssuer) chi.Router {
	errs := must(httperr.New(httperr.Config{}))
	hdr := must(headers.New(headers.API()))
	jwt := must(jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusted}}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{jwt}}))
	write := must(authz.New(authz.Config{Require: authz.Scopes("notes:write")}))
	router := chi.NewRouter()
	router.Use(errs.Handler, hdr.Handler) // method values are middleware
	router.NotFound(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, httperr.ErrNotFound) })
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		allow := slices.DeleteFunc([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, func(method string) bool {
			return !router.Match(chi.NewRouteContext(), method, r.URL.Path)
		})
		httperr.Write(w, r, httperr.ErrMethodNotAllowed.WithHeader("Allow", strings.Join(allow, ", ")))
	})
	router.With(auth.Handler, write.Handler).Method("POST", "/notes", validate.Handler(createNote))
	return router
}

func main() {
	keycloak := idp.Keycloak("https://sso.example/realms/staff", "notes") // or the line of your provider
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:8084", PlainHTTP: true}, service(keycloak)))
}

func must[T any](v T, err error) T { // prints every fault of a Config, each with its fix
	if err != nil {
		log.Fatal(err)
	}
	return v
}
