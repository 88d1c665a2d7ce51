// Stdlib is a minimal service: a ServeMux behind four layers. The README shows
// the part between the markers.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func service() http.Handler {
	// README: begin
	errs := must(httperr.New(httperr.Config{})) // correlation ID, recovery, one record per request
	hdr := must(headers.New(headers.API()))     // CSP, HSTS, nosniff and the rest
	ip := must(clientip.New(clientip.Direct())) // or list your proxies
	perIP := must(ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerSecond(10), ratelimit.PerMinute(100)},
		Key:    ratelimit.ByClientIP,
	}))

	mux := http.NewServeMux()
	mux.Handle("GET /hello/{name}", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("name") == "nobody" {
			return httperr.ErrNotFound // the same envelope as every other refusal
		}
		_, err := fmt.Fprintf(w, "hello, %q\n", r.PathValue("name"))
		return err
	}))
	handler := errs.Handler(ip.Handler(hdr.Handler(perIP.Handler(httperr.WrapMux(mux)))))
	// README: end
	return handler
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	// Behind a proxy that ends TLS; otherwise set TLS instead of PlainHTTP.
	err := tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: "127.0.0.1:8080", PlainHTTP: true}, service())
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
