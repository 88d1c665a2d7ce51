// Package routers is the code of the page about routers: one service on each of them, with the
// layers of this library around and inside. README.md is the page.
package routers

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/validate"
)

// page: service
// layers are the parts of the service, the same on each router.
type layers struct {
	outer   func(router http.Handler) http.Handler // around the whole router
	auth    *authn.Middleware
	getNote http.Handler // GET of a note with the parameter id of the path
	addNote http.Handler // POST of a note, for authenticated callers
}

type getNote struct {
	ID int `path:"id" validate:"min=1"`
}

type note struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

type addNote struct {
	Title string `json:"title" validate:"required,min=1"`
}

func newLayers(keys jwks.Source, sink audit.Sink) (*layers, error) {
	errs, err1 := httperr.New(httperr.Config{Sink: sink})
	hdr, err2 := headers.New(headers.API())
	verifier, err3 := jwtauth.New(jwtauth.Config{Issuer: issuer, Audience: []string{audience}, Keys: keys})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	return &layers{
		outer:   func(router http.Handler) http.Handler { return errs.Handler(hdr.Handler(router)) },
		auth:    auth,
		getNote: validate.Handler(func(_ context.Context, in *getNote) (*note, error) { return &note{in.ID, "milk"}, nil }),
		addNote: validate.Handler(func(_ context.Context, in *addNote) (*note, error) { return &note{1, in.Title}, nil }),
	}, err
}

// page: end

// page: health
// withHealth answers the probes of a balancer outside of the layers, so they leave no record.
func withHealth(service http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/", service)
	return mux
}

// page: end

// page: id
// requestID continues the identifier of your gateway, in the header that it uses.
func requestID(gateway netip.Prefix, sink audit.Sink) (*httperr.Middleware, error) {
	return httperr.New(httperr.Config{Sink: sink, CorrelationHeader: "X-Request-ID", TrustInbound: httperr.TrustPeers(gateway)})
}

// page: end

const (
	issuer   = "https://issuer.example"
	audience = "https://notes.example"
)

// panicking is a handler with a fault.
func panicking(http.ResponseWriter, *http.Request) { panic("a fault") }

var notFound = httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrNotFound })

var notAllowed = httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrMethodNotAllowed })

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
