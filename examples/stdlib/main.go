// Stdlib is a whole service: a ServeMux behind four layers. The README shows it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func service() http.Handler {
	errs := must(httperr.New(httperr.Config{})) // correlation ID, recovery, one record per request
	ip := must(clientip.New(clientip.Direct())) // or list your proxies
	hdr := must(headers.New(headers.API()))     // CSP, HSTS, nosniff and the rest
	perIP := must(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerSecond(10)}, Key: ratelimit.ByClientIP}))
	mux := http.NewServeMux()
	mux.Handle("GET /hello/{name}", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("name") == "nobody" {
			return httperr.ErrNotFound // the same envelope as every other refusal
		}
		_, err := fmt.Fprintf(w, "hello, %q\n", r.PathValue("name"))
		return err
	}))
	return errs.Handler(ip.Handler(hdr.Handler(perIP.Handler(httperr.WrapMux(mux)))))
}

func main() { // PlainHTTP is for a proxy that ends TLS; otherwise set TLS
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:8082", PlainHTTP: true}, service()))
}

func must[T any](v T, err error) T { // prints every fault of a Config, each with its fix
	if err != nil {
		log.Fatal(err)
	}
	return v
}
