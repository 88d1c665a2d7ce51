package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/validate"
)

// frontEnd is the origin of the pages that call the service from a browser.
const frontEnd = "https://app.example"

// settings are the parts of the service that its tests replace.
type settings struct {
	logger  *slog.Logger
	creds   *credentials
	keys    jwks.Source           // verify the tokens
	mail    func(to, text string) // sends a mail
	grace   time.Duration         // of the refresh tokens; 0 is the default
	lockout lockout.Config        // of the login; the zero Config is the default
}

// newService builds the whole chain.
func newService(cfg settings) http.Handler {
	logger, creds := cfg.logger, cfg.creds
	// These layers are outside of the router, in this order.
	errs := must(httperr.New(httperr.Config{Logger: logger}))
	ip := must(clientip.New(clientip.Direct()))
	hdr := must(headers.New(headers.API()))
	xo := must(cors.New(cors.Config{
		Origins:        []string{frontEnd},
		Credentials:    true,
		Methods:        []string{"GET", "POST", "PATCH", "DELETE"},
		RequestHeaders: []string{"Authorization", "Content-Type"},
		ExposeHeaders:  []string{"X-Correlation-ID", "RateLimit", "RateLimit-Policy", "Retry-After"},
		MaxAge:         time.Hour,
	}))
	shared := newStores(logger)
	tiers := newLimits(shared.limits)

	// These layers are around the routes that need them.
	revocation := must(session.NewRevocation(session.RevocationConfig{Store: shared.sessions}))
	jwt := must(jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{{
		Issuer:     issuer,
		Audience:   []string{audience},
		Keys:       cfg.keys,
		RolesClaim: "roles",
	}}, Revoked: revocation.Revoked}))
	store := new(apikey.MemoryStore)
	byKey := must(apikey.New(apikey.Config{Store: store, Prefix: "notes", Env: "demo"}))
	creds.apiKey = must(issueKey(byKey, store))
	auth := must(authn.New(authn.Config{
		Authenticators: []authn.Authenticator{jwt, byKey},
		Realm:          "notes",
		Observe:        apikey.LastUse(time.Hour, func(id string, _ time.Time) { logger.Info("API key in use", "id", id) }),
	}))
	read := must(authz.New(authz.Config{Require: authz.Scopes("notes:read")}))
	write := must(authz.New(authz.Config{Require: authz.Scopes("notes:write")}))
	admin := must(authz.New(authz.Config{Require: authz.AnyRole("admin")}))
	old := must(lifecycle.New(lifecycle.Config{
		Deprecated: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Sunset:     time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC),
	}))

	n := &notes{byID: make(map[string]*Note)}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", httperr.HandlerFunc(healthz))
	mux.Handle("GET /v1/notes", auth.Handler(tiers.data.Handler(read.Handler(validate.Handler(n.list)))))
	mux.Handle("GET /v1/notes/{id}", auth.Handler(tiers.data.Handler(read.Handler(validate.Handler(n.get)))))
	mux.Handle("POST /v1/notes", auth.Handler(tiers.data.Handler(tiers.writes.Handler(write.Handler(validate.Handler(n.create))))))
	mux.Handle("PATCH /v1/notes/{id}", auth.Handler(tiers.data.Handler(tiers.writes.Handler(write.Handler(validate.Handler(n.update))))))
	mux.Handle("GET /v1/me", auth.Handler(httperr.HandlerFunc(me)))
	keysOf := &apiKeys{store, byKey}
	mux.Handle("GET /v1/keys", auth.Handler(tiers.admin.Handler(admin.Handler(validate.Handler(keysOf.list)))))
	mux.Handle("POST /v1/keys/{id}/rotation", auth.Handler(tiers.admin.Handler(admin.Handler(validate.Handler(keysOf.rotate)))))
	mux.Handle("DELETE /v1/keys/{id}", auth.Handler(tiers.admin.Handler(admin.Handler(validate.Handler(keysOf.revoke)))))
	newAccounts(cfg, shared.sessions, tiers).routes(mux, auth)
	mux.Handle("GET /v1/boom", auth.Handler(tiers.admin.Handler(admin.Handler(httperr.HandlerFunc(boom)))))
	mux.Handle("GET /v1/legacy", old.Handler(auth.Handler(read.Handler(httperr.HandlerFunc(legacy)))))

	// The public keys have no rate limit. Otherwise an attacker could use up the
	// limit of a verifier, which could then not fetch the keys.
	root := http.NewServeMux()
	root.Handle(jwksPath, creds.issuer.JWKS())
	root.Handle("/", tiers.general.Handler(httperr.WrapMux(mux)))

	var h http.Handler = root
	for _, layer := range []func(http.Handler) http.Handler{xo.Handler, hdr.Handler, ip.Handler, errs.Handler} {
		h = layer(h)
	}
	return h
}

// issueKey makes the API key of the example. A real service would do this in a
// command for its operators, such as examples/apikeys, and show the key to its holder
// once.
func issueKey(keys *apikey.Authenticator, store *apikey.MemoryStore) (string, error) {
	key, record, err := keys.Generate(apiKeyRecord(time.Now()))
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
