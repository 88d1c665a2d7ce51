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
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
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
	wider   int                   // factor of each quota of the limits; 0 is 1
}

// A service is the whole chain, with the inventory of its routes.
type service struct {
	http.Handler
	routes     []routes.Row
	revocation *session.Revocation
	keys       *apiKeys
}

// newService builds the whole chain. A route without a policy does not start.
func newService(cfg settings) service {
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
		ExposeOwn:      true,
		MaxAge:         time.Hour,
	}))
	shared := newStores(logger)
	tiers := newLimits(shared.limits, max(cfg.wider, 1))

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
	keys := &apiKeys{store, byKey}
	auth := must(authn.New(authn.Config{
		Authenticators: []authn.Authenticator{jwt, byKey},
		Realm:          "notes",
		Observe:        apikey.LastUse(time.Hour, func(id string, _ time.Time) { logger.Info("API key in use", "id", id) }),
	}))
	old := must(lifecycle.New(lifecycle.Config{
		Deprecated: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Sunset:     time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC),
	}))

	users := newUsers(creds)
	mux, description := must(routes.New(routes.Config{Authenticate: auth.Handler})), new(document)
	for _, group := range [][]routes.Route{
		newNotes().routes(tiers),
		newAccounts(cfg, users, shared.sessions, tiers).routes(),
		newProfiles(users).routes(tiers),
		keys.routes(tiers),
		otherRoutes(tiers, old),
		{description.route()},
	} {
		for _, r := range group {
			mux.Handle(r)
		}
	}

	handler := must(mux.Build())
	must(description, description.write(mux.Routes()))

	// The public keys have no rate limit. Otherwise an attacker could use up the
	// limit of a verifier, which could then not fetch the keys.
	root := http.NewServeMux()
	root.Handle(jwksPath, creds.issuer.JWKS())
	root.Handle("/", tiers.general.Handler(handler))

	var h http.Handler = root
	for _, layer := range []func(http.Handler) http.Handler{xo.Handler, hdr.Handler, ip.Handler, errs.Handler} {
		h = layer(h)
	}
	return service{h, mux.Routes(), revocation, keys}
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
