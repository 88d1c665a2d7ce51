// Chi puts the layers in front of a chi router. It is a module of its own, so
// that chi is no dependency of the library. The README shows the part between
// the markers.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/validate"
)

// CreateNote is the body of POST /notes.
type CreateNote struct {
	Title string `json:"title" validate:"required,min=1,max=200"`
}

// Note is the response to POST /notes.
type Note struct {
	Title string `json:"title"`
	Owner string `json:"owner"`
}

func createNote(ctx context.Context, in *CreateNote) (*Note, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	return &Note{Title: in.Title, Owner: p.Subject}, nil
}

func service(keys jwks.Source) http.Handler {
	// README: begin
	errs := must(httperr.New(httperr.Config{}))
	ip := must(clientip.New(clientip.Direct())) // or list your proxies
	hdr := must(headers.New(headers.API()))
	xo := must(cors.New(cors.Config{
		Origins:        []string{"https://app.example"},
		RequestHeaders: []string{"Authorization", "Content-Type"},
		Methods:        []string{"GET", "POST"},
		Credentials:    true,
	}))
	perIP := must(ratelimit.New(ratelimit.Config{
		Name:   "address",
		Limits: []ratelimit.Limit{ratelimit.PerMinute(100)},
		Key:    ratelimit.ByClientIP,
	}))
	jwt := must(jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     keys, // jwks.Remote(url), jwks.File(path), or your own Issuer
	}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{jwt}}))
	write := must(authz.New(authz.Config{Require: authz.Scopes("notes:write")}))

	r := chi.NewRouter()
	r.Use(errs.Handler, ip.Handler, hdr.Handler, xo.Handler, perIP.Handler) // method values are middleware
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, httperr.ErrNotFound) })
	r.MethodNotAllowed(methodNotAllowed(r))
	r.Group(func(r chi.Router) {
		r.Use(auth.Handler)
		r.With(write.Handler).Method("POST", "/notes", validate.Handler(createNote))
	})
	// README: end
	return r
}

// methodNotAllowed answers 405 and lists the methods in Allow, as RFC 9110,
// section 15.5.6, requires. chi sets Allow only in its own response, which this
// one replaces.
func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	return func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, m := range methods {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) {
				allow = append(allow, m)
			}
		}
		httperr.Write(w, r, httperr.ErrMethodNotAllowed.WithHeader("Allow", strings.Join(allow, ", ")))
	}
}

func main() {
	keys := jwks.Remote("https://issuer.example/.well-known/jwks.json")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	// Behind a proxy that ends TLS; otherwise set TLS instead of PlainHTTP.
	err := tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: "127.0.0.1:8080", PlainHTTP: true}, service(keys))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
