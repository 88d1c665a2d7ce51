package authn_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// header authenticates by the value of a header, which is the subject.
type header struct {
	name    string
	errs    map[string]error
	nothing bool // returns neither a principal nor an error
}

func (a header) Present(r *http.Request) bool { return len(r.Header[a.name]) > 0 }

func (a header) Authenticate(r *http.Request) (*authn.Principal, error) {
	v := r.Header.Get(a.name)
	if err := a.errs[v]; err != nil || a.nothing {
		return nil, err
	}
	return &authn.Principal{Kind: a.name, Subject: v, Scopes: []string{"a", "b"}, Roles: []string{"r"}}, nil
}

func (a header) Challenge(realm string, err error) string {
	c := "X-" + a.name + ` realm="` + realm + `"`
	if !errors.Is(err, authn.ErrNoCredentials) {
		c += `, error="bad"`
	}
	return c
}

const secret = "pg: password=hunter2"

var one = header{name: "One", errs: map[string]error{
	"bad":     authn.ErrInvalid.With(errors.New(secret)),
	"old":     authn.ErrExpired.With(errors.New(secret)),
	"outage":  authn.ErrUnavailable.With(errors.New(secret)),
	"private": errors.New(secret),
	"wrapped": fmt.Errorf("directory: %w", authn.ErrInvalid.With(errors.New(secret))),
	"twice":   authn.ErrAmbiguous,
}}

var two = header{name: "Two"}

func request(kv ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(kv); i += 2 {
		r.Header.Add(kv[i], kv[i+1])
	}
	return r
}

func build(t *testing.T, cfg authn.Config) *authn.Middleware {
	t.Helper()
	return mwtest.Must[*authn.Middleware](t)(authn.New(cfg))
}

// asked is an authenticator that is a function, and says whatever that says.
type asked func() (*authn.Principal, error)

func (asked) Present(*http.Request) bool { return true }

func (f asked) Authenticate(*http.Request) (*authn.Principal, error) { return f() }

func (asked) Challenge(realm string, err error) string {
	return fmt.Sprintf("Ask realm=%q, for=%q", realm, err)
}

func says(p *authn.Principal, err error) func() (*authn.Principal, error) {
	return func() (*authn.Principal, error) { return p, err }
}

func answer(a authn.Authenticator, kv ...string) (*httptest.ResponseRecorder, carrier.Events, error) {
	var seen error
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: "notes", Observe: func(_ *http.Request, d authn.Decision) { seen = d.Err }})
	if err != nil {
		return nil, 0, err
	}
	rec, r := carrier.Ensure(request(kv...))
	w := httptest.NewRecorder()
	m.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	return w, rec.Facts().Events, seen
}
