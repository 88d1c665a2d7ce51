package contract

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

// A service is a notes API in the shape of examples/quickstart, with an inventory.
type service struct {
	rows   []row
	issuer *authntest.Issuer
	http.Handler
}

// A row is a route of the inventory.
type row struct {
	pattern    string
	handler    http.Handler
	scope      string // "": each caller; "public": everybody
	refusals   []int
	deprecated bool
}

func (r row) Endpoint() (method, path string) {
	method, path, _ = strings.Cut(r.pattern, " ")
	return method, path
}
func (r row) Innermost() http.Handler { return r.handler }
func (r row) Refusals() []int         { return r.refusals }
func (r row) IsDeprecated() bool      { return r.deprecated }
func (r row) Security() (scopes []string, required bool) {
	if r.scope != "" && r.scope != "public" {
		scopes = []string{r.scope}
	}
	return scopes, r.scope != "public"
}

type note struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Tags    []string          `json:"tags"`
	Meta    map[string]string `json:"meta,omitempty"`
	Created time.Time         `json:"created"`
	Parent  *note             `json:"parent"`
	Size    int64             `json:"size,string"`
}

type created struct{ note }

func (*created) StatusCode() int { return http.StatusCreated }

func (c *created) SetHeader(h http.Header) { h.Set("Location", "/v1/notes/"+c.ID) }

type createNote struct {
	Title string   `json:"title" mod:"trim" validate:"required,min=1,max=80"`
	Tags  []string `json:"tags" validate:"max=3,dive,min=1,max=10"`
}

type updateNote struct {
	ID    string                    `path:"id" validate:"max=36"`
	Match string                    `header:"If-Match" validate:"max=20"`
	Title validate.Optional[string] `json:"title" validate:"min=1,max=80"`
}

type noteID struct {
	ID string `path:"id" validate:"max=36"`
}

type listNotes struct {
	Page int      `query:"page" default:"1" validate:"min=1,max=100"`
	Sort string   `query:"sort" default:"title" validate:"oneof=title -title"`
	Tags []string `query:"tag" style:"repeat" validate:"max=3"`
}

type notesPage struct {
	Notes []note `json:"notes"`
}

// notes are the handlers.
type notes struct {
	mu  sync.Mutex
	all []note
}

func (n *notes) create(_ context.Context, in *createNote) (*created, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.Title == "taken" {
		return nil, validate.Fault("/title", "taken", "is the title of another note")
	}
	c := note{ID: string(rune('a' + len(n.all))), Title: in.Title, Tags: in.Tags, Created: time.Now()}
	if len(n.all) > 0 {
		c.Parent, c.Meta = &n.all[0], map[string]string{"k": "v"}
	}
	n.all = append(n.all, c)
	return &created{c}, nil
}

func (n *notes) get(_ context.Context, in *noteID) (*note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.all {
		if c.ID == in.ID {
			return &c, nil
		}
	}
	return nil, httperr.ErrNotFound
}

func (n *notes) update(ctx context.Context, in *updateNote) (*note, error) {
	return n.get(ctx, &noteID{in.ID})
}

func (n *notes) remove(ctx context.Context, in *noteID) (*struct{}, error) {
	_, err := n.get(ctx, in)
	return nil, err
}

func (n *notes) list(context.Context, *listNotes) (*notesPage, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &notesPage{n.all}, nil
}

func newService(t testing.TB) *service {
	t.Helper()
	n := &notes{}
	general := []int{401, 403, 429, 503}
	s := &service{
		issuer: authntest.NewIssuer(t, "https://issuer.example", "https://notes.example"),
		rows: []row{
			{pattern: "GET /healthz", scope: "public", refusals: []int{429}, handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })},
			{pattern: "GET /v1/notes", scope: "notes:read", refusals: general, handler: validate.Handler(n.list)},
			{pattern: "POST /v1/notes", scope: "notes:write", refusals: general, handler: validate.Handler(n.create)},
			{pattern: "GET /v1/notes/{id}", scope: "notes:read", refusals: general, handler: validate.Handler(n.get)},
			{pattern: "PATCH /v1/notes/{id}", scope: "notes:write", refusals: general, handler: validate.Handler(n.update)},
			{pattern: "DELETE /v1/notes/{id}", scope: "notes:write", refusals: general, handler: validate.Handler(n.remove), deprecated: true},
			{pattern: "GET /v1/boom", refusals: general, handler: validate.Handler(func(context.Context, *struct{}) (*note, error) { panic("boom") })},
		},
	}
	s.build(t)
	return s
}

// must returns the middleware of a New function.
func must(t testing.TB) func(interface {
	Handler(http.Handler) http.Handler
}, error) func(http.Handler) http.Handler {
	return func(m interface {
		Handler(http.Handler) http.Handler
	}, err error) func(http.Handler) http.Handler {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m.Handler
	}
}

// build puts the rows behind the layers of the library.
func (s *service) build(t testing.TB) {
	jwt, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{s.issuer.Trusted()}})
	if err != nil {
		t.Fatal(err)
	}
	auth := must(t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{jwt}, Realm: "notes"}))
	mux := http.NewServeMux()
	for _, r := range s.rows {
		h := r.handler
		if r.scope != "" && r.scope != "public" {
			h = must(t)(authz.New(authz.Config{Require: authz.Scopes(r.scope)}))(h)
		}
		if r.scope != "public" {
			h = auth(h)
		}
		mux.Handle(r.pattern, h)
	}
	limit := must(t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(40)}, Key: ratelimit.ByClientIP}))
	h := limit(httperr.WrapMux(mux))
	h = must(t)(clientip.New(clientip.Direct()))(must(t)(headers.New(headers.API()))(h))
	s.Handler = must(t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))(h)
}

// document returns the document of the service.
func (s *service) document(t testing.TB) []byte {
	t.Helper()
	raw, err := openapi.Document(openapi.Info{
		Title: "Notes", Version: "1", Servers: []string{"https://notes.example"}, Schemes: []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key")},
	}, s.rows)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
