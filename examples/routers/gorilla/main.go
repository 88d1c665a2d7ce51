// Gorilla is a service on gorilla/mux behind two layers. The README shows it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func service() http.Handler {
	errs := must(httperr.New(httperr.Config{})) // correlation ID, recovery, one record per request
	hdr := must(headers.New(headers.API()))     // CSP, HSTS, nosniff and the rest
	router := mux.NewRouter()
	router.NotFoundHandler = httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrNotFound })
	router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pattern, _ := mux.CurrentRoute(r).GetPathTemplate() // no error in a middleware: a path has matched
			httperr.NoteRoute(r.Context(), pattern)             // the record has route=/hello/{name}
			next.ServeHTTP(w, r)
		})
	})
	router.Handle("/hello/{name}", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprintf(w, "hello, %q\n", mux.Vars(r)["name"])
		return err
	}))
	return errs.Handler(hdr.Handler(router)) // around the whole router
}

func main() {
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:8086", PlainHTTP: true}, service()))
}

func must[T any](v T, err error) T { // prints every fault of a Config, each with its fix
	if err != nil {
		log.Fatal(err)
	}
	return v
}
