package main

import (
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

const (
	// issuer and the subject together own the rows of the database, so it never changes.
	issuer = "https://invoices.example"

	cookieName = "__Host-Http-session"
	freshLogin = 15 * time.Minute // how new the login must be for a route that needs a fresh one
)

// settings are the parts of the service that main makes and tests replace.
type settings struct {
	db      *sql.DB
	client  clientip.Config
	logger  *slog.Logger
	sink    audit.Sink
	metrics prometheus.Registerer
	wider   int // factor of each rate limit; 0 is 1
}

// A service is the whole chain, with the inventory of its routes.
type service struct {
	http.Handler
	router  chi.Router
	routes  []routes.Row
	users   *users
	cookies *session.Cookie
	docs    *docs
}

// newService builds the whole chain. A route without a policy does not start.
func newService(cfg settings) service {
	users := newUsers(cfg.db)
	// Several processes share the sessions, the lockout and the limits in Redis: the packages
	// authn/redisstore and ratelimit/redisstore have the stores.
	cookies := must(session.NewCookie(session.CookieConfig{
		Store: new(sessionstore.Memory), Issuer: issuer, Grant: users.grant, CookieName: cookieName,
	}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}, Realm: "invoices"}))
	limits := newLimits(max(cfg.wider, 1))
	accounts := &accounts{users: users, guard: must(lockout.New(lockout.Config{})), cookies: cookies}
	invoices := newInvoices(invoiceTable{cfg.db})
	docs := newDocs()

	mux := must(routes.New(routes.Config{Authenticate: auth.Handler, Versions: []string{"/v1", "/v2"}}))
	for _, group := range [][]routes.Route{
		accounts.routes(limits),
		invoices.routes(limits),
		invoices.routesV1(limits),
		docs.routes(),
		{{Pattern: "GET /healthz", Public: "for the load balancer", Handler: http.HandlerFunc(health)}},
	} {
		for _, r := range group {
			mux.Handle(r)
		}
	}
	inner := must(mux.Build())
	must(docs, docs.fill(mux.Routes()))

	errs := must(httperr.New(httperr.Config{Logger: cfg.logger, Sink: cfg.sink, Observe: newMetrics(cfg.metrics).observe}))
	ip := must(clientip.New(cfg.client))
	hdr := must(headers.New(headers.API()))

	// chi has the layers around all routes, and the inventory has the routes. A route that is
	// added to chi itself would not be in the inventory; TestChiHasNoRouteOfItsOwn refuses it.
	r := chi.NewRouter()
	r.Use(errs.Handler, ip.Handler, hdr.Handler, limits.address.Handler)
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { // a method that chi does not know
		httperr.Write(w, r, httperr.ErrMethodNotAllowed)
	})
	r.Mount("/", inner)
	return service{r, r, mux.Routes(), users, cookies, docs}
}

func health(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
