package authztest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

const (
	firstIssuer, secondIssuer = "https://id.example", "https://partner.example"
	audience                  = "https://notes.example"
)

// note is an object of the service under test.
type note struct {
	ID    string       `json:"id"`
	Text  string       `json:"text"`
	Owner object.Owner `json:"owner"`

	tenant string
}

// A service is a service under test. The functions are its weak points: a broken service
// replaces one of them.
type service struct {
	t          *testing.T
	issuers    []*authntest.Issuer
	revocation *session.Revocation
	verifier   *jwtauth.Verifier[jwtauth.NoClaims]

	mu    sync.Mutex
	notes map[string]*note
	made  int

	authenticate func(http.Handler) http.Handler
	guard        object.Config[*note, string]
	lists        func(f object.Filter, n *note, owner string) bool
	route        func(*routes.Route) // changes what is served, and not what the inventory says
	strict       bool                // refuses unknown names in queries
	believes     bool                // believes the owner in a body

	profiles *view.View[profile]
	name     string // of ann's profile

	cfg   authztest.Config // of the attack
	plain *http.ServeMux   // the handlers without a check
	mux   http.Handler     // the handlers with all checks
}

type newNote struct {
	Text  string `json:"text" validate:"required,max=100"`
	Owner string `json:"owner,omitempty" validate:"max=100"`
}

type strictNote struct {
	Text string `json:"text" validate:"required,max=100"`
}

// profile is an object that other users may read in part.
type profile struct {
	ID    string `json:"id,omitempty" view:"public" validate:"max=100"`
	Name  string `json:"name" view:"public" write:"self" validate:"required,max=100"`
	Email string `json:"email,omitempty" view:"self" validate:"max=100"`
}

type onNote struct {
	ID string `path:"id" validate:"required,max=100"`
}

func newService(t *testing.T) *service {
	s := &service{t: t, notes: map[string]*note{}, strict: true, plain: http.NewServeMux()}
	store := new(sessionstore.Memory)
	s.revocation = mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: store}))
	var trusted []jwtauth.TrustedIssuer
	for _, name := range []string{firstIssuer, secondIssuer} {
		i := authntest.NewIssuer(t, name, audience)
		s.issuers = append(s.issuers, i)
		one := i.Trusted()
		one.TenantClaim = "tenant"
		trusted = append(trusted, one)
	}
	s.verifier = mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{Issuers: trusted, Revoked: s.revocation.Revoked}))
	s.authenticate = s.authn(s.verifier)
	s.guard = object.Config[*note, string]{
		Name:   "note",
		Load:   s.load,
		Owner:  func(n *note) object.Owner { return n.Owner },
		Tenant: func(n *note) string { return n.tenant },
		OrRole: []string{"support"},
	}
	s.lists = func(f object.Filter, n *note, _ string) bool { return f.MatchesIn(n.Owner, n.tenant) }
	s.route = func(*routes.Route) {}
	return s
}

func (s *service) authn(a authn.Authenticator) func(http.Handler) http.Handler {
	return mwtest.Must[*authn.Middleware](s.t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}})).Handler
}

func (s *service) load(_ context.Context, id string) (*note, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.notes[id]
	return n, ok, nil
}

// build builds the service and the attack on it. The inventory says what a correct service
// does, also if this one is broken.
func (s *service) build() {
	guard := mwtest.Must[*object.Guard[*note, string]](s.t)(object.New(s.guard))
	declared := mwtest.Must[*object.Guard[*note, string]](s.t)(object.New(newService(s.t).guard))
	scopes := func(verb string) authz.Requirement { return authz.Scopes("notes:" + verb) }
	loopback := authz.IPAllow(netip.MustParsePrefix("127.0.0.0/8"))
	profiles := mwtest.Must[*object.Guard[*profile, string]](s.t)(object.New(object.Config[*profile, string]{
		Name: "profile", Load: s.loadProfile, Issuer: firstIssuer, SingleTenant: true, OthersRead: true,
		Owner: func(p *profile) object.Owner { return object.Owner{Subject: p.ID} },
	}))
	input := mwtest.Must[*view.Input[profile]](s.t)(view.NewInput[profile](view.Config{}))
	s.profiles = mwtest.Must[*view.View[profile]](s.t)(view.New[profile](view.Config{}))
	create := validate.Handle(schema[strictNote](s), func(ctx context.Context, in *strictNote) (*note, error) { return s.create(ctx, in.Text, "") })
	if s.believes {
		create = validate.Handle(schema[newNote](s), func(ctx context.Context, in *newNote) (*note, error) { return s.create(ctx, in.Text, in.Owner) })
	}
	all := []routes.Route{
		{Pattern: "GET /health", Public: "for the load balancer", Handler: text("ok")},
		{Pattern: "POST /notes", Require: scopes("write"), Creates: true, Handler: create},
		{Pattern: "GET /notes", Require: scopes("read"), Lists: true, Handler: http.HandlerFunc(s.list)},
		{Pattern: "GET /notes/{id}", Require: scopes("read"), Object: declared, Handler: validate.Handle(schema[onNote](s), s.get)},
		{Pattern: "PUT /notes/{id}", Require: scopes("write"), Object: declared, Handler: schema[strictNote](s).Middleware(http.HandlerFunc(s.put))},
		{Pattern: "DELETE /notes/{id}", Require: authz.All(scopes("write"), authz.Fresh(time.Hour), authz.ACR("mfa")), Object: declared, Handler: http.HandlerFunc(s.delete)},
		{Pattern: "GET /profiles/{id}", AnyCaller: "profiles are for all users", Object: profiles, Handler: schema[onNote](s).Middleware(http.HandlerFunc(s.profile))},
		{Pattern: "PUT /profiles/{id}", AnyCaller: "profiles are for all users", Object: profiles, Handler: input.Handler(schema[profile](s).Middleware(http.HandlerFunc(s.putProfile)))},
		{Pattern: "GET /report", Require: authz.All(authz.AnyRole("admin"), loopback), NoObject: "one report of all", Handler: text("report")},
		{Pattern: "GET /either", Require: authz.Any(scopes("read"), authz.AnyRole("admin")), NoObject: "there is one", Handler: text("either")},
		{Pattern: "GET /me", AnyCaller: "each caller has a name", NoObject: "the caller itself", Handler: text("me")},
	}
	built := mwtest.Must[*routes.Mux](s.t)(routes.New(routes.Config{Authenticate: s.authenticate}))
	inventory := mwtest.Must[*routes.Mux](s.t)(routes.New(routes.Config{Authenticate: s.authenticate}))
	for _, r := range all {
		s.plain.Handle(r.Pattern, r.Handler)
		inventory.Handle(r)
		if r.Object == routes.Object(declared) {
			r.Object = guard
		}
		s.route(&r)
		built.Handle(r)
	}
	mwtest.Must[http.Handler](s.t)(inventory.Build())
	s.mux = mwtest.Must[http.Handler](s.t)(built.Build())
	client := mwtest.Must[*clientip.Middleware](s.t)(clientip.New(clientip.Direct()))
	note := func(c *authztest.Client) authztest.Target {
		return authztest.Target{Values: map[string]string{"id": c.Create("/notes", `{"text":"a"}`)}, Body: `{"text":"b"}`}
	}
	s.cfg = authztest.Config{
		Handler: client.Handler(s.mux),
		Routes:  inventory.Routes(),
		Sign:    authztest.Tokens{Issuers: s.issuers, Revoke: s.revocation.RevokeToken}.Sign,
		Caller: authztest.Caller{
			Issuer: firstIssuer, Subject: "ann", Tenant: "acme", ACR: "mfa",
			Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"admin", "support"},
		},
		OtherUser: "bob", OtherTenant: "umbrella", OtherIssuer: secondIssuer,
		Targets: map[string]func(*authztest.Client) authztest.Target{
			"/notes/{id}": note,
			"GET /notes": func(c *authztest.Client) authztest.Target {
				return authztest.Target{ID: c.Create("/notes", `{"text":"a"}`)}
			},
			"/profiles/{id}": func(*authztest.Client) authztest.Target {
				return authztest.Target{Values: map[string]string{"id": "ann"}, Body: `{"name":"Ann"}`}
			},
			"POST /notes": func(*authztest.Client) authztest.Target { return authztest.Target{Body: `{"text":"a"}`} },
		},
		Public: []string{"GET /health"},
	}
}

func schema[T any](s *service) *validate.Schema[T] {
	return mwtest.Must[*validate.Schema[T]](s.t)(validate.New[T](validate.Config{StrictQuery: s.strict}))
}

// text is a handler without a query.
func text(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
}

func (s *service) create(ctx context.Context, text, subject string) (*note, error) {
	owner, tenant, err := object.Own(ctx)
	if err != nil {
		return nil, err
	}
	if subject != "" {
		owner.Subject = subject
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	n := &note{fmt.Sprintf("note-%d", s.made), text, owner, tenant}
	s.notes[n.ID] = n
	return n, nil
}

func (s *service) list(w http.ResponseWriter, r *http.Request) {
	owner := r.URL.Query().Get("owner")
	if s.strict && r.URL.RawQuery != "" {
		httperr.Write(w, r, httperr.ErrNotFound)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, n := range s.notes {
		if s.lists(object.FilterOf(r.Context()), n, owner) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	_, _ = fmt.Fprint(w, strings.Join(ids, " "))
}

func (s *service) get(_ context.Context, in *onNote) (*note, error) {
	n, _, _ := s.load(context.Background(), in.ID)
	return n, nil
}

func (s *service) put(w http.ResponseWriter, r *http.Request) {
	in, _ := validate.From[strictNote](r)
	s.write(r.PathValue("id"), in.Text)
	w.WriteHeader(http.StatusNoContent)
}

func (s *service) write(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.notes[id]; n != nil {
		s.notes[id] = &note{n.ID, text, n.Owner, n.tenant}
	}
}

func (s *service) delete(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		httperr.Write(w, r, httperr.ErrNotFound)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.notes, r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

func (s *service) loadProfile(_ context.Context, id string) (*profile, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &profile{"ann", s.name, "ann@x.example"}, id == "ann", nil
}

func (s *service) profile(w http.ResponseWriter, r *http.Request) {
	p, _, _ := s.loadProfile(r.Context(), "ann")
	if err := s.profiles.Write(w, r, http.StatusOK, p); err != nil {
		httperr.Write(w, r, err)
	}
}

func (s *service) putProfile(_ http.ResponseWriter, r *http.Request) {
	in, _ := validate.From[profile](r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name = in.Name
}

// A recorder keeps the failures of an attack.
type recorder struct{ errors, logs []string }

func (*recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...) }
func (r *recorder) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}
