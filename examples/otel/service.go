package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// newService builds the chain, measures it with meter, and returns it with an
// API key. Its log lines have the trace ID of the request.
func newService(logs slog.Handler, meter metric.Meter) (http.Handler, string) {
	logger := slog.New(traceHandler{logs})
	m := must(newMetrics(meter, "http"))
	errs := must(httperr.New(httperr.Config{Logger: logger, Observe: m.observe}))
	hdr := must(headers.New(headers.API()))
	var store apikey.MemoryStore
	keys := must(apikey.New(apikey.Config{Store: &store, Prefix: "items", Env: "demo"}))
	key := must(issueKey(keys, &store))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}}))
	limit := must(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(5)}, Key: ratelimit.By(subject)}))

	item := func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		logger.InfoContext(ctx, "item read", "correlation_id", httperr.CorrelationID(ctx))
		_, err := w.Write([]byte("an item\n"))
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/items/{id}", auth.Handler(limit.Handler(httperr.HandlerFunc(item))))
	mux.Handle("GET /v1/boom", httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { panic("on purpose") }))
	return errs.Handler(hdr.Handler(withTrace(httperr.WrapMux(mux)))), key
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
