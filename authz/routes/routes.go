package routes

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a Mux.
type Config struct {
	_ [0]func()

	// Authenticate wraps each route that is not public, such as the method Handler of
	// *authn.Middleware. Required if there is such a route.
	Authenticate func(http.Handler) http.Handler

	// Versions are the prefixes of one API in several versions, such as "/v1" and "/v2".
	// Two routes with the same method and the same path below the prefix are twins, and
	// neither may have a weaker policy than the other without Route.Weaker. "/" stands for
	// the routes below no other prefix. New refuses a prefix that is not a clean path of
	// literal segments, and Build refuses one without a route. Default: no versions.
	Versions []string

	// Deny answers a caller that does not meet Require or AnyCaller. Nil is httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives each decision about Require and AnyCaller, as authz.Config.Observe.
	// It must not block. Nil means that no observer runs.
	Observe func(*http.Request, authz.Decision)
}

// A Mux is an inventory of routes. Add the routes with Handle, and then make the handler with
// Build. A Mux serves nothing itself. Handle and Build belong to one goroutine, and after Build
// several goroutines may call Routes.
type Mux struct {
	cfg    Config
	routes []Route
	built  bool
	rows   []Row
}

// New returns a Mux without routes. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Mux, error) {
	f := httperr.ConfigFaults{Package: "routes"}
	checkVersions(&f, cfg.Versions)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &Mux{cfg: cfg}, nil
}

// Handle adds a route. Build checks it. Handle panics after Build has succeeded, because
// nothing would serve the route.
func (m *Mux) Handle(r Route) {
	if m.built {
		panic("routes: Handle after Build: nothing would serve the route")
	}
	m.routes = append(m.routes, r)
}

// Build checks all routes, and returns the handler that serves them. The handler writes a 404
// or 405 of the router itself as an envelope, and notes the route in the record, as
// httperr.WrapMux does.
//
// Build returns all faults of all routes at once, joined, each a *httperr.ConfigError. The
// handler then refuses each request with httperr.ErrInternal. It is not nil, because
// http.Server serves http.DefaultServeMux in place of a nil handler.
func (m *Mux) Build() (http.Handler, error) {
	f := httperr.ConfigFaults{Package: "routes"}
	entries := make([]*entry, len(m.routes))
	for i := range m.routes {
		entries[i] = m.compile(&f, &m.routes[i])
	}
	m.checkAuthenticate(&f)
	mux := register(&f, entries)
	checkTwins(&f, m.cfg.Versions, entries)
	if err := f.Err(); err != nil {
		return http.HandlerFunc(refuse), err
	}
	m.built, m.rows = true, nil
	for _, e := range entries {
		m.rows = append(m.rows, e.row())
	}
	m.rows = append(m.rows, routerRows(mux, entries)...)
	return httperr.WrapMux(mux), nil
}

// Routes returns a row for each route, in the order of Handle, and then a row for each answer
// of the router itself. It is empty before Build has succeeded.
func (m *Mux) Routes() []Row {
	rows := make([]Row, len(m.rows))
	for i, r := range m.rows {
		rows[i] = r.clone()
	}
	return rows
}

var errNotBuilt = httperr.ErrInternal.With(errors.New("routes: Build has returned an error, and the program serves its handler"))

// refuse answers each request while the routes have faults.
func refuse(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, errNotBuilt) }
