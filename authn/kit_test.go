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

// headerAuthenticator takes the value of a header as the subject.
type headerAuthenticator struct {
	name  string
	errs  map[string]error
	empty bool // returns neither a principal nor an error
}

func (a headerAuthenticator) Present(r *http.Request) bool { return len(r.Header[a.name]) > 0 }

func (a headerAuthenticator) Authenticate(r *http.Request) (*authn.Principal, error) {
	v := r.Header.Get(a.name)
	if err := a.errs[v]; err != nil || a.empty {
		return nil, err
	}
	return &authn.Principal{Kind: a.name, Subject: v, Scopes: []string{"a", "b"}, Roles: []string{"r"}}, nil
}

func (a headerAuthenticator) Challenge(realm string, err error) string {
	c := "X-" + a.name + ` realm="` + realm + `"`
	if !errors.Is(err, authn.ErrNoCredentials) {
		c += `, error="bad"`
	}
	return c
}

const secret = "pg: password=hunter2"

var headerOne = headerAuthenticator{name: "One", errs: map[string]error{
	"bad":     authn.ErrInvalid.With(errors.New(secret)),
	"old":     authn.ErrExpired.With(errors.New(secret)),
	"outage":  authn.ErrUnavailable.With(errors.New(secret)),
	"private": errors.New(secret),
	"wrapped": fmt.Errorf("directory: %w", authn.ErrInvalid.With(errors.New(secret))),
	"twice":   authn.ErrAmbiguous,
}}

var headerTwo = headerAuthenticator{name: "Two"}

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

// respond returns the response of m to r. The handler behind m returns 200.
func respond(m *authn.Middleware, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	m.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	return w
}

// authenticatorFunc is an authenticator that returns the results of a function.
type authenticatorFunc func() (*authn.Principal, error)

func (authenticatorFunc) Present(*http.Request) bool { return true }

func (f authenticatorFunc) Authenticate(*http.Request) (*authn.Principal, error) { return f() }

func (authenticatorFunc) Challenge(realm string, err error) string {
	return fmt.Sprintf("Ask realm=%q, for=%q", realm, err)
}

// returns is the function that returns p and err.
func returns(p *authn.Principal, err error) func() (*authn.Principal, error) {
	return func() (*authn.Principal, error) { return p, err }
}

// serve returns the response to a request with the headers kv, the recorded events
// and the error that Observe received.
func serve(a authn.Authenticator, kv ...string) (*httptest.ResponseRecorder, carrier.Events, error) {
	var observed error
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: "notes", Observe: func(_ *http.Request, d authn.Decision) { observed = d.Err }})
	if err != nil {
		return nil, 0, err
	}
	rec, r := carrier.Ensure(request(kv...))
	w := respond(m, r)
	return w, rec.Facts().Events, observed
}
