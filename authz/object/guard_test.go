package object_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type config = object.Config[*note, string]

// Each row is a caller, an object, and a Config, and says whether the caller gets the object.
func TestCheck(t *testing.T) {
	admin := changed(func(p *authn.Principal) { p.Subject, p.Roles = "root", []string{"clerk", "admin"} })
	foreignAdmin := changed(func(p *authn.Principal) { p.Subject, p.Roles, p.Tenant = "root", []string{"admin"}, "other" })
	operator := changed(func(p *authn.Principal) { p.Subject, p.Roles, p.Tenant = "root", []string{"admin"}, "" })
	bob := changed(func(p *authn.Principal) { p.Subject = "bob" })
	single := func(c *config) { c.Tenant, c.SingleTenant = nil, true }
	orAdmin := func(c *config) { c.OrRole = []string{"owner", "admin"} }
	across := func(c *config) { c.OrRole, c.AcrossTenants = []string{"admin"}, true }
	readers := func(c *config) { c.OthersRead = true }
	act := func(c *config) { c.OthersAct = true }
	for name, tc := range map[string]struct {
		p      *authn.Principal
		method string // "" is GET
		id     string // "" is 1
		note   func(*note)
		cfg    func(*config)
		want   error // nil if the caller gets the object
		owned  bool
	}{
		"the owner":                          {p: ann(), owned: true},
		"the owner deletes":                  {p: ann(), method: "DELETE", owned: true},
		"missing":                            {p: ann(), id: "2", want: httperr.ErrNotFound},
		"no principal":                       {want: authn.ErrNoCredentials},
		"another subject":                    {p: bob, want: httperr.ErrNotFound},
		"another issuer":                     {p: changed(func(p *authn.Principal) { p.Issuer = "https://other.example" }), want: httperr.ErrNotFound},
		"a subject in other case":            {p: changed(func(p *authn.Principal) { p.Subject = "Ann" }), want: httperr.ErrNotFound},
		"a principal without subject":        {p: changed(func(p *authn.Principal) { p.Subject = "" }), want: authn.ErrNoCredentials},
		"the owner in another tenant":        {p: changed(func(p *authn.Principal) { p.Tenant = "other" }), want: httperr.ErrNotFound},
		"the owner without a tenant":         {p: changed(func(p *authn.Principal) { p.Tenant = "" }), want: httperr.ErrNotFound},
		"an object without a tenant":         {p: ann(), note: func(n *note) { n.Tenant = "" }, want: httperr.ErrNotFound},
		"no tenant on both sides":            {p: operator, note: func(n *note) { n.Subject, n.Tenant = "root", "" }, want: httperr.ErrNotFound},
		"no tenant, across tenants":          {p: operator, note: func(n *note) { n.Tenant = "" }, cfg: across, want: httperr.ErrNotFound},
		"a single tenant":                    {p: changed(func(p *authn.Principal) { p.Tenant = "" }), cfg: single, owned: true},
		"a single tenant, foreign":           {p: bob, cfg: single, want: httperr.ErrNotFound},
		"no subject":                         {p: ann(), note: func(n *note) { n.Subject = "" }, want: httperr.ErrNotFound},
		"no subject, a role":                 {p: admin, note: func(n *note) { n.Subject = "" }, cfg: orAdmin, want: httperr.ErrNotFound},
		"no subject, a reader":               {p: bob, note: func(n *note) { n.Subject = "" }, cfg: readers, want: httperr.ErrNotFound},
		"no issuer":                          {p: ann(), note: func(n *note) { n.Issuer = "" }, want: httperr.ErrNotFound},
		"no issuer on both sides":            {p: changed(func(p *authn.Principal) { p.Issuer = "" }), note: func(n *note) { n.Issuer = "" }, want: httperr.ErrNotFound},
		"the default issuer":                 {p: ann(), note: func(n *note) { n.Issuer = "" }, cfg: func(c *config) { c.Issuer = issuer }, owned: true},
		"the default issuer is for none":     {p: ann(), note: func(n *note) { n.Issuer = "https://b.example" }, cfg: func(c *config) { c.Issuer = issuer }, want: httperr.ErrNotFound},
		"the default issuer, another caller": {p: changed(func(p *authn.Principal) { p.Issuer = "https://b.example" }), note: func(n *note) { n.Issuer = "" }, cfg: func(c *config) { c.Issuer = issuer }, want: httperr.ErrNotFound},
		"a role":                             {p: admin, method: "PUT", cfg: orAdmin},
		"the owner has the role":             {p: changed(func(p *authn.Principal) { p.Roles = []string{"admin"} }), cfg: orAdmin, owned: true},
		"another role":                       {p: changed(func(p *authn.Principal) { p.Subject, p.Roles = "x", []string{"Admin", "clerk"} }), cfg: orAdmin, want: httperr.ErrNotFound},
		"the admin of another tenant":        {p: foreignAdmin, cfg: orAdmin, want: httperr.ErrNotFound},
		"an admin without a tenant":          {p: operator, cfg: orAdmin, want: httperr.ErrNotFound},
		"across tenants":                     {p: foreignAdmin, cfg: across},
		"across tenants, without a tenant":   {p: operator, cfg: across},
		"across tenants needs the role":      {p: changed(func(p *authn.Principal) { p.Tenant = "other" }), cfg: across, want: httperr.ErrNotFound},
		"a reader":                           {p: bob, cfg: readers},
		"a reader asks by HEAD":              {p: bob, method: "HEAD", cfg: readers},
		"a reader writes":                    {p: bob, method: "PUT", cfg: readers, want: httperr.ErrNotFound},
		"a reader writes, in lower case":     {p: bob, method: "get", cfg: readers, want: httperr.ErrNotFound},
		"a reader of another tenant":         {p: foreignAdmin, cfg: readers, want: httperr.ErrNotFound},
		"a reader of a missing object":       {p: bob, id: "2", cfg: readers, want: httperr.ErrNotFound},
		"the owner, with readers":            {p: ann(), method: "PUT", cfg: readers, owned: true},
		"another caller acts":                {p: bob, method: "POST", cfg: act},
		"another caller reads":               {p: bob, cfg: act},
		"the owner acts":                     {p: ann(), method: "POST", cfg: act, owned: true},
		"a caller of another tenant acts":    {p: foreignAdmin, method: "POST", cfg: act, want: httperr.ErrNotFound},
		"an anonymous reader":                {cfg: readers, want: authn.ErrNoCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			n := annsNote()
			if tc.note != nil {
				tc.note(n)
			}
			store := newShelf(n)
			cfg := store.config()
			if tc.cfg != nil {
				tc.cfg(&cfg)
			}
			var decision object.Decision
			cfg.Observe = func(_ *http.Request, d object.Decision) { decision = d }
			notes := build(t, cfg)
			method, id := "GET", "1"
			if tc.method != "" {
				method = tc.method
			}
			if tc.id != "" {
				id = tc.id
			}
			r := request(tc.p, method, id)
			got, err := notes.Check(r)
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || (err == nil) != (got == n) {
				t.Fatalf("%v, %v, want %v", got, err, tc.want)
			}
			var seen *note
			spy := &mwtest.Spy{Respond: func(_ http.ResponseWriter, r *http.Request) {
				seen, _ = notes.From(r.Context())
				if owned := carrier.From(r.Context()).Facts().Owned; owned != tc.owned {
					t.Errorf("the record says owned %v", owned)
				}
			}}
			loads := store.loads.Load()
			notes.Handler(spy).ServeHTTP(httptest.NewRecorder(), r)
			if (seen == n) != (tc.want == nil) || spy.Calls() > 0 && tc.want != nil {
				t.Errorf("the handler ran %d times with %v", spy.Calls(), seen)
			}
			if store.loads.Load()-loads > 1 {
				t.Error("Load ran twice")
			}
			if !errors.Is(decision.Err, tc.want) || decision.Owned != tc.owned || decision.Name != "note" {
				t.Errorf("observed %+v", decision)
			}
		})
	}
}

// A Load outside of its contract never opens an object.
func TestFaultyLoads(t *testing.T) {
	cause := errors.New("pq: connection refused")
	for name, tc := range map[string]struct {
		load func(context.Context, string) (*note, bool, error)
		want error
	}{
		"nil and true":           {func(context.Context, string) (*note, bool, error) { return nil, true, nil }, httperr.ErrNotFound},
		"an object and false":    {func(context.Context, string) (*note, bool, error) { return annsNote(), false, nil }, httperr.ErrNotFound},
		"an object and an error": {func(context.Context, string) (*note, bool, error) { return annsNote(), true, cause }, object.ErrUnavailable},
		"an error":               {func(context.Context, string) (*note, bool, error) { return nil, false, cause }, object.ErrUnavailable},
		"the end of the context": {func(context.Context, string) (*note, bool, error) { return nil, false, context.Canceled }, object.ErrUnavailable},
		"an error with a status of its own": {func(context.Context, string) (*note, bool, error) {
			return nil, false, httperr.ErrMethodNotAllowed
		}, object.ErrUnavailable},
	} {
		cfg := newShelf().config()
		cfg.Load = tc.load
		cfg.OrRole, cfg.OthersRead = []string{"admin"}, true
		notes := build(t, cfg)
		r := request(changed(func(p *authn.Principal) { p.Roles = []string{"admin"} }), "GET", "1")
		if got, err := notes.Check(r); got != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		spy := &mwtest.Spy{}
		res := mwtest.Do(notes.Handler(spy), r)
		if spy.Calls() > 0 || res.StatusCode != tc.want.(*httperr.Error).Status {
			t.Errorf("%s: status %d, and %d calls", name, res.StatusCode, spy.Calls())
		}
	}
}

// A nil object of any type is refused, because a handler cannot use it.
func TestNilObjects(t *testing.T) {
	testNil(t, (*note)(nil))
	testNil(t, map[string]any(nil))
	testNil(t, []byte(nil))
	testNil(t, error(nil))
	testNil(t, any((*note)(nil)))
	if err := checkValue(t, note{}); err != nil {
		t.Errorf("a struct: %v", err)
	}
	if err := checkValue(t, map[string]any{}); err != nil {
		t.Errorf("an empty map: %v", err)
	}
	if err := checkValue(t, 0); err != nil {
		t.Errorf("a number: %v", err)
	}
}

func testNil[T any](t *testing.T, v T) {
	t.Helper()
	if err := checkValue(t, v); !errors.Is(err, httperr.ErrNotFound) {
		t.Errorf("%T: %v", v, err)
	}
}

func checkValue[T any](t *testing.T, v T) error {
	t.Helper()
	_, err := build(t, object.Config[T, string]{
		Name: "value", SingleTenant: true,
		Load:  func(context.Context, string) (T, bool, error) { return v, true, nil },
		Owner: func(T) object.Owner { return object.Owner{Issuer: issuer, Subject: "ann"} },
	}).Check(request(ann(), "GET", "1"))
	return err
}

// A panic of a function of the program reaches the recovery around the guard, and never the
// handler.
func TestPanicsAdmitNoCaller(t *testing.T) {
	for _, value := range []any{"broken", http.ErrAbortHandler} {
		for name, change := range map[string]func(*config){
			"Key":    func(c *config) { c.Key = func(*http.Request) (string, bool) { panic(value) } },
			"Load":   func(c *config) { c.Load = func(context.Context, string) (*note, bool, error) { panic(value) } },
			"Owner":  func(c *config) { c.Owner = func(*note) object.Owner { panic(value) } },
			"Tenant": func(c *config) { c.Tenant = func(*note) string { panic(value) } },
		} {
			cfg := newShelf(annsNote()).config()
			change(&cfg)
			spy := &mwtest.Spy{}
			h := build(t, cfg).Handler(spy)
			func() {
				defer func() {
					if got := recover(); got != value {
						t.Errorf("%s: recovered %v, want %v", name, got, value)
					}
				}()
				h.ServeHTTP(httptest.NewRecorder(), request(ann(), "GET", "1"))
			}()
			if spy.Calls() != 0 {
				t.Errorf("%s: the handler ran", name)
			}
		}
	}
}

// A guard that refuses takes back the ownership that an outer guard has found.
func TestRefusalIsNotOwned(t *testing.T) {
	outer := build(t, newShelf(annsNote()).config())
	owned := true
	cfg := newShelf().config()
	cfg.Deny = func(_ http.ResponseWriter, r *http.Request, _ error) { owned = carrier.From(r.Context()).Facts().Owned }
	inner := build(t, cfg)
	outer.Handler(inner.Handler(&mwtest.Spy{})).ServeHTTP(httptest.NewRecorder(), request(ann(), "GET", "1"))
	if owned {
		t.Error("the caller owns an object that was refused")
	}
}

func TestDescriptionIsACopy(t *testing.T) {
	cfg := newShelf(annsNote()).config()
	cfg.OrRole = []string{"admin"}
	notes := build(t, cfg)
	cfg.OrRole[0] = "everybody"
	notes.Description().OrRole[0] = "everybody"
	if got := notes.Description().OrRole[0]; got != "admin" {
		t.Errorf("the role became %q", got)
	}
	r := request(changed(func(p *authn.Principal) { p.Subject, p.Roles = "bob", []string{"everybody"} }), "GET", "1")
	if _, err := notes.Check(r); err == nil {
		t.Error("a changed slice has changed the guard")
	}
}

func TestRequirement(t *testing.T) {
	notes := build(t, newShelf().config())
	h, ok := notes.Handler(&mwtest.Spy{}).(interface{ Requirement() string })
	if !ok || h.Requirement() != notes.Description().String() {
		t.Errorf("%T has no policy", h)
	}
}
