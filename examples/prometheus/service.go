package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// newService builds the chain, registers its metrics at reg, and returns it
// with an API key that may read and not delete.
func newService(logger *slog.Logger, reg prometheus.Registerer) (http.Handler, string) {
	errs := must(httperr.New(httperr.Config{Logger: logger, Observe: newMetrics(reg).observe}))
	hdr := must(headers.New(headers.API()))
	var store apikey.MemoryStore
	keys := must(apikey.New(apikey.Config{Store: &store, Prefix: "items", Env: "demo"}))
	key := must(issueKey(keys, &store))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}}))
	// The limit is around the routes, so that its refusals are counted under
	// the route. Refusals of a layer outside of the router have the route
	// "unmatched".
	limit := must(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(5)}, Key: ratelimit.By(subject)}))
	remove := must(authz.New(authz.Config{Require: authz.Scopes("items:delete")}))

	mux := http.NewServeMux()
	mux.Handle("GET /healthz", httperr.HandlerFunc(text("ok\n")))
	mux.Handle("GET /v1/items/{id}", auth.Handler(limit.Handler(httperr.HandlerFunc(text("an item\n")))))
	mux.Handle("DELETE /v1/items/{id}", auth.Handler(limit.Handler(remove.Handler(httperr.HandlerFunc(text("gone\n"))))))
	mux.Handle("GET /v1/boom", httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { panic("on purpose") }))
	mux.Handle("GET /v1/half", httperr.HandlerFunc(half))
	return errs.Handler(hdr.Handler(httperr.WrapMux(mux))), key
}

// newScrape returns the handler of /metrics. It is not a route of the service
// but has a listener of its own, for four reasons. An attacker could use the
// numbers of failed requests, their routes and their codes. A scrape must work
// while the service refuses all requests. The address of the listener keeps
// clients out, without a proxy rule that must be maintained. And scrapes are not
// counted as requests.
func newScrape(reg prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}

func text(s string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte(s))
		return err
	}
}

// half aborts in the middle of its response, to show http_aborted_total.
func half(w http.ResponseWriter, _ *http.Request) error {
	if _, err := w.Write([]byte("the first half")); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return err
	}
	panic(http.ErrAbortHandler)
}

func subject(r *http.Request) (string, bool) {
	p, ok := authn.FromContext(r.Context())
	if !ok {
		return "", false
	}
	return p.Subject, true
}

func issueKey(keys *apikey.Authenticator, store *apikey.MemoryStore) (string, error) {
	key, record, err := keys.Generate(apikey.Record{
		Subject:   "demo",
		Scopes:    []string{"items:read"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		ExpiresAt: time.Now().Add(24 * time.Hour),
	})
	if err != nil {
		return "", err
	}
	return key, store.Put(context.Background(), record)
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
